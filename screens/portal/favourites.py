"""«Favoritos»: whom and what the member pays often: paid again, scheduled, named, taken off (S10–S31)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from screens.dialogs.message import Message
from screens.portal.ask import Ask
from screens.portal.base import PortalPage
from screens.portal.choose import Choose
from screens.portal.pay import Payment, kind_of
from screens.portal.pay_bill import BillPayment
from screens.portal.plans import LABEL_LENGTH, PlannedPaymentFlow
from services.account_view import AccountRow
from services.favourites import (
    FavouriteKept,
    FavouriteRow,
    ForgetFavourite,
    ListFavourites,
    RenameFavourite,
    favourites,
    forget_favourite,
    rename_favourite,
)
from widgets.fields import Field
from widgets.house_input import TextInput

FAVOURITES = "Favoritos"
PAY, PLAN, NAME, DROP = "pagar", "programar", "nombre", "quitar"
NONE = "Todavía no tiene favoritos. Después de un pago, «Guardar en favoritos» agrega a quién pagó."


async def own_favourites(owner: PortalPage[Any], member_id: int, rows: Sequence[AccountRow]) -> bool:
    """The list, until the member goes back or has paid; answers whether money moved."""
    while True:
        found: tuple[FavouriteRow, ...] = await owner.call(favourites, ListFavourites(member_id))
        if not found:
            await owner.app.push_screen_wait(Message(FAVOURITES, NONE))
            return False
        choices = [(str(row.id), line_of(row)) for row in found]
        chosen = await owner.app.push_screen_wait(Choose(FAVOURITES, "¿Cuál?", choices))
        if chosen is None:
            return False
        row = next(row for row in found if str(row.id) == chosen)
        if await _do(owner, member_id, row, rows):
            return True


async def _do(owner: PortalPage[Any], member_id: int, row: FavouriteRow, rows: Sequence[AccountRow]) -> bool:
    """What is done with one; answers whether it was paid."""
    choices = [(NAME, "Cambiar su nombre"), (DROP, "Quitarlo de la lista")]
    if not row.obstacle:
        plan = [(PLAN, "Programar")] if row.to_account is not None else []
        choices = [(PAY, "Pagar"), *plan, *choices]
    note = " · ".join(
        part for part in (row.kind_title, row.target, row.holder, row.reference_shown, row.obstacle) if part
    )
    chosen = await owner.app.push_screen_wait(Choose(row.label, "¿Qué desea hacer?", choices, note=note))
    if chosen == PAY:
        return await _payment(owner, member_id, row, rows).run() is not None
    if chosen == PLAN:
        await PlannedPaymentFlow(owner, member_id, kind_of(row.kind), rows, row).run()
    elif chosen == NAME:
        await _rename(owner, member_id, row)
    elif chosen == DROP:
        done: FavouriteKept = await owner.call(forget_favourite, ForgetFavourite(member_id, row.id))
        await owner.app.push_screen_wait(Message(FAVOURITES, done.text))
    return False


def _payment(
    owner: PortalPage[Any], member_id: int, row: FavouriteRow, rows: Sequence[AccountRow]
) -> Payment | BillPayment:
    if row.to_account is None:
        return BillPayment(owner, member_id, row.kind, rows, row)
    return Payment(owner, member_id, kind_of(row.kind), rows, row)


async def _rename(owner: PortalPage[Any], member_id: int, row: FavouriteRow) -> None:
    field: Field[str] = Field("Nombre", TextInput(value=row.label, max_length=LABEL_LENGTH, id="label"))

    async def keep(label: str) -> FavouriteKept:
        kept: FavouriteKept = await owner.call(rename_favourite, RenameFavourite(member_id, row.id, label))
        return kept

    await owner.app.push_screen_wait(Ask(FAVOURITES, "¿Cómo lo llama?", {"label": field}, keep))


def line_of(row: FavouriteRow) -> str:
    """`Tía Rosa · AHORROS 06-018-***33-1 · ROSA D***`."""
    parts = (row.label, row.target, row.reference_shown, row.holder)
    return ("! " if row.obstacle else "") + " · ".join(part for part in parts if part)
