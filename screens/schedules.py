"""The member's scheduled payments: what comes next, what became of the last date (req. 7)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from data.values.dates import format_date
from screens.dialogs.confirm import Confirm
from screens.flow import flow
from screens.layout import WIDE_COLUMNS, labelled
from screens.line_words import FormText
from screens.member_screen import MemberScreen
from screens.money_results import Told
from screens.payment import PaymentScreen
from screens.receipt import ReceiptScreen
from screens.schedule_form import ScheduleScreen
from services.account_view import AccountRow
from services.operations import Op
from services.payments import Prepared
from services.receipts import GetReceipt, get_receipt
from services.schedule_changes import CancelSchedule, SkipDate, cancel_schedule, skip_date
from services.schedule_list import ListSchedules, ScheduleRow, schedules
from widgets.command import Command, CommandClass
from widgets.panel import Panel
from widgets.plain_table import Column, PlainTable
from widgets.text import PlainText

ENDED = "La verificación terminó: los pagos programados ya no se muestran. Esc vuelve a la ficha."
OVER = "Ese pago ya no tiene fechas por venir."


class NewSchedule(Command):
    """Programa otro pago: los datos del pago y después cada cuánto."""

    id = "new_schedule"
    label = "Programar"
    keys: ClassVar[tuple[str, ...]] = ("n",)
    operation = Op.SCHEDULE_MANAGE.value


class SkipNext(Command):
    """Deja fuera la próxima fecha del pago marcado; las demás siguen."""

    id = "skip_next"
    label = "Omitir fecha"
    keys: ClassVar[tuple[str, ...]] = ("o",)
    operation = Op.SCHEDULE_MANAGE.value


class CancelMarked(Command):
    """Cancela el pago marcado: no se paga más."""

    id = "cancel_schedule"
    label = "Cancelar pago"
    keys: ClassVar[tuple[str, ...]] = ("x",)
    operation = Op.SCHEDULE_MANAGE.value
    dangerous = True


class LastReceipt(Command):
    """Muestra el comprobante de la última fecha del pago marcado."""

    id = "last_receipt"
    label = "Comprobante"
    keys: ClassVar[tuple[str, ...]] = ("enter",)


class PlanScreen(PaymentScreen):
    """The payment of a plan: the same form, which asks for the plan instead of a review, since funds count that day."""

    @flow
    async def review(self) -> None:
        """What is right so far goes on to how often."""
        if not await self.settle():
            return
        from widgets.fields import check_fields

        if not check_fields(self.fields()):
            return
        payment, side = self.payment(), self.target.given
        rows = [("Desde", self.source.given.text), ("Hacia", side.text)]
        rows += [("Titular", side.third.holder)] if side.third is not None else []
        done = await self.app.push_screen_wait(ScheduleScreen(payment, self.word(), rows))
        if done:
            self.dismiss(done)

    async def prepare(self) -> Prepared:
        """There is no review of its own."""
        raise NotImplementedError


class SchedulesScreen(MemberScreen[Told]):
    """The next date first; the whole of the marked one beneath."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (NewSchedule, SkipNext, CancelMarked, LastReceipt)
    AUTO_FOCUS = "#schedules"
    HELP = (
        "Los pagos que hace el programa por el asociado, el próximo arriba. N programa otro, O omite la próxima fecha"
        " del marcado, X lo cancela, Enter muestra el último comprobante."
    )
    DEFAULT_CSS = """
    SchedulesScreen #schedules-panel { height: auto; max-height: 60%; }
    SchedulesScreen #schedule-detail { height: 1fr; padding: 0 1; overflow-y: auto; }
    """

    def __init__(self, member_id: int, rows: Sequence[AccountRow]) -> None:
        super().__init__()
        self.member_id, self.accounts = member_id, tuple(rows)
        self._rows: tuple[ScheduleRow, ...] = ()

    def compose_body(self) -> ComposeResult:
        """One table, one detail."""
        wide = self.app.size.width >= WIDE_COLUMNS
        columns = (
            Column("Próxima", width=10), Column("Pago", width=44 if wide else 21),
            Column("Monto", "right", 22 if wide else 13), Column("Cuándo", width=24 if wide else 21),
        )  # fmt: skip
        yield Panel("Pagos programados", PlainTable(columns, id="schedules"), id="schedules-panel")
        yield PlainText(multiline=True, id="schedule-detail")

    def on_mount(self) -> None:
        """Read what there is."""
        super().on_mount()
        self.load()

    @flow
    async def load(self) -> None:
        """Read and show."""
        await self._read()

    async def _read(self) -> None:
        self._rows = await self.call(schedules, ListSchedules(self.member_id))
        self.shows_verified = True
        cells = [
            (row.id, (_next(row), f"! {row.label}" if row.trouble else row.label, row.amount, row.plan))
            for row in self._rows
        ]
        self.query_one("#schedules", PlainTable).show_rows(cells)
        self.query_one("#schedules-panel", Panel).retitle(
            "Pagos programados", "" if cells else "Ninguno: N programa el primero"
        )
        self._show_marked()

    def verification_ended(self) -> None:
        """What only a verified caller hears goes."""
        self._rows = ()
        self.query_one("#schedules", PlainTable).show_rows([])
        self._show_marked()
        self.say(ENDED, "warning")

    def _marked(self) -> ScheduleRow | None:
        key = self.query_one("#schedules", PlainTable).current_key
        return next((row for row in self._rows if row.id == key), None)

    @on(PlainTable.RowMarked, "#schedules")
    def _show_marked(self) -> None:
        row, detail = self._marked(), self.query_one("#schedule-detail", PlainText)
        if row is None:
            detail.show("")
        else:
            rows = [
                ("Operación", row.kind_title), ("Desde", row.source), ("Hacia", row.target), ("Titular", row.holder),
                ("Monto", row.amount), ("Cuándo", row.plan), ("Termina", row.ends),
                *zip(("Última fecha", "Antes", ""), row.past, strict=False),
            ]  # fmt: skip
            detail.show(labelled([(label, value) for label, value in rows if value], max(20, self.size.width - 4)))
        self.refresh_commands()

    def disabled_reason(self, command: CommandClass) -> str | None:
        """What the marked one still allows."""
        if command not in (SkipNext, CancelMarked, LastReceipt):
            return None
        row = self._marked()
        if row is None:
            return "No hay un pago marcado."
        if command is SkipNext:
            return None if row.next_on is not None else OVER
        if command is CancelMarked:
            return None if row.can_change else OVER
        return None if row.operation_id is not None else "Todavía no hay comprobante de ese pago."

    # Acts -----------------------------------------------------------------------------------------

    @flow
    async def action_new_schedule(self) -> None:
        """N."""
        done = await self.app.push_screen_wait(PlanScreen(self.member_id, self.accounts, FormText(), title="Programar"))
        if done:
            await self._read()
            self.say(done.text)

    @flow
    async def action_skip_next(self) -> None:
        """O."""
        row = self._marked()
        if row is None or row.next_on is None or row.next_day is None:
            return
        lines = (
            f"{row.label}, {row.amount}.",
            f"No se pagará el {format_date(row.next_day)}; las demás fechas siguen.",
        )
        if await self.app.push_screen_wait(Confirm("¿Omitir la próxima fecha?", lines, accept="Omitir")):
            done = await self.call(skip_date, SkipDate(self.member_id, row.id, row.next_on))
            await self._read()
            self.say(done.text)

    @flow
    async def action_cancel_schedule(self) -> None:
        """X."""
        if (row := self._marked()) is None:
            return
        lines = (f"{row.label}, {row.amount}, {row.plan}.", "No se pagará más. Para volver a hacerlo se programa otro.")
        question = Confirm("¿Cancelar el pago programado?", lines, accept="Cancelar pago", dangerous=True)
        if await self.app.push_screen_wait(question):
            done = await self.call(cancel_schedule, CancelSchedule(self.member_id, row.id))
            await self._read()
            self.say(done.text)

    @on(PlainTable.RowChosen, "#schedules")
    async def _chosen(self) -> None:
        await self.run_command(LastReceipt)

    @flow
    async def action_last_receipt(self) -> None:
        """Enter."""
        row = self._marked()
        if row is not None and row.operation_id is not None:
            self.app.push_screen(ReceiptScreen(await self.call(get_receipt, GetReceipt(row.operation_id))))


def _next(row: ScheduleRow) -> str:
    """The day on which it is carried out next, or how it ended."""
    return format_date(row.next_day) if row.next_day else row.state_text
