"""Is this installation fit for work? What `coop-tui doctor` looks at, without changing anything."""

from __future__ import annotations

import os
import shutil
import sqlite3
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Literal

from coop_tui.permissions import permission_problems
from coop_tui.settings import Settings

Status = Literal["ok", "warn", "fail"]
MIN_COLUMNS: Final = 80
MIN_ROWS: Final = 24
_TIMEOUT_S: Final = 4
_MIB: Final = 1 << 20
_MARKS: Final = {"ok": "bien ", "warn": "ojo  ", "fail": "FALLA"}
_EARLIEST: Final = datetime(2026, 1, 1, tzinfo=UTC)  # a clock before the program was written is wrong


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: a stable `name`, what was seen and, unless `ok`, what to do (Spanish)."""

    name: str
    status: Status
    detail: str
    advice: str = ""


def checks(settings: Settings) -> list[Check]:
    """Every check in order. The database and the other servers may take 4 s each to not answer."""
    looked: Sequence[Callable[[Settings], Check]] = (
        _python,
        _terminal_size,
        _terminal_text,
        _permissions,
        _secrets,
        _database,
        _mail,
        _sms,
        _billers,
        _contract,
        _clock,
        _disk,
    )
    return [look(settings) for look in looked]


def exit_code(found: Sequence[Check]) -> int:
    """0 if nothing failed (warnings do not count), else 1."""
    return 1 if any(check.status == "fail" for check in found) else 0


def render(found: Sequence[Check]) -> str:
    """Lines for a person; the state is said in words, not in colour alone (req. 60)."""
    lines = []
    for check in found:
        lines.append(f"{_MARKS[check.status]}  {check.name:<12} {check.detail}")
        if check.advice:
            lines.append(f"{'':<20}→ {check.advice}")
    failed = sum(check.status == "fail" for check in found)
    lines.append("Todo listo para trabajar." if not failed else f"Hay {failed} punto(s) por corregir.")
    return "\n".join(lines)


def as_json(found: Sequence[Check]) -> list[dict[str, str]]:
    """The same for scripts: name, status, detail, advice."""
    return [asdict(check) for check in found]


def _python(_settings: Settings) -> Check:
    return Check("python", "ok", ".".join(map(str, sys.version_info[:3])))


def _terminal_size(_settings: Settings) -> Check:
    if not sys.stdout.isatty():
        return Check("pantalla", "warn", "sin terminal", "La aplicación necesita una terminal de 80×24 o más.")
    columns, rows = shutil.get_terminal_size()
    detail = f"{columns}×{rows}"
    if columns < MIN_COLUMNS or rows < MIN_ROWS:
        return Check("pantalla", "fail", detail, f"Agrande la ventana a {MIN_COLUMNS}×{MIN_ROWS} o más.")
    return Check("pantalla", "ok", detail)


def _terminal_text(_settings: Settings) -> Check:
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    if encoding != "utf8":
        advice = "Use una configuración regional UTF-8, por ejemplo: export LC_ALL=C.UTF-8."
        return Check("caracteres", "fail", encoding or "desconocido", advice)
    if os.environ.get("NO_COLOR"):
        return Check("caracteres", "ok", "UTF-8, sin color por NO_COLOR")
    if os.environ.get("COLORTERM") in ("truecolor", "24bit"):
        return Check("caracteres", "ok", "UTF-8, 16 millones de colores")
    if "256color" in os.environ.get("TERM", ""):
        return Check("caracteres", "ok", "UTF-8, 256 colores")
    advice = "Si su terminal muestra más colores: export TERM=xterm-256color COLORTERM=truecolor."
    return Check("caracteres", "warn", "UTF-8, pocos colores", advice)


def _permissions(settings: Settings) -> Check:
    problems = permission_problems(settings)
    if problems:
        return Check("carpeta", "fail", problems[0], " ".join(problems[1:]))
    return Check("carpeta", "ok", f"{settings.data_dir} (solo su usuario)")


def _secrets(settings: Settings) -> Check:
    from data.secrets import SecretsError, SecretStore, SecretsUnavailable

    if settings.store_id is None:
        return Check("llaves", "fail", "todavía no hay llaves en esta carpeta.", "Créelas con: coop-tui init.")
    try:
        store = SecretStore(settings.store_id, settings.secret_sources())
        store.load()
    except SecretsError as error:
        advice = "Revise el llavero del sistema, COOP_SEALED_FILE y COOP_SEAL_KEY_FILE, o recupere el respaldo."
        reason = error.reason if isinstance(error, SecretsUnavailable) else error.user_text
        return Check("llaves", "fail", reason, advice)
    return Check("llaves", "ok", "completas en " + (", ".join(store.places()) or "archivos COOP_*_FILE"))


def _database(settings: Settings) -> Check:
    return _sqlite(settings.sqlite_path) if settings.sqlite_path is not None else _postgresql(settings)


def _sqlite(path: Path) -> Check:
    if not path.is_file():
        return Check("base", "fail", f"no existe «{path}».", "Créela con: coop-tui init.")
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=_TIMEOUT_S)
        try:
            rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
        finally:
            connection.close()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            return _no_schema("SQLite")
        return Check("base", "fail", "SQLite no se puede abrir.", "Revise los permisos y el disco.")
    except sqlite3.DatabaseError:
        return Check("base", "fail", "el archivo no es una base SQLite sana.", "Recupere el último respaldo.")
    return _schema(f"SQLite {sqlite3.sqlite_version}", [str(row[0]) for row in rows])


def _postgresql(settings: Settings) -> Check:
    import psycopg

    from data.secrets import SecretName, SecretsError, SecretStore

    password: str | None = None
    try:
        if settings.store_id is not None:
            store = SecretStore(settings.store_id, settings.secret_sources())
            found = store.get(SecretName.DATABASE_PASSWORD)
            password = found.reveal() if found is not None else None
        address = settings.database_url.replace("postgresql+psycopg://", "postgresql://", 1)
        with psycopg.connect(address, password=password, connect_timeout=_TIMEOUT_S) as connection:
            version = connection.info.server_version
            rows = connection.execute("SELECT version_num FROM alembic_version").fetchall()
    except SecretsError:
        return Check("base", "fail", "no se pudo leer la contraseña de PostgreSQL.", "Corrija primero las llaves.")
    except psycopg.errors.UndefinedTable:
        return _no_schema("PostgreSQL")
    except psycopg.Error:
        # libpq's own words may hold the address and the user: they stay out of what people paste in tickets.
        return Check("base", "fail", "PostgreSQL no responde.", "Revise COOP_DATABASE_URL, la red y la contraseña.")
    return _schema(f"PostgreSQL {version // 10000}.{version % 10000}", [str(row[0]) for row in rows])


def _no_schema(engine: str) -> Check:
    return Check("base", "fail", f"{engine} responde, pero sin las tablas.", "Créelas con: coop-tui db upgrade.")


def _schema(engine: str, versions: list[str]) -> Check:
    from data.schema import HEAD

    if versions != [HEAD]:
        seen = ", ".join(versions) or "ninguna"
        advice = "Actualice con: coop-tui db upgrade (haga antes: coop-tui db backup)."
        return Check("base", "fail", f"{engine}, versión {seen}; este programa usa {HEAD}.", advice)
    return Check("base", "ok", f"{engine}, versión {HEAD}")


def _mail(settings: Settings) -> Check:
    if settings.smtp_host is None:
        advice = "Para enviarlo de verdad indique COOP_SMTP_HOST."
        return Check("correo", "warn", f"sin servidor; se guarda en «{settings.maildir}».", advice)
    import smtplib
    import ssl

    where = f"{settings.smtp_host}:{settings.smtp_port} ({settings.smtp_tls})"
    context = ssl.create_default_context()
    try:
        if settings.smtp_tls == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                settings.smtp_host, settings.smtp_port, timeout=_TIMEOUT_S, context=context
            )
        else:
            server = smtplib.SMTP(settings.smtp_host, settings.smtp_port, timeout=_TIMEOUT_S)
        with server:
            if settings.smtp_tls == "starttls":
                server.starttls(context=context)
            server.noop()
    except ssl.SSLError:
        return Check("correo", "fail", f"{where}: certificado no confiable.", "Corrija el certificado del servidor.")
    except (OSError, smtplib.SMTPException):
        return Check("correo", "fail", f"{where} no responde.", "Revise COOP_SMTP_HOST, COOP_SMTP_PORT y la red.")
    if settings.smtp_from is None:
        return Check("correo", "fail", f"{where} responde, sin remitente.", "Indique COOP_SMTP_FROM.")
    return Check("correo", "ok", where)


def _sms(settings: Settings) -> Check:
    """Only whether somebody listens: the contract has no question that sends nothing."""
    if settings.sms_url is None:
        if settings.sms_folder is not None:
            advice = "Para enviarlos de verdad indique COOP_SMS_URL."
            return Check("mensajes", "warn", f"sin pasarela; se guardan en «{settings.sms_folder}».", advice)
        return Check("mensajes", "warn", "sin pasarela; esperan y vencen.", "Indique COOP_SMS_URL.")
    import socket
    from urllib.parse import urlsplit

    parts = urlsplit(settings.sms_url)
    where = f"{parts.hostname}:{parts.port or (443 if parts.scheme == 'https' else 80)}"
    try:
        host, _, port = where.rpartition(":")
        socket.create_connection((host, int(port)), timeout=_TIMEOUT_S).close()
    except OSError:
        return Check("mensajes", "fail", f"{where} no responde.", "Revise COOP_SMS_URL y la red.")
    return Check("mensajes", "ok", where)


def _billers(settings: Settings) -> Check:
    if settings.billers_url is None:
        advice = "Para pagar a recaudadores indique COOP_BILLERS_URL."
        return Check("recaudadores", "warn", "sin pasarela; no se les puede pagar.", advice)
    from data.secrets import SecretName, SecretsError, SecretStore
    from services.biller_gateway import BillerGateway, GatewayFailure

    try:
        token = None
        if settings.store_id is not None:
            token = SecretStore(settings.store_id, settings.secret_sources()).get(SecretName.BILLERS_TOKEN)
        gateway = BillerGateway(settings.billers_url, token, _TIMEOUT_S, _TIMEOUT_S)
        offers = gateway.catalogue()
    except SecretsError:
        return Check("recaudadores", "fail", "no se pudo leer la ficha.", "Corrija primero las llaves.")
    except GatewayFailure as failure:
        advice = "Revise COOP_BILLERS_URL, la red y la ficha (coop-tui secret set billers_token)."
        return Check("recaudadores", "fail", f"la pasarela no responde ({failure.code}).", advice)
    payable = sum(offer.available for offer in offers)
    return Check("recaudadores", "ok", f"la pasarela responde; {payable} de {len(offers)} disponibles")


def _contract(_settings: Settings) -> Check:
    """Nobody should sign a text that no counsel has read (req. 36)."""
    from data.catalog.contract import version_on
    from data.values.dates import panama_date

    current = version_on(panama_date(datetime.now(UTC)))
    if current.model:
        advice = (
            "Pida a la asesoría legal el texto definitivo y agréguelo como versión nueva, antes de que alguien firme."
        )
        return Check("contrato", "warn", f"la versión {current.version} es el texto modelo.", advice)
    return Check("contrato", "ok", f"versión {current.version}")


def _clock(_settings: Settings) -> Check:
    now = datetime.now(UTC)
    if now < _EARLIEST:
        return Check("reloj", "fail", f"{now:%d/%m/%Y %H:%M} UTC", "Ponga en hora el reloj de la máquina.")
    local = now.astimezone().utcoffset()
    if local != timedelta(hours=-5):
        advice = "No hay que cambiar nada: la aplicación siempre muestra la hora de Panamá."
        return Check("reloj", "ok", f"{now:%d/%m/%Y %H:%M} UTC; la máquina no usa la zona de Panamá.", advice)
    return Check("reloj", "ok", f"{now:%d/%m/%Y %H:%M} UTC, zona de Panamá")


def _disk(settings: Settings) -> Check:
    place = settings.data_dir
    while not place.exists() and place != place.parent:
        place = place.parent
    free = shutil.disk_usage(place).free // _MIB
    detail = f"{free:,} MiB libres"
    if free < 200:
        return Check("disco", "fail", detail, "Libere espacio antes de trabajar: sin disco no se guarda nada.")
    if free < 1024:
        return Check("disco", "warn", detail, "Libere espacio pronto.")
    return Check("disco", "ok", detail)
