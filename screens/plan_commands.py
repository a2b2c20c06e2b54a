"""The commands of the record for what is paid often, on dates, or together."""

from __future__ import annotations

from typing import ClassVar

from services.operations import Op
from widgets.command import Command, CommandClass


class OpenFavourites(Command):
    """Lista a quién y qué paga seguido el asociado; por número se paga otra vez, se renombra o se quita."""

    id = "favourites"
    label = "Favoritos"
    words: ClassVar[tuple[str, ...]] = ("fav",)
    operation = Op.FAVOURITE_MANAGE.value


class OpenSchedules(Command):
    """Lista los pagos programados: próxima fecha, qué pasó con la última, omitir, cancelar, programar otro."""

    id = "schedules"
    label = "Pagos programados"
    words: ClassVar[tuple[str, ...]] = ("prog",)
    operation = Op.BALANCES_VIEW.value


class OpenBasket(Command):
    """Revisa y confirma juntos los pagos que se pusieron en la canasta durante esta atención."""

    id = "basket"
    label = "Canasta"
    keys: ClassVar[tuple[str, ...]] = ("b",)
    words: ClassVar[tuple[str, ...]] = ("canasta",)
    operation = Op.BALANCES_VIEW.value


PLANS: tuple[CommandClass, ...] = (OpenFavourites, OpenSchedules, OpenBasket)
