"""`demo`: makes the demo cooperative if it isn't there, says who can sign in, and opens the app.

The demo keeps to a folder of its own, keys included, and to SQLite. Its policy is the shipped one, except that no role
has to enrol a second factor: a new user signs in within seconds. Two people have one all the same, so that it can be
tried; `--code USER` prints what their phone would show.
"""

from __future__ import annotations

import argparse
import os
import sys
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

from coop_tui.cli.running import Usage, answer
from coop_tui.settings import Settings, load_settings
from services.errors import CoopError

if TYPE_CHECKING:
    from services.demo import DemoSheet
    from services.unit_of_work import UnitOfWork

FOLDER = "coop-tui-demo"
DEMO_POLICY = "# The demo's policy: as shipped, but no role has to enrol a second factor."
MAIN = ("50000", "40020", "40023", "40001", "40009", "40011", "40021", "40028")


class DemoRefused(CoopError):
    code = "demo_refused"


def add_arguments(_name: str, parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-app", action="store_true", help="solo la crea e imprime los usuarios")
    parser.add_argument("--sheet", action="store_true", help="imprime todos los asociados de prueba con sus respuestas")
    parser.add_argument("--code", metavar="USUARIO", help="imprime el código de segundo factor de ese usuario")


def run(options: argparse.Namespace) -> int:
    settings = load_settings(options.data or os.environ.get("COOP_DATA") or _default_folder())
    uow, settings = ready_demo(settings)
    from services.demo import demo_sheet

    sheet = demo_sheet(uow.policy.session)
    try:
        if options.code:
            return _code(options, sheet, uow)
        lines = whole_sheet(sheet) if options.sheet else _short(sheet, settings)
        answer(options, {"data_dir": str(settings.data_dir), "sheet": sheet}, lines)
    finally:
        uow.engine.dispose()
    if options.no_app or options.sheet or options.json:
        return 0
    sys.stdout.flush()
    return _open_app(settings)


def _open_app(settings: Settings) -> int:
    """Open the app, with billers of its own unless the settings name a gateway."""
    from coop_tui.app import StaffApp, run_app
    from coop_tui.demo_billers import demo_billers

    if settings.billers_url is not None:
        return run_app(StaffApp(settings))
    with demo_billers(settings.data_dir / "recaudadores") as url:
        return run_app(StaffApp(replace(settings, billers_url=url)))


def ready_demo(settings: Settings) -> tuple[UnitOfWork, Settings]:
    """The demo store in this folder, made now if there is none.

    Raises DemoRefused where the folder holds a real store or another database is set.
    """
    from coop_tui.wiring import init_store, open_store, store_fact
    from services.demo import build_demo, demo_built

    if not settings.is_sqlite:
        raise DemoRefused("La demostración usa su propia base SQLite. Quite COOP_DATABASE_URL y repita.")
    if settings.store_id is None:
        if settings.sqlite_path is not None and settings.sqlite_path.exists():
            raise DemoRefused(f"«{settings.data_dir}» ya tiene una base de datos. Elija otra carpeta con --data.")
        print(f"Creando la cooperativa de demostración en {settings.data_dir} …", file=sys.stderr)
        settings = init_store(settings, vault_dir=settings.data_dir / "llaves", demo=True)
        _write_policy(settings.data_dir / "policy.toml")
    uow = open_store(settings)
    if store_fact(uow, "demo") != "1":
        uow.engine.dispose()
        raise DemoRefused(f"«{settings.data_dir}» es una cooperativa real. Elija otra carpeta con --data.")
    if not demo_built(uow):
        build_demo(uow)
    return uow, settings


def demo_policy(shipped: str) -> str:
    """The shipped policy without roles that must enrol a second factor."""
    setting = "second_factor_roles ="
    lines = [f"{setting} []" if line.startswith(setting) else line for line in shipped.splitlines()]
    return "\n".join([DEMO_POLICY, *lines, ""])


def _write_policy(path: Path) -> None:
    """Put the demo's policy in place before the new store opens: its first version."""
    from data.secrets.private_file import write_private

    wanted = demo_policy((files("data") / "catalog" / "policy.toml").read_text(encoding="utf-8")).encode()
    write_private(path, wanted)


def _default_folder() -> str:
    from platformdirs import user_data_dir

    return user_data_dir(FOLDER, appauthor=False)


def _code(options: argparse.Namespace, sheet: DemoSheet, uow: UnitOfWork) -> int:
    """The code that the person's phone would show now, and the secret for a real phone."""
    try:
        secret = sheet.person(options.code).totp_secret
    except LookupError:
        raise Usage(f"«{options.code}» no es un usuario de la demostración") from None
    if secret is None:
        raise Usage(f"{options.code} ingresa sin segundo factor")
    import pyotp

    code = pyotp.TOTP(secret).at(uow.clock.now())
    answer(options, {"username": options.code, "code": code, "secret": secret}, [f"{code}   (secreto: {secret})"])
    return 0


def _short(sheet: DemoSheet, settings: Settings) -> list[str]:
    """Who can sign in, and the members with whom to begin."""
    head = (f"Cooperativa de demostración en {settings.data_dir}", f"Contraseña de todos: {sheet.password}")
    lines = ["", head[0], "", head[1], ""]
    for person in sheet.staff:
        extra = "" if person.enabled else "  (deshabilitado)"
        if person.totp_secret:
            extra = f"  código: coop-tui demo --code {person.username}"
        lines.append(f"  {person.username:<12} {person.roles:<20} {person.branch}{extra}")
    lines += ["", "Asociados para empezar (todos: coop-tui demo --sheet):"]
    for number in MAIN:
        member = sheet.member(number)
        lines.append(f"  {member.number}  {member.name:<26} {member.purpose}")
    for number in ("40020", "40023"):
        lines += ["", *_answers(sheet, number)]
    return [*lines, ""]


def _answers(sheet: DemoSheet, number: str) -> list[str]:
    member = sheet.member(number)
    head = f"{member.number} {member.name} · cédula {member.cedula} · nace {member.birth_date}"
    lines = [head, *(f"    {question}  {said}" for question, said in member.answers)]
    return [*lines, f"    {member.portal}"] if member.portal else lines


def whole_sheet(sheet: DemoSheet) -> list[str]:
    """Every member of the cast with what verifies them."""
    lines: list[str] = []
    for member in sheet.members:
        lines += [*_answers(sheet, member.number), f"    {member.purpose}"]
    return lines
