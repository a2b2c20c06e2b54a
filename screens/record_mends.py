"""What each mend of an access does to whom: the service call, and the effect that the dialog names before it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from data.values.uuid7 import uuid7
from screens import record_commands as commands
from services import access_mending as mending
from services.activation import Activate, activate
from services.credentials import CredentialIssued, IssueCredential, issue_credential
from services.errors import CoopError, StoreUnavailable
from services.issue_limit import LiftIssueLimit, lift_issue_limit
from services.operations import Op
from services.verification import unblock
from services.verification_commands import UnblockVerification
from widgets.command import CommandClass


@dataclass(frozen=True)
class Mend:
    """One row: `build(member_id, reason, key)` makes the command, `call` is the use case."""

    op: Op
    effect: str
    build: Callable[[int, str, str], Any]
    call: Callable[..., Any]


def _plain(command: Callable[..., Any]) -> Callable[[int, str, str], Any]:
    return lambda member_id, reason, _key: command(member_id, reason)


MENDS: dict[CommandClass, Mend] = {
    commands.Activate: Mend(
        Op.ACCESS_ACTIVATE,
        "Se activará el acceso y saldrá el correo con usuario y contraseña temporal.",
        Activate,
        activate,
    ),
    commands.SendCredential: Mend(
        Op.CREDENTIAL_ISSUE,
        "Saldrá un correo con una contraseña temporal nueva; la anterior dejará de servir.",
        IssueCredential,
        issue_credential,
    ),
    commands.Unlock: Mend(
        Op.ACCESS_UNLOCK, "Se quitará el bloqueo del acceso.", _plain(mending.Unlock), mending.unlock
    ),
    commands.ResetQuestions: Mend(
        Op.QUESTIONS_RESET,
        "Se borrarán sus tres respuestas; elegirá preguntas nuevas al ingresar.",
        _plain(mending.ResetQuestions),
        mending.reset_questions,
    ),
    commands.ResetImage: Mend(
        Op.IMAGE_RESET,
        "Se borrará su imagen de seguridad; elegirá otra al ingresar.",
        _plain(mending.ResetImage),
        mending.reset_image,
    ),
    commands.ResetPassword: Mend(
        Op.PASSWORD_RESET,
        "Su contraseña dejará de servir y saldrá un correo con una temporal.",
        mending.ResetPassword,
        mending.reset_password,
    ),
    commands.ForgetDevices: Mend(
        Op.DEVICES_FORGET,
        "Se olvidarán todos sus equipos recordados.",
        _plain(mending.ForgetDevices),
        mending.forget_devices,
    ),
    commands.Suspend: Mend(
        Op.ACCESS_SUSPEND,
        "Nadie podrá ingresar con este acceso hasta que se reanude.",
        _plain(mending.Suspend),
        mending.suspend,
    ),
    commands.Resume: Mend(Op.ACCESS_RESUME, "El acceso volverá a como estaba.", _plain(mending.Resume), mending.resume),
    commands.CloseAccess: Mend(
        Op.ACCESS_CLOSE, "El acceso se cerrará para siempre.", _plain(mending.Close), mending.close
    ),
    commands.UnblockVerification: Mend(
        Op.VERIFICATION_UNBLOCK,
        "Se podrá verificar de nuevo por teléfono.",
        _plain(UnblockVerification),
        unblock,
    ),
    commands.LiftIssueLimit: Mend(
        Op.ISSUE_LIMIT_LIFT, "Se permitirá un envío más de credenciales.", _plain(LiftIssueLimit), lift_issue_limit
    ),
}


def new_key() -> str:
    """The idempotency key of one use of a form, kept through every retry."""
    return uuid7()


class KeptKeys:
    """The keys of acts whose answer was lost: the next try asks about the same one (req. 40)."""

    def __init__(self) -> None:
        self._keys: dict[object, str] = {}

    @contextmanager
    def use(self, what: object) -> Iterator[str]:
        """The key for one try of an act. It is spent once the act is answered, done or refused."""
        key = self._keys.setdefault(what, new_key())
        try:
            yield key
        except StoreUnavailable:
            raise
        except CoopError:
            self._keys.pop(what, None)
            raise
        self._keys.pop(what, None)


def outcome_text(result: Any) -> str:
    """What is told after a mend, in Spanish."""
    if isinstance(result, CredentialIssued):
        again = "Ya estaba emitida. " if result.existed else ""
        return f"{again}Credencial para {result.destination}: correo {result.mail_state}."
    text = getattr(result, "text", None) or getattr(result, "message", None)
    return str(text or "Listo.")
