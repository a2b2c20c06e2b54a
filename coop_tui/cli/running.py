"""What every sub-command shares: settings, the store, who asks, and how answers and refusals are printed."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import sys
from collections.abc import Callable
from dataclasses import asdict, is_dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coop_tui.faults import log_fault
from coop_tui.settings import Settings, load_settings
from data.secrets import Secret, SecretsError
from services.errors import CoopError
from services.policy import PolicyError

if TYPE_CHECKING:
    from services.operator import Operator
    from services.unit_of_work import UnitOfWork


class Usage(Exception):
    """The words of the command line don't make sense; the text says why. Exit code 2."""


def run_command(run: Callable[[argparse.Namespace], int], options: argparse.Namespace) -> int:
    """Run one sub-command; refusals go to standard error (or as JSON to standard output) with exit code 1."""
    sys.excepthook = partial(_fault, options)
    try:
        return run(options)
    except Usage as error:
        print(f"coop-tui: {error}", file=sys.stderr)
        return 2
    except CoopError as error:
        return _refused(options, error.code, error.user_text)
    except SecretsError as error:
        return _refused(options, error.code, error.user_text)
    except PolicyError as error:
        return _refused(options, "policy", f"La política de la cooperativa no es válida: {error}.")
    except BrokenPipeError:
        return 1
    except KeyboardInterrupt:
        print("Cancelado.", file=sys.stderr)
        return 1
    except Exception as error:  # noqa: BLE001 - the last resort: a fault prints a number, never a traceback with data
        return _refused(options, "fault", log_fault(error))


def _fault(options: argparse.Namespace, _kind: type[BaseException], error: BaseException, _trace: object) -> None:
    """A fault of the program: a code for the person, types and source lines for the log, no values (req. 57)."""
    from coop_tui.faults import describe, log_fault
    from coop_tui.logs import log_to

    try:
        log_to(settings_of(options).log_path)
    except CoopError:
        print(describe(error), file=sys.stderr)
    _refused(options, "fault", f"{log_fault(error)} Avise a soporte con ese código.")


def _refused(options: argparse.Namespace, code: str, text: str) -> int:
    if options.json:
        print(json.dumps({"ok": False, "error": code, "message": text}, ensure_ascii=False))
    else:
        print(text, file=sys.stderr)
    return 1


def answer(options: argparse.Namespace, data: Any, lines: list[str]) -> None:
    """Print the answer for a script (`--json`) or for a person."""
    if options.json:
        print(json.dumps({"ok": True, "data": data}, ensure_ascii=False, default=_plain))
    else:
        print("\n".join(lines))


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return asdict(value)
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, frozenset | set | tuple):
        return sorted(value)
    return str(value)


def settings_of(options: argparse.Namespace) -> Settings:
    """The settings of this call."""
    return load_settings(options.data)


def console_operator(task: str, settings: Settings) -> Operator:
    """Whoever holds the store's files and keys, at the machine's own console, named by the system's account."""
    from services.operator import system_operator

    return system_operator(f"{task} ({_account()})", settings.terminal)


def _account() -> str:
    """The system's account that runs this, asked of the system: LOGNAME and USER say what anybody wants."""
    if sys.platform == "win32":
        return getpass.getuser()
    import pwd

    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())


def add_identity_arguments(parser: argparse.ArgumentParser) -> None:
    """`--as USER` and the places where the password may come from; never the command line itself."""
    parser.add_argument("--as", dest="as_user", metavar="USUARIO", help="quién hace la operación")
    parser.add_argument("--password-fd", type=int, metavar="N", help="descriptor del que se lee la contraseña")
    parser.add_argument(
        "--password-file",
        metavar="ARCHIVO",
        help="archivo 0600: contraseña y, en otra línea, el código del segundo factor",
    )


def read_secret_lines(
    options: argparse.Namespace, settings: Settings, prompt: str, user: str
) -> tuple[Secret, Secret | None]:
    """Password and, on a second line, perhaps a code: from a descriptor, a 0600 file, the keyring or a terminal."""
    if options.password_fd is not None:
        try:
            with os.fdopen(options.password_fd, "r", encoding="utf-8") as stream:
                return _lines(stream.read())
        except OSError as error:
            raise Usage(f"no se pudo leer el descriptor {options.password_fd}: {error.strerror}") from None
    if options.password_file:
        from data.secrets.private_file import read_private

        return _lines(read_private(Path(options.password_file)).decode("utf-8"))
    if (kept := _from_keyring(settings, user)) is not None:
        return kept, None
    if sys.stdin.isatty():
        password = Secret(getpass.getpass(f"{prompt}: "))
        code = getpass.getpass("Código del segundo factor (Enter si no usa): ").strip()
        return password, Secret(code) if code else None
    raise Usage("falta la contraseña: use --password-fd, --password-file o el llavero")


def _lines(text: str) -> tuple[Secret, Secret | None]:
    lines = [line for line in text.splitlines() if line]
    if not lines:
        raise Usage("la contraseña está vacía")
    return Secret(lines[0]), Secret(lines[1].strip()) if len(lines) > 1 else None


def _from_keyring(settings: Settings, user: str) -> Secret | None:
    from data.secrets.system_keyring import system_keyring

    if settings.store_id is None or (backend := system_keyring()) is None:
        return None
    value = backend.get_password(f"coop-tui/{settings.store_id}", f"staff:{user}")
    return Secret(value) if value else None


def signed_in(options: argparse.Namespace, settings: Settings, uow: UnitOfWork) -> Operator:
    """Sign in the person named by `--as`. Raises SignInRefused, Usage."""
    from services.staff_sessions import SignIn, sign_in

    if not options.as_user:
        raise Usage("falta --as USUARIO")
    password, code = read_secret_lines(options, settings, f"Contraseña de {options.as_user}", options.as_user)
    return sign_in(SignIn(options.as_user, password, code, settings.terminal), uow).operator
