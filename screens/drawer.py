"""A cashier's own drawer: open it, move cash, count it blind and close it (C13)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, Literal

from textual.app import ComposeResult

from data.values.dates import format_time
from data.values.money import Money
from screens.base import Back, BaseScreen
from screens.count import Counted, CountScreen
from screens.dialogs.second_person import SecondPersonDialog
from screens.drawer_commands import (
    AcceptHandover,
    CloseAndKeep,
    CloseOwnDrawer,
    DeclineHandover,
    FromVault,
    HandOver,
    OpenOwnDrawer,
    RefreshDrawer,
    ToVault,
)
from screens.drawer_report import DifferenceScreen, DrawerReportScreen
from screens.flow import flow
from screens.record_mends import KeptKeys
from services.cash_count import CashCount
from services.drawer_handovers import Handover, OfferCash, SettleHandover, handovers, offer_cash, settle_handover
from services.drawer_moves import MoveCash, move_cash
from services.drawer_report import difference_text
from services.drawers import CloseDrawer, Closing, DrawerState, OpenDrawer, close_drawer, my_drawer, open_drawer
from services.errors import NotPermitted, SecondFactorNeeded, SecondPersonNeeded, SignInRefused
from services.operator import Operator
from services.unit_of_work import UnitOfWork
from services.vault_hands import SecondPerson
from widgets.command import CommandClass
from widgets.panel import Panel
from widgets.plain_table import Column, PlainTable
from widgets.text import PlainText

CLOSED = "Su caja está cerrada. Ábrala con A."
ALREADY = "Su caja ya está abierta."
NOTHING_WAITS = "No hay traslados que esperen."
AGAIN = (SignInRefused, SecondFactorNeeded, SecondPersonNeeded, NotPermitted)
"""Refusals of a second person that are asked about once more."""

UseCase = Callable[[Any, Operator, UnitOfWork], Any]


class DrawerScreen(BaseScreen[None]):
    """What the drawer is now, and what waits between drawers. How much should be in it is not shown."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (
        OpenOwnDrawer,
        CloseOwnDrawer,
        CloseAndKeep,
        FromVault,
        ToVault,
        HandOver,
        AcceptHandover,
        DeclineHandover,
        RefreshDrawer,
        Back,
    )
    AUTO_FOCUS = "#handovers"
    HELP = (
        "Su caja. A la abre, C la cierra y G la cierra dejando el efectivo en ella. D trae y B lleva efectivo a la"
        " bóveda; T lo entrega a otra caja. Los traslados que esperan respuesta están en la lista: R recibe, N no."
    )

    def __init__(self) -> None:
        super().__init__()
        self._state: DrawerState | None = None
        self._waiting: tuple[Handover, ...] = ()
        self._keys = KeptKeys()
        self._table = PlainTable(
            (Column("Hora", width=5), Column("Traslado", width=30), Column("Monto", "right", 14)), id="handovers"
        )

    def compose_body(self) -> ComposeResult:
        """The state and the list."""
        yield Panel("Mi caja", PlainText(multiline=True, id="drawer-state"), id="drawer-panel")
        yield Panel("Traslados que esperan", self._table, id="handover-panel")

    def on_mount(self) -> None:
        """Read it."""
        super().on_mount()
        self.read()

    @flow
    async def read(self) -> None:
        """Read the drawer and what waits."""
        await self._reload()

    async def _reload(self) -> None:
        self._state = await self.call(my_drawer)
        self._waiting = await self.call(handovers)
        self.query_one("#drawer-state", PlainText).show(state_text(self._state))
        self._table.show_rows([(one.handover_id, handover_cells(one)) for one in self._waiting])
        self.refresh_commands()

    def disabled_reason(self, command: CommandClass) -> str | None:
        """Open once, everything else while it is open."""
        if command in (Back, RefreshDrawer):
            return None
        is_open = self._state is not None and self._state.is_open
        if command is OpenOwnDrawer:
            return ALREADY if is_open else None
        if not is_open:
            return CLOSED
        if command in (AcceptHandover, DeclineHandover) and not self._waiting:
            return NOTHING_WAITS
        if command is AcceptHandover and (chosen := self._chosen()) is not None and chosen.mine:
            return "Ese traslado lo ofrece usted: lo recibe la otra persona."
        return None

    def _chosen(self) -> Handover | None:
        return next((one for one in self._waiting if one.handover_id == self._table.current_key), None)

    def action_refresh_drawer(self) -> None:
        """F5."""
        self.read()

    # Opening and closing ---------------------------------------------------------------------------

    @flow
    async def action_open_own_drawer(self) -> None:
        """A."""
        counted = await self._count("Abrir la caja", "Cuente el efectivo con que empieza.")
        if counted is None:
            return
        state = await self._signed(
            "Sacar de la bóveda",
            counted.count,
            "open",
            open_drawer,
            lambda key, second: OpenDrawer(key, counted.count, second),
        )
        if state is None:
            return
        await self._reload()
        if state.difference:
            text = f"Caja abierta. {difference_text(state.difference)} de lo que había quedado: quedó registrado."
            self.say(text, "warning")
        else:
            self.say("Caja abierta.")

    @flow
    async def action_close_own_drawer(self) -> None:
        """C."""
        await self._close(keep=False)

    @flow
    async def action_close_and_keep(self) -> None:
        """G."""
        await self._close(keep=True)

    async def _close(self, *, keep: bool) -> None:
        where = "Queda en la caja." if keep else "Va a la bóveda."
        while (counted := await self._count("Cerrar la caja", f"Cuente todo el efectivo. {where}")) is not None:
            closing = await self._count_and_close(counted.count, keep=keep, stands=False)
            if not closing.closed:
                answer = await self.app.push_screen_wait(DifferenceScreen(closing))
                if answer == "recount":
                    continue
                if answer is None:
                    break
                closing = await self._count_and_close(counted.count, keep=keep, stands=True)
            await self._reload()
            if closing.report is not None:
                await self.app.push_screen_wait(DrawerReportScreen(closing.report))
            self.say(f"Caja cerrada. Diferencia: {difference_text(closing.difference)}.")
            return
        await self._reload()

    async def _count_and_close(self, count: CashCount, *, keep: bool, stands: bool) -> Closing:
        with self._keys.use(("close", count, keep, stands)) as key:
            return await self.call(close_drawer, CloseDrawer(key, count, keep, stands))

    # Moving ----------------------------------------------------------------------------------------

    @flow
    async def action_from_vault(self) -> None:
        """D."""
        await self._move("from_vault", "De la bóveda a la caja")

    @flow
    async def action_to_vault(self) -> None:
        """B."""
        await self._move("to_vault", "De la caja a la bóveda")

    async def _move(self, direction: Literal["from_vault", "to_vault"], title: str) -> None:
        counted = await self._count(title, "Cuente lo que se mueve.")
        if counted is None:
            return
        receipt = await self._signed(
            title,
            counted.count,
            direction,
            move_cash,
            lambda key, second: MoveCash(key, direction, counted.count, second),
        )
        if receipt is not None:
            await self._reload()
            self.say(f"{title}: {Money(receipt.amount).with_symbol()}, comprobante {receipt.number}.")

    @flow
    async def action_hand_over(self) -> None:
        """T."""
        counted = await self._count("Entregar a otra caja", "Cuente lo que entrega.", ask_to=True)
        if counted is None:
            return
        with self._keys.use(("offer", counted)) as key:
            await self.call(offer_cash, OfferCash(key, counted.to, counted.count))
        await self._reload()
        self.say("Traslado ofrecido: el efectivo sigue en su caja hasta que lo reciban.")

    @flow
    async def action_accept_handover(self) -> None:
        """R."""
        if (chosen := self._chosen()) is not None:
            receipt = await self.call(settle_handover, SettleHandover(chosen.handover_id, "accept"))
            await self._reload()
            self.say(f"Recibido de {chosen.other}, comprobante {receipt.number}." if receipt else "Recibido.")

    @flow
    async def action_decline_handover(self) -> None:
        """N."""
        if (chosen := self._chosen()) is not None:
            answer: Literal["withdraw", "refuse"] = "withdraw" if chosen.mine else "refuse"
            await self.call(settle_handover, SettleHandover(chosen.handover_id, answer))
            await self._reload()
            self.say("Traslado sin efecto.")

    # Asking ----------------------------------------------------------------------------------------

    async def _count(self, title: str, *lines: str, ask_to: bool = False) -> Counted | None:
        return await self.app.push_screen_wait(CountScreen(title, *lines, ask_to=ask_to))

    async def _signed(
        self,
        title: str,
        count: CashCount,
        what: str,
        use_case: UseCase,
        command: Callable[[str, SecondPerson | None], Any],
    ) -> Any:
        """Call it; where a second person must be there, ask them to sign until they do or leave (None)."""
        second, error, username = None, "", ""
        with self._keys.use((what, count)) as key:
            while True:
                try:
                    return await self.call(use_case, command(key, second))
                except AGAIN as refused:
                    if second is None and not isinstance(refused, SecondPersonNeeded):
                        raise
                    error = refused.user_text if second is not None else ""
                lines = (f"Monto: {Money(count.total).with_symbol()}", "Un supervisor está presente y firma aquí.")
                signed = await self.app.push_screen_wait(
                    SecondPersonDialog(title, lines, username=username, error=error)
                )
                if signed is None:
                    return None
                username, second = signed.username, SecondPerson(signed.username, signed.password, signed.code)


def state_text(state: DrawerState) -> str:
    """What the panel says, a fact a line."""
    if not state.is_open or state.opened_at is None:
        return "○ Cerrada"
    lines = [
        f"● Abierta desde las {format_time(state.opened_at)}",
        f"Apertura  {Money(state.opening).with_symbol()}",
        f"Operaciones  {state.operations}",
    ]
    if state.expected is not None:
        lines.append(f"Debe haber  {Money(state.expected).with_symbol()}")
    if state.tries:
        lines.append(f"Conteos que no cuadraron  {state.tries} de {state.counts}")
    return "\n".join(lines)


def handover_cells(one: Handover) -> tuple[str, str, str]:
    """A transfer between drawers in one line."""
    side = f"usted → {one.other}" if one.mine else f"{one.other} → usted"
    return format_time(one.at), side, Money(one.amount).with_symbol()
