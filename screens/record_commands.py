"""The commands of the member's record. `operation` is what the services will ask for; the record dims by it."""

from __future__ import annotations

from typing import ClassVar

from screens.money_commands import Pay, Transfer
from screens.plan_commands import PLANS
from services.operations import Op
from widgets.command import Command, CommandClass


class Verify(Command):
    """Verifica a quien llama o está presente: preguntas, código, llamada de vuelta, segunda persona."""

    id = "verify"
    label = "Verificar"
    keys: ClassVar[tuple[str, ...]] = ("v",)
    words: ClassVar[tuple[str, ...]] = ("ver",)
    operation = Op.CALLER_VERIFY.value


class Activate(Command):
    """Activa el acceso en línea y envía por correo el usuario y la contraseña temporal."""

    id = "activate"
    label = "Activar"
    keys: ClassVar[tuple[str, ...]] = ("a",)
    words: ClassVar[tuple[str, ...]] = ("act",)
    operation = Op.ACCESS_ACTIVATE.value
    dangerous = True


class SendCredential(Command):
    """Envía una contraseña temporal nueva; la anterior deja de servir."""

    id = "send_credential"
    label = "Credencial"
    keys: ClassVar[tuple[str, ...]] = ("c",)
    words: ClassVar[tuple[str, ...]] = ("cred",)
    operation = Op.CREDENTIAL_ISSUE.value
    dangerous = True


class Unlock(Command):
    """Quita el bloqueo del acceso y pone en cero los intentos fallidos."""

    id = "unlock"
    label = "Desbloquear"
    keys: ClassVar[tuple[str, ...]] = ("d",)
    words: ClassVar[tuple[str, ...]] = ("desb",)
    operation = Op.ACCESS_UNLOCK.value
    dangerous = True


class ResetQuestions(Command):
    """Borra las respuestas de seguridad; el asociado elige preguntas nuevas al ingresar."""

    id = "reset_questions"
    label = "Preguntas"
    keys: ClassVar[tuple[str, ...]] = ("p",)
    words: ClassVar[tuple[str, ...]] = ("preg",)
    operation = Op.QUESTIONS_RESET.value
    dangerous = True


class ShowMovements(Command):
    """Muestra los últimos movimientos de la cuenta marcada. En la línea: mov CUENTA [10, 20 o 30]."""

    id = "movements"
    label = "Movimientos"
    keys: ClassVar[tuple[str, ...]] = ("m",)
    words: ClassVar[tuple[str, ...]] = ("mov",)
    usage = "CUENTA CANTIDAD"
    operation = Op.MOVEMENTS_VIEW.value


class Notes(Command):
    """Lee las notas del asociado y agrega una. Una nota no se puede cambiar ni borrar."""

    id = "notes"
    label = "Notas"
    keys: ClassVar[tuple[str, ...]] = ("n",)
    words: ClassVar[tuple[str, ...]] = ("nota",)
    operation = Op.NOTES_VIEW.value


class Timeline(Command):
    """Muestra quién hizo qué con este asociado, del personal o él mismo."""

    id = "timeline"
    label = "Historial"
    keys: ClassVar[tuple[str, ...]] = ("h",)
    words: ClassVar[tuple[str, ...]] = ("hist",)
    operation = Op.TIMELINE_VIEW.value


class FollowUp(Command):
    """Anota un seguimiento con el asociado. En la línea: seguir 25/11/2026 llamar para confirmar."""

    id = "follow_up"
    label = "Anotar seguimiento"
    words: ClassVar[tuple[str, ...]] = ("seguir",)
    usage = "FECHA TEXTO"
    operation = Op.FOLLOW_UP.value


class WhoLooked(Command):
    """Muestra quién del personal miró los datos de este asociado, por día."""

    id = "who_looked"
    label = "Quién miró"
    words: ClassVar[tuple[str, ...]] = ("miro", "miró")
    operation = Op.LOOKS_VIEW.value


class MoreActions(Command):
    """Lista lo que se hace menos: imagen, contraseña, equipos, contacto, suspender, cerrar, afiliar."""

    id = "more"
    label = "Otros"
    keys: ClassVar[tuple[str, ...]] = ("o",)
    words: ClassVar[tuple[str, ...]] = ("otros",)


class FindAnother(Command):
    """Vuelve al mostrador para buscar a otra persona. El caso se cierra al abrir la otra ficha o con F7."""

    id = "find_another"
    label = "Buscar"
    keys: ClassVar[tuple[str, ...]] = ("f3", "/")
    footer = True


class Refresh(Command):
    """Lee de nuevo la ficha."""

    id = "refresh"
    label = "Actualizar"
    keys: ClassVar[tuple[str, ...]] = ("f5",)


class FinishCall(Command):
    """Termina la atención: cierra el caso y la verificación, y vuelve al mostrador."""

    id = "finish"
    label = "Terminar"
    keys: ClassVar[tuple[str, ...]] = ("f7",)
    words: ClassVar[tuple[str, ...]] = ("fin",)
    operation = Op.CASE_CLOSE.value
    footer = True


