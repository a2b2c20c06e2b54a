"""`init` and `db upgrade|check|grants|backup|restore`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coop_tui.cli.running import Usage, answer, console_operator, settings_of
from services.errors import CoopError

if TYPE_CHECKING:
    from coop_tui.settings import Settings
    from services.unit_of_work import UnitOfWork


class BackupFailed(CoopError):
    code = "backup"


class GrantsRefused(CoopError):
    code = "grants"


def add_arguments(name: str, parser: argparse.ArgumentParser) -> None:
    if name == "init":
        parser.add_argument("--yes", action="store_true", help="no pregunta nada")
        return
    actions = parser.add_subparsers(dest="action", metavar="ACCIÓN", required=True)
    actions.add_parser("upgrade", help="aplica las migraciones que falten")
    actions.add_parser("check", help="compara esquema y protecciones con lo esperado")
    grants = actions.add_parser("grants", help="da al rol del programa solo los permisos que usa (PostgreSQL)")
    grants.add_argument("--role", required=True, metavar="ROL", help="con el que se conecta el programa")
    backup = actions.add_parser("backup", help="copia la base mientras se trabaja (SQLite)")
    backup.add_argument("file", metavar="ARCHIVO", type=Path)
    restore = actions.add_parser("restore", help="repone una copia en un almacén detenido")
    restore.add_argument("file", metavar="ARCHIVO", type=Path)
    restore.add_argument("--yes", action="store_true", help="no pregunta nada")


def run(options: argparse.Namespace) -> int:
    if options.command == "init":
        return _init(options)
    actions = {"upgrade": _upgrade, "check": _check, "grants": _grants, "backup": _backup, "restore": _restore}
    return actions[options.action](options)


def _init(options: argparse.Namespace) -> int:
    from coop_tui.wiring import init_store

    settings = settings_of(options)
    if not options.yes and not _agreed(f"Se creará un almacén nuevo en «{settings.data_dir}»."):
        return 1
    made = init_store(settings)
    data = {"data_dir": str(made.data_dir), "store_id": made.store_id, "database": made.database_url}
    answer(
        options,
        data,
        [
            f"Almacén listo en {made.data_dir}",
            "Siguiente paso: coop-tui staff add USUARIO --first --name «Nombre completo» --branch 001",
        ],
    )
    return 0


def _agreed(what: str) -> bool:
    try:
        return input(f"{what} ¿Continuar? [s/N] ").strip().lower() in ("s", "si", "sí")
    except EOFError:
        raise Usage("no hay terminal para preguntar; use --yes") from None


def _upgrade(options: argparse.Namespace) -> int:
    from coop_tui.permissions import check_permissions
    from coop_tui.wiring import secrets_of
    from data import schema
    from data.engine import make_engine

    settings = settings_of(options)
    check_permissions(settings)
    secrets = secrets_of(settings)
    password = secrets.database_password.reveal() if secrets.database_password else None
    engine = make_engine(settings.database_url, password=password)
    before = schema.version(engine)
    engine.dispose()
    schema.upgrade(settings.database_url, password=password)
    if before != schema.HEAD:
        _tell(settings, "db.upgrade", before=before, after=schema.HEAD)
    answer(options, {"before": before, "after": schema.HEAD}, [f"Esquema {before or 'vacío'} → {schema.HEAD}"])
    return 0


def _check(options: argparse.Namespace) -> int:
    from coop_tui.wiring import open_store
    from data import schema

    uow = open_store(settings_of(options), check_schema=False)
    version, missing, broken = (
        schema.version(uow.engine),
        schema.missing_guards(uow.engine),
        schema.damage(uow.engine),
    )
    good = version == schema.HEAD and not missing and not broken
    lines = [
        f"Esquema    {version or 'vacío'} (esperado {schema.HEAD})",
        f"Guardas    {'completas' if not missing else 'faltan: ' + ', '.join(missing)}",
        f"Integridad {'sin daños' if not broken else '; '.join(broken)}",
    ]
    answer(options, {"version": version, "missing_guards": missing, "damage": broken, "good": good}, lines)
    return 0 if good else 1


def _grants(options: argparse.Namespace) -> int:
    """Run as the owner of the tables, after each upgrade; the program itself then works as the role."""
    from coop_tui.wiring import open_store
    from data.engine import writing
    from data.grants import RoleUnfit, grant

    settings = settings_of(options)
    if settings.is_sqlite:
        raise GrantsRefused("SQLite no tiene roles: el archivo es de su dueño (modo 0600).")
    uow = open_store(settings)
    try:
        with writing(uow.engine).begin() as connection:
            done = grant(connection, options.role)
    except RoleUnfit as error:
        raise GrantsRefused(str(error)) from None
    _record(uow, settings, "db.grants", role=options.role)
    answer(options, {"role": options.role, "statements": done}, [f"Permisos de «{options.role}» al día."])
    return 0


def _tell(settings: Settings, action: str, **detail: Any) -> None:
    """Open the store and leave the event of what was done to all of it (req. 48)."""
    from coop_tui.wiring import open_store

    uow = open_store(settings)
    _record(uow, settings, action, **detail)
    uow.engine.dispose()


def _record(uow: UnitOfWork, settings: Settings, action: str, **detail: Any) -> None:
    with uow.begin_system(console_operator(action, settings)) as tx:
        tx.record(action, detail=detail)
        tx.commit()


def _backup(options: argparse.Namespace) -> int:
    from data.backup import backup_sqlite

    settings = settings_of(options)
    if settings.sqlite_path is None:
        raise BackupFailed("En PostgreSQL use pg_dump o la copia continua del servidor (docs/despliegue.md).")
    if options.file.exists():
        raise BackupFailed(f"«{options.file}» ya existe; elija otro nombre.")
    _tell(settings, "db.backup", file=options.file.name)  # before: the copy tells of itself
    pages = backup_sqlite(settings.sqlite_path, options.file)
    answer(options, {"file": str(options.file), "pages": pages}, [f"Copia completa en {options.file}"])
    return 0


def _set_checkpoints_aside(checkpoints: Path, kept: Path | None) -> list[str]:
    """The signed checkpoints know of events that the restored base never saw: they stay with the base of theirs."""
    if kept is None or not checkpoints.exists():
        return []
    aside = checkpoints.with_name(checkpoints.name + kept.suffix)
    checkpoints.rename(aside)
    return [f"Los puntos de control de la base anterior quedaron en {aside}."]


def _restore(options: argparse.Namespace) -> int:
    from data.backup import BackupUnusable, restore_sqlite

    settings = settings_of(options)
    if settings.sqlite_path is None:
        raise BackupFailed("En PostgreSQL use pg_restore (docs/despliegue.md).")
    if not options.yes and not _agreed(
        f"Se reemplazará la base de «{settings.data_dir}»; la actual se guarda al lado."
    ):
        return 1
    try:
        kept = restore_sqlite(options.file, settings.sqlite_path)
    except BackupUnusable as error:
        raise BackupFailed(str(error)) from None
    aside = _set_checkpoints_aside(settings.checkpoints_path, kept)
    try:
        _tell(settings, "db.restore", file=options.file.name, kept=kept.name if kept else None)
        after = []
    except CoopError as error:  # an older store: it takes events again after its upgrade
        after = [error.user_text]
    answer(
        options,
        {"kept": str(kept) if kept else None},
        [f"Base repuesta. La anterior quedó en {kept}." if kept else "Base repuesta.", *aside, *after],
    )
    return 0
