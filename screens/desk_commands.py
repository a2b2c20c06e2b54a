"""What can be done at the desk."""

from __future__ import annotations

from typing import Any

from screens.base import Back, BaseScreen
from services.operations import Op
from widgets.command import Command


class Search(Command):
    """Lleva el cursor a la búsqueda. También puede empezar a escribir desde cualquier parte."""

    id = "search"
    label = "Buscar"
    keys = ("f3", "/")
    words = ("buscar",)
    usage = "NÚMERO, CÉDULA O CUENTA"
    operation = Op.MEMBER_FIND.value
    footer = True


class OpenChosen(Command):
    """Busca lo escrito o abre la fila donde está."""

    id = "open_chosen"
    label = "Abrir"
    keys = ("enter",)
    footer = True


class RefreshDesk(Command):
    """Vuelve a leer la lista de espera y su día."""

    id = "refresh_desk"
    label = "Actualizar"
    keys = ("f5",)


class ReadTheAudit(Command):
    """Abre la auditoría."""

    id = "read_the_audit"
    label = "Auditoría"
    keys = ("f6",)
    footer = True
    words = ("auditoria", "auditoría")
    operation = Op.AUDIT_READ.value


class People(Command):
    """Abre la lista del personal: agregar, deshabilitar, restablecer, desbloquear."""

    id = "people"
    label = "Personal"
    keys = ("f7",)
    footer = True
    words = ("personal",)
    operation = Op.STAFF_VIEW.value


class Conciliate(Command):
    """Compara los pagos a recaudadores con el archivo del día de la pasarela."""

    id = "conciliate"
    label = "Conciliar"
    words = ("conciliar",)
    operation = Op.BILLER_RECONCILE.value


class OrdersInProcess(Command):
    """Muestra los pagos a recaudadores que están en proceso."""

    id = "orders_in_process"
    label = "Pagos en proceso"
    words = ("ordenes", "órdenes")
    operation = Op.BILLER_RECONCILE.value


class StrangeImages(Command):
    """Muestra a los asociados que no reconocieron su imagen de seguridad y esperan que alguien los llame."""

    id = "strange_images"
    label = "Imágenes no reconocidas"
    words = ("imagenes", "imágenes")
    operation = Op.IMAGE_REPORT_ATTEND.value


class OwnDrawer(Command):
    """Abre la pantalla de su caja: abrir, mover efectivo, contar y cerrar."""

    id = "own_drawer"
    label = "Caja"
    keys = ("ctrl+g",)
    words = ("caja",)
    operation = Op.DRAWER_WORK.value


class DrawersOfTheDay(Command):
    """Muestra las cajas del día y la bóveda de su sucursal."""

    id = "drawers_of_the_day"
    label = "Cajas del día"
    words = ("cajas",)
    operation = Op.DRAWER_REVIEW.value


class ReportedCash(Command):
    """Muestra el efectivo que se reporta. Solo cumplimiento."""

    id = "reported_cash"
    label = "Efectivo que se reporta"
    words = ("efectivo",)
    operation = Op.CASH_MARKS_VIEW.value


class LocalMail(Command):
    """Muestra los correos que quedaron en la carpeta local porque no hay servidor de correo."""

    id = "local_mail"
    label = "Correo local"
    keys = ("f8",)
    footer = True
    words = ("correo",)


class LeaveDesk(Back):
    """Borra la búsqueda y sus resultados."""

    label = "Borrar"
    footer = False


def of_the_record(screen: BaseScreen[Any], word: str) -> str:
    """Where to use a word of the `:` line that the record knows; empty for another."""
    del screen
    from screens.money_commands import MONEY
    from screens.record_commands import SELDOM, USUAL

    known = any(word in command.words for command in (*USUAL, *MONEY, *SELDOM))
    return f"«{word}» es de la ficha: busque primero al asociado." if known else ""