class RequestAccess(Command):
    """Registra que el asociado pidió el acceso en línea aquí."""

    id = "request_access"
    label = "Registrar solicitud"
    words: ClassVar[tuple[str, ...]] = ("solicitar",)
    operation = Op.ACCESS_REQUEST.value


class ResetImage(Command):
    """Borra la imagen de seguridad; el asociado elige otra al ingresar."""

    id = "reset_image"
    label = "Reiniciar imagen"
    words: ClassVar[tuple[str, ...]] = ("imagen",)
    operation = Op.IMAGE_RESET.value
    dangerous = True


class ResetPassword(Command):
    """Anula la contraseña del asociado y le envía una temporal."""

    id = "reset_password"
    label = "Restablecer contraseña"
    words: ClassVar[tuple[str, ...]] = ("contrasena",)
    operation = Op.PASSWORD_RESET.value
    dangerous = True


class ForgetDevices(Command):
    """Olvida los equipos que el asociado pidió recordar."""

    id = "forget_devices"
    label = "Olvidar equipos"
    words: ClassVar[tuple[str, ...]] = ("equipos",)
    operation = Op.DEVICES_FORGET.value


class ChangeContact(Command):
    """Cambia el correo o el celular; sirve después de 72 horas y se avisa al anterior."""

    id = "change_contact"
    label = "Cambiar correo o celular"
    words: ClassVar[tuple[str, ...]] = ("contacto",)
    operation = Op.CONTACT_CHANGE.value
    dangerous = True


class AskSupervisor(Command):
    """Deja en la cola, para que un supervisor lo apruebe desde su puesto: contacto, reanudar, credencial en mitades."""

    id = "ask_supervisor"
    label = "Pedir a un supervisor"
    words: ClassVar[tuple[str, ...]] = ("pedir",)
    operation = Op.CASE_OPEN.value


class CancelContact(Command):
    """Cancela un cambio de correo o celular que todavía espera."""

    id = "cancel_contact"
    label = "Cancelar cambio de contacto"
    operation = Op.CONTACT_CANCEL.value


class Suspend(Command):
    """Suspende el acceso en línea de inmediato. No requiere verificación: es para emergencias."""

    id = "suspend"
    label = "Suspender acceso"
    words: ClassVar[tuple[str, ...]] = ("suspender",)
    operation = Op.ACCESS_SUSPEND.value
    dangerous = True


class Resume(Command):
    """Reanuda un acceso suspendido."""

    id = "resume"
    label = "Reanudar acceso"
    words: ClassVar[tuple[str, ...]] = ("reanudar",)
    operation = Op.ACCESS_RESUME.value


class CloseAccess(Command):
    """Cierra el acceso en línea para siempre."""

    id = "close_access"
    label = "Cerrar acceso"
    words: ClassVar[tuple[str, ...]] = ("cerrar",)
    operation = Op.ACCESS_CLOSE.value
    dangerous = True


class Affiliate(Command):
    """Afilia o quita del acceso en línea la cuenta marcada."""

    id = "affiliate"
    label = "Afiliar o quitar cuenta"
    words: ClassVar[tuple[str, ...]] = ("afiliar",)
    operation = Op.ACCOUNT_AFFILIATE.value


class PrintedCredential(Command):
    """Entrega la contraseña temporal sin correo: sobre sellado o en mitades, con un supervisor."""

    id = "printed_credential"
    label = "Credencial sin correo"
    words: ClassVar[tuple[str, ...]] = ("sobre",)
    operation = Op.CREDENTIAL_FALLBACK.value
    dangerous = True


class UnblockVerification(Command):
    """Vuelve a permitir la verificación por teléfono de este asociado."""

    id = "unblock_verification"
    label = "Desbloquear verificación"
    operation = Op.VERIFICATION_UNBLOCK.value


class LiftIssueLimit(Command):
    """Permite un envío más de credenciales hoy."""

    id = "lift_issue_limit"
    label = "Permitir otro envío"
    operation = Op.ISSUE_LIMIT_LIFT.value


USUAL: tuple[CommandClass, ...] = (
    Verify,
    Activate,
    SendCredential,
    Unlock,
    ResetQuestions,
    Transfer,
    Pay,
    ShowMovements,
    Notes,
    Timeline,
    MoreActions,
)
SELDOM: tuple[CommandClass, ...] = (
    *PLANS,
    RequestAccess,
    ResetImage,
    ResetPassword,
    PrintedCredential,
    ForgetDevices,
    ChangeContact,
    AskSupervisor,
    CancelContact,
    Affiliate,
    Suspend,
    Resume,
    CloseAccess,
    UnblockVerification,
    LiftIssueLimit,
    FollowUp,
    WhoLooked,
)
"""What `o` lists; all of them have their place in the palette too."""
