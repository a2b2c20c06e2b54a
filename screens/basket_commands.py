"""The commands of the basket."""

from __future__ import annotations

from typing import ClassVar

from widgets.command import Command


class ConfirmAll(Command):
    """Confirma todos los pagos de la canasta: dentro de la Cooperativa se aplican todos o ninguno."""

    id = "confirm_all"
    label = "Confirmar todo"
    keys: ClassVar[tuple[str, ...]] = ("f2",)
    footer = True
    dangerous = True


class RemoveItem(Command):
    """Quita de la canasta el pago marcado."""

    id = "remove_item"
    label = "Quitar"
    keys: ClassVar[tuple[str, ...]] = ("x", "delete")


class ItemCodeByMail(Command):
    """Envía al correo del asociado el código del pago marcado."""

    id = "item_code_by_mail"
    label = "Código al correo"
    keys: ClassVar[tuple[str, ...]] = ("c",)


class ItemCodeByPhone(Command):
    """Envía al celular del asociado el código del pago marcado."""

    id = "item_code_by_phone"
    label = "Código al móvil"
    keys: ClassVar[tuple[str, ...]] = ("m",)


class ReviewAgain(Command):
    """Revisa otra vez la canasta con los saldos de ahora."""

    id = "review_again"
    label = "Revisar"
    keys: ClassVar[tuple[str, ...]] = ("f5",)
