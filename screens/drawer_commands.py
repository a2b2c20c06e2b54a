"""What a cashier does with the drawer, and a supervisor with the drawers of the day."""

from __future__ import annotations

from typing import ClassVar

from services.operations import Op
from widgets.command import Command


class OpenOwnDrawer(Command):
    """Abre su caja: cuente el efectivo con que empieza."""

    id = "open_own_drawer"
    label = "Abrir"
    keys: ClassVar[tuple[str, ...]] = ("a",)
    words: ClassVar[tuple[str, ...]] = ("abrir",)
    operation = Op.DRAWER_WORK.value


class CloseOwnDrawer(Command):
    """Cierra su caja: cuente todo el efectivo, sin ver cuánto debe haber. Lo contado va a la bóveda."""

    id = "close_own_drawer"
    label = "Cerrar"
    keys: ClassVar[tuple[str, ...]] = ("c",)
    words: ClassVar[tuple[str, ...]] = ("cerrar",)
    operation = Op.DRAWER_WORK.value


class CloseAndKeep(Command):
    """Cierra su caja y deja el efectivo en ella: a la próxima apertura debe estar completo."""

    id = "close_and_keep"
    label = "Guardar en caja"
    keys: ClassVar[tuple[str, ...]] = ("g",)
    operation = Op.DRAWER_WORK.value


class FromVault(Command):
    """Trae efectivo de la bóveda a su caja."""

    id = "from_vault"
    label = "De la bóveda"
    keys: ClassVar[tuple[str, ...]] = ("d",)
    operation = Op.DRAWER_WORK.value


class ToVault(Command):
    """Lleva efectivo de su caja a la bóveda."""

    id = "to_vault"
    label = "A la bóveda"
    keys: ClassVar[tuple[str, ...]] = ("b",)
    operation = Op.DRAWER_WORK.value


class HandOver(Command):
    """Entrega efectivo a la caja de otra persona, que lo acepta en su propia sesión."""

    id = "hand_over"
    label = "Traslado"
    keys: ClassVar[tuple[str, ...]] = ("t",)
    operation = Op.DRAWER_WORK.value


class AcceptHandover(Command):
    """Acepta el efectivo que le entregan: cuéntelo antes."""

    id = "accept_handover"
    label = "Recibir"
    keys: ClassVar[tuple[str, ...]] = ("r",)
    operation = Op.DRAWER_WORK.value


class DeclineHandover(Command):
    """Rechaza el traslado que le ofrecen, o anula el suyo."""

    id = "decline_handover"
    label = "No"
    keys: ClassVar[tuple[str, ...]] = ("n",)
    operation = Op.DRAWER_WORK.value


class RefreshDrawer(Command):
    """Vuelve a leer."""

    id = "refresh_drawer"
    label = "Actualizar"
    keys: ClassVar[tuple[str, ...]] = ("f5",)


class EarlierDay(Command):
    """Muestra el día anterior."""

    id = "earlier_day"
    label = "Día anterior"
    keys: ClassVar[tuple[str, ...]] = ("[", "pageup")


class LaterDay(Command):
    """Muestra el día siguiente."""

    id = "later_day"
    label = "Día siguiente"
    keys: ClassVar[tuple[str, ...]] = ("]", "pagedown")


class VaultIn(Command):
    """Registra efectivo que entró a la bóveda de su sucursal."""

    id = "vault_in"
    label = "Entrada a bóveda"
    keys: ClassVar[tuple[str, ...]] = ("e",)
    operation = Op.VAULT_MOVE.value


class VaultOut(Command):
    """Registra efectivo que salió de la bóveda de su sucursal."""

    id = "vault_out"
    label = "Salida de bóveda"
    keys: ClassVar[tuple[str, ...]] = ("s",)
    operation = Op.VAULT_MOVE.value


class PrintReport(Command):
    """Guarda el reporte en PDF y en texto para la impresora de 40 columnas."""

    id = "print_report"
    label = "Imprimir"
    keys: ClassVar[tuple[str, ...]] = ("f9",)
    footer = True


class CloseWithDifference(Command):
    """Cierra la caja con la diferencia que se ve, tras una pregunta: queda registrada."""

    id = "close_with_difference"
    label = "Cerrar así"
    keys: ClassVar[tuple[str, ...]] = ("f2",)
    footer = True
    dangerous = True


class CountAgain(Command):
    """Cuenta otra vez."""

    id = "count_again"
    label = "Recontar"
    keys: ClassVar[tuple[str, ...]] = ("r",)
