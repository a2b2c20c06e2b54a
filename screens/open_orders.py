"""Payments to billers that are in process: ask now, or give one up by the gateway's word."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult

from data.values.dates import format_datetime
from data.values.money import Money
from screens.base import Back, BaseScreen
from screens.dialogs.reason import Reason, ReasonDialog
from screens.flow import flow
from screens.wrong_charge import settle_wrong_charge, settled_text
from services.biller_orders import Attempted
from services.open_orders import AskAgain, OpenOrder, OpenOrders, WithdrawOrder, ask_again, open_orders, withdraw_order
from services.operations import Op
from services.reasons import reasons_for
from widgets.command import Command, CommandClass
from widgets.plain_table import Column, PlainTable
from widgets.text import PlainText

NONE_OPEN = "No hay pagos en proceso."
OTHER = Reason("otro", "Otro", needs_text=True)
ENDS = {
    "paid": "El recaudador lo aceptó: quedó pagado.",
    "refused": "No se pagó: el dinero volvió a la cuenta del asociado.",
}
STILL_OPEN = "Sigue en proceso; el dinero queda apartado."


class ReadOrders(Command):
    """Vuelve a leer la lista."""

    id = "read_orders"
    label = "Actualizar"
    keys = ("f5",)
    operation = Op.BILLER_RECONCILE.value
    footer = True


class AskNow(Command):
    """Pregunta ahora a la pasarela por el pago de la fila."""

    id = "ask_now"
    label = "Preguntar"
    keys = ("p",)
    operation = Op.BILLER_ATTEND.value


class GiveUp(Command):
    """Retira la orden de la fila. Si la pasarela nunca la recibió, la cierra y el dinero vuelve a la cuenta."""

    id = "give_up"
    label = "Retirar"
    keys = ("r",)
    operation = Op.BILLER_WITHDRAW.value
    dangerous = True


class SettleIt(Command):
    """Resuelve el pago de la fila cuando el recaudador cobró otro monto. Lo hace quien no lo registró."""

    id = "settle_charge"
    label = "Resolver"
    keys = ("l",)
    operation = Op.BILLER_SETTLE.value
    dangerous = True


class OpenOrdersScreen(BaseScreen[None]):
    """For supervisors and auditors; auditors look."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (AskNow, GiveUp, SettleIt, ReadOrders, Back)
    CSS_PATH = "open_orders.tcss"
    AUTO_FOCUS = "#open-orders"
    HELP = (
        "Pagos y recargas cuyo dinero está apartado y que el recaudador no ha resuelto. El programa pregunta solo; los"
        " marcados con «!» necesitan a una persona. L resuelve lo que se cobró por otro monto."
    )

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[OpenOrder, ...] = ()
        self._table = PlainTable(
            (
                Column("Comprobante", width=14),
                Column("Recaudador", width=18),
                Column("Monto", "right", width=9),
                Column("Qué pasa", width=31),
                Column("Desde", width=16),
                Column("Asociado", width=18),
                Column("Intentos", "right", width=8),
            ),
            id="open-orders",
        )

    def compose_body(self) -> ComposeResult:
        """The list, and how many."""
        yield self._table
        yield PlainText(id="orders-state")

    def on_mount(self) -> None:
        """Read it."""
        super().on_mount()
        self.action_read_orders()

    @flow
    async def action_read_orders(self) -> None:
        """F5."""
        await self._read()

    async def _read(self) -> None:
        self._rows = await self.call(open_orders, OpenOrders())
        self._table.show_rows([(row.id, cells(row)) for row in self._rows])
        attention = sum(row.attention for row in self._rows)
        text = f"{len(self._rows)} en proceso, {attention} por revisar." if self._rows else NONE_OPEN
        self.query_one("#orders-state", PlainText).show(text)
        self.refresh_commands()

    def disabled_reason(self, command: CommandClass) -> str | None:
        """The letters act on a row."""
        return NONE_OPEN if command in (AskNow, GiveUp, SettleIt) and not self._rows else None

    @flow
    async def action_ask_now(self) -> None:
        """P."""
        done = await self.call(ask_again, AskAgain(self._current().id))
        await self._read()
        self._tell(done)

    @flow
    async def action_give_up(self) -> None:
        """R."""
        row = self._current()
        reasons = (*(Reason(text, text) for text in reasons_for(Op.BILLER_WITHDRAW)), OTHER)
        what = f"{row.number} · {row.biller} {row.reference} · {Money(row.amount).with_symbol()}"
        effect = "Si la pasarela ya la tiene, queda como esté allá; si no, el dinero vuelve a la cuenta."
        given = await self.app.push_screen_wait(ReasonDialog("Retirar la orden", reasons, summary=(what, effect)))
        if given is None:
            return
        label = "" if given.code == OTHER.code else given.code
        reason = ": ".join(part for part in (label, given.text) if part)
        done = await self.call(withdraw_order, WithdrawOrder(row.id, reason))
        await self._read()
        self._tell(done)

    @flow
    async def action_settle_charge(self) -> None:
        """L."""
        done = await settle_wrong_charge(self, self._current().id)
        if done is not None:
            await self._read()
            self.say(settled_text(done))

    def _current(self) -> OpenOrder:
        key = self._table.current_key
        return next(row for row in self._rows if row.id == key)

    def _tell(self, done: Attempted) -> None:
        self.say(ENDS.get(done.state, STILL_OPEN), "information" if done.state in ENDS else "warning")


def cells(row: OpenOrder) -> tuple[str, ...]:
    """One order; «!» tells that a person should look."""
    return (
        f"{'! ' if row.attention else ''}{row.number}",
        f"{row.biller} {row.reference}",
        Money(row.amount).format(),
        row.trouble,
        format_datetime(row.since),
        f"{row.member_number} {row.holder}",
        str(row.attempts),
    )
