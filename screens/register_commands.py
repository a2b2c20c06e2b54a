"""What can be done with the registers of rights and of breaches, a class each."""

from __future__ import annotations

from services.operations import Op
from widgets.command import Command


class NewRequest(Command):
    """Registra lo que pide una persona sobre sus datos: acceso, rectificación, cancelación, oposición, portabilidad."""

    id = "new_request"
    label = "Nueva"
    keys = ("n",)
    operation = Op.PRIVACY_REGISTER.value
    footer = True


class AttendOne(Command):
    """Anota cómo va la solicitud marcada."""

    id = "attend_one"
    label = "Anotar"
    keys = ("t",)
    operation = Op.PRIVACY_ATTEND.value


class CloseOne(Command):
    """Cierra la solicitud marcada: concedida, en parte o negada, y por qué. No se puede volver a abrir."""

    id = "close_one"
    label = "Cerrar"
    keys = ("c",)
    operation = Op.PRIVACY_ATTEND.value
    dangerous = True


class HandOver(Command):
    """Guarda los datos del asociado (JSON o CSV) para una solicitud de acceso o de portabilidad."""

    id = "hand_over"
    label = "Entregar datos"
    keys = ("x",)
    operation = Op.PRIVACY_EXPORT.value


class ShowClosed(Command):
    """Muestra también lo cerrado, o solo lo que espera."""

    id = "show_closed"
    label = "Cerradas"
    keys = ("a",)


class ReadRegister(Command):
    """Vuelve a leer el registro."""

    id = "read_register"
    label = "Actualizar"
    keys = ("f5",)
    footer = True


class NewBreach(Command):
    """Registra una vulneración de datos. Desde que se conoce corren 72 horas."""

    id = "new_breach"
    label = "Nueva"
    keys = ("n",)
    operation = Op.BREACH_REGISTER.value
    footer = True


class UpdateBreach(Command):
    """Completa o corrige lo que se sabe de la vulneración marcada; lo anterior queda en el registro."""

    id = "update_breach"
    label = "Completar"
    keys = ("e",)
    operation = Op.BREACH_REGISTER.value


class TellAuthority(Command):
    """Anota que se notificó a ANTAI, y cómo."""

    id = "tell_authority"
    label = "ANTAI"
    keys = ("i",)
    operation = Op.BREACH_REGISTER.value


class TellPeople(Command):
    """Anota que se notificó a las personas afectadas, y cómo."""

    id = "tell_people"
    label = "Personas"
    keys = ("p",)
    operation = Op.BREACH_REGISTER.value


class CloseBreach(Command):
    """Cierra la vulneración marcada. Con riesgo, solo después de notificar a ANTAI y a las personas."""

    id = "close_breach"
    label = "Cerrar"
    keys = ("c",)
    operation = Op.BREACH_REGISTER.value
    dangerous = True


class SaveBreach(Command):
    """Guarda lo escrito."""

    id = "save_breach"
    label = "Guardar"
    keys = ("f2",)
    footer = True


class OtherRisk(Command):
    """Cambia si hay riesgo para las personas: con riesgo hay que notificar."""

    id = "other_risk"
    label = "Riesgo sí/no"
    keys = ("f6",)
    footer = True
