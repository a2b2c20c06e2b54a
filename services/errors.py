"""What a use case may answer instead of doing the work. Each says, in Spanish, what happened and what to do next.

`code` is stable and goes to the audit trail and to scripts; `user_text` is for people and holds nothing secret.
"""

import functools
from collections.abc import Mapping


class CoopError(Exception):
    """A request that was refused for a reason that the person in front of it can act on."""

    code = "refused"
    default = "La operación no se realizó."

    def __init__(self, user_text: str | None = None, *, field: str | None = None) -> None:
        self.user_text = user_text or self.default
        self.field = field  # the form field that is to blame, if one is
        super().__init__(self.code)  # texts may name people: logs get the code alone


class InvalidInput(CoopError):
    code = "invalid_input"
    default = "Hay un dato no válido. Corríjalo e intente de nuevo."


class NotFound(CoopError):
    """Not there or not permitted: the answer is the same (req. 16)."""

    code = "not_found"
    default = "No hay un registro con esos datos."


class NotPermitted(CoopError):
    code = "not_permitted"
    default = "Su rol no permite esta operación. Pida ayuda a su supervisor."


class VerificationNeeded(CoopError):
    """The caller is not verified enough; `level` is what the operation asks for (req. 17)."""

    code = "verification_needed"

    def __init__(self, level: int, missing: str) -> None:
        self.level = level
        super().__init__(f"Requiere verificación N{level}. Falta: {missing}.")


class VerificationBlocked(CoopError):
    code = "verification_blocked"
    default = "Verificación bloqueada. El asociado debe presentarse en sucursal."


class ReauthenticationNeeded(CoopError):
    code = "reauthentication_needed"
    default = "Escriba su contraseña otra vez para confirmar esta operación."


class SignInRefused(CoopError):
    code = "sign_in_refused"
    default = "Usuario o contraseña incorrectos."


class SecondFactorNeeded(CoopError):
    """The password was right and the person has a second factor: ask for its code and call again."""

    code = "second_factor_needed"
    default = "Escriba el código de su aplicación de autenticación."


class OutsideHours(CoopError):
    """Who they are was proven, but not now: a second person lets them in, where the policy says so (req. 12)."""

    code = "outside_hours"
    default = "Está fuera de su horario. Un supervisor puede abrirle aquí."


class HoursRefused(CoopError):
    """Who they are was proven, and nobody lets them in now."""

    code = "hours_refused"
    default = "Está fuera de su horario. Vuelva dentro de él o pida que lo cambien."


class SetupNeeded(CoopError):
    """Signed in, but the temporary password or the missing second factor stands before any work (req. 11, A4)."""

    code = "setup_needed"
    default = "Cambie su contraseña temporal antes de trabajar."


class SessionEnded(CoopError):
    code = "session_ended"
    default = "Su sesión terminó. Ingrese de nuevo."


class SessionLocked(CoopError):
    code = "session_locked"
    default = "La estación está bloqueada. Escriba su contraseña para continuar."


class RateLimited(CoopError):
    code = "rate_limited"
    default = "Demasiadas consultas seguidas. Espere unos minutos o llame a su supervisor."


class IllegalStep(CoopError):
    """The state machine of req. 25 does not know this step."""

    code = "illegal_step"

    def __init__(self, before: str, after: str) -> None:
        super().__init__(f"No se puede pasar de {before} a {after}.")


class IssueLimitReached(CoopError):
    code = "issue_limit"
    default = "Límite de envíos alcanzado; requiere supervisor."


class ContactTooRecent(CoopError):
    code = "contact_too_recent"
    default = (
        "El correo o el celular cambió hace menos de 72 horas. Espere a que se cumpla el plazo o atienda en sucursal."
    )


class ContactMissing(CoopError):
    code = "contact_missing"
    default = "El asociado no tiene un correo registrado. Actualice el contacto en sucursal o use la entrega sellada."


class DataChanged(CoopError):
    code = "data_changed"
    default = "Los datos cambiaron; revise de nuevo."


class KeyReused(CoopError):
    """The same idempotency key came with another request."""

    code = "key_reused"
    default = "Esta operación ya se usó con otros datos. Abra un formulario nuevo."


class InsufficientFunds(CoopError):
    code = "insufficient_funds"
    default = "Saldo insuficiente. Revise el saldo disponible y escriba un monto menor."


class AccountUnusable(CoopError):
    code = "account_unusable"
    default = "La cuenta no admite esta operación. Elija otra cuenta."


class LimitExceeded(CoopError):
    code = "limit_exceeded"
    default = "El monto pasa el límite permitido. Requiere aprobación de un supervisor."


class AlreadyReversed(CoopError):
    code = "already_reversed"
    default = "Esta operación ya fue reversada."


class SecondPersonNeeded(CoopError):
    code = "second_person_needed"
    default = "Requiere una segunda persona: pida a su supervisor que ingrese sus datos."


class AuditUnavailable(CoopError):
    code = "audit_unavailable"
    default = "Operación no realizada: no se pudo registrar la auditoría."


class StoreUnavailable(CoopError):
    """The database did not answer; whether a write landed may be unknown until it is asked again."""

    code = "store_unavailable"
    default = "La base de datos no responde. Lo escrito se conserva; intente de nuevo."


def refusal_text(code: str) -> str:
    """The Spanish text of an error's code, empty where it has none."""
    return _texts().get(code, "")


@functools.cache
def _texts() -> Mapping[str, str]:
    return {kind.code: kind.default for kind in _kinds(CoopError) if "default" in vars(kind)}


def _kinds(kind: type[CoopError]) -> list[type[CoopError]]:
    return [kind, *(found for child in kind.__subclasses__() for found in _kinds(child))]
