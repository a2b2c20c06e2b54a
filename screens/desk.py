"""The desk (Mostrador): one box that finds whoever calls, who waits for activation, and the day so far."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from rich.text import Text
from textual import events, on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from data.values.dates import format_time, panama_date
from screens.desk_commands import (
    Conciliate,
    DrawersOfTheDay,
    LeaveDesk,
    LocalMail,
    OpenChosen,
    OrdersInProcess,
    OwnDrawer,
    People,
    ReadTheAudit,
    RefreshDesk,
    ReportedCash,
    Search,
    StrangeImages,
    of_the_record,
)
from screens.desk_watch import WatchFromDesk
from screens.flow import background_flow, flow
from screens.staff_shell import StaffShell, staff_shell
from services.activation_queue import DaySummary, QueueRow, day_summary, pending_activations
from services.drawers import DrawerState, my_drawer
from services.errors import NotFound, RateLimited
from services.lookup import Find, FindResult, MemberHit, find
from services.operations import Op
from widgets.command import CommandClass
from widgets.countdown import remaining
from widgets.house_input import TextInput
from widgets.panel import Panel
from widgets.plain_table import Column, PlainTable
from widgets.search_table import SearchTable
from widgets.text import PlainText, safe

if TYPE_CHECKING:
    from datetime import datetime

REFRESH_SECONDS = 20
HINT = "asociado · cliente · cédula · cuenta"
SEARCH_HELP = (
    "Escriba el número de asociado o cliente, la cédula en cualquier forma o un número de cuenta, y pulse Enter. "
    "Con una sola coincidencia se abre la ficha. Si su rol lo permite, también el nombre."
)


class Desk(WatchFromDesk):
    """The home of everybody who serves members."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (
        Search,
        OpenChosen,
        RefreshDesk,
        ReadTheAudit,
        People,
        Conciliate,
        OrdersInProcess,
        StrangeImages,
        OwnDrawer,
        DrawersOfTheDay,
        ReportedCash,
        LocalMail,
        LeaveDesk,
    )
    CSS_PATH = "desk.tcss"
    line_elsewhere = of_the_record
    AUTO_FOCUS = "#search"
    HELP = SEARCH_HELP

    def __init__(self) -> None:
        super().__init__()
        self._search = TextInput(id="search", placeholder=HINT, help_text=SEARCH_HELP, passthrough=":/?")
        self._search.error_listener = lambda text: self.say(text, "warning")
        self._hits = SearchTable(
            (Column("Número", width=8), Column("Nombre", width=22), Column("Cédula", width=13), Column("Acceso")),
            id="hits",
        )
        self._queue = SearchTable(
            (Column("Hora", width=11), Column("Número", width=8), Column("Vía", width=9), Column("Edad", "right", 7)),
            id="queue",
        )
        self._day = PlainText(multiline=True, id="day")
        self._queue_panel = Panel("Esperan activación", self._queue, id="queue-panel")

    @property
    def staff(self) -> StaffShell:
        """The program around this screen."""
        return staff_shell(self)

    def compose_body(self) -> ComposeResult:
        """The box, whom it found, and the two panels."""
        yield Panel("Buscar", self._search, id="search-panel")
        yield self._hits
        with Horizontal(id="desk-panels"):
            yield self._queue_panel
            with Vertical(id="day-side"):
                yield Panel("Mi día", self._day, id="day-panel")
        yield PlainText(id="mail-note")

    def on_mount(self) -> None:
        """Fill the panels and follow them."""
        super().on_mount()
        self._hits.display = False
        if self.staff.mail_folder is not None:
            self.query_one("#mail-note", PlainText).show(
                "Correo en la carpeta local: nada sale de esta máquina. F8 lo muestra."
            )
        self._queue_panel.display = self._serves
        self.query_one("#day-panel").display = self._serves
        self.refresh_panels()
        self.set_interval(REFRESH_SECONDS, self._by_itself)

    @property
    def _serves(self) -> bool:
        return self._may(Op.QUEUE_VIEW)

    def _may(self, op: Op) -> bool:
        return bool(self.staff.uow.policy.operations[op].roles & self.staff.operator.roles)

    def on_screen_resume(self) -> None:
        """Back from a record: nothing of that member stays, and the queue may have moved."""
        super().on_screen_resume()
        if self.is_mounted:
            self.refresh_panels()

    # Finding ---------------------------------------------------------------------------------------

    def on_key(self, event: events.Key) -> None:
        """Typing anywhere goes to the box; arrows go between the box and the lists."""
        if self.focused is self._search:
            if event.key == "down" and (table := self._first_table()) is not None:
                event.stop()
                table.focus()
            return
        if event.is_printable and event.character and event.character not in ":/?":
            event.stop()
            event.prevent_default()
            self._search.focus()
            self._search.insert_text_at_cursor(event.character)

    def _first_table(self) -> SearchTable | None:
        return next((table for table in (self._hits, self._queue) if table.display and table.row_count), None)

    def action_search(self) -> None:
        """F3."""
        self._search.focus()

    def line_search(self, arguments: str) -> None:
        """`:buscar 50012`."""
        self._search.value = arguments
        self._find()

    def action_open_chosen(self) -> None:
        """Enter where no field and no list takes it."""
        self._find()

    @on(Input.Submitted, "#search")
    def _submitted(self) -> None:
        self._find()

    @flow
    async def _find(self) -> None:
        typed = self._search.value.strip()
        if not typed:
            self.say("Escriba un número, una cédula o una cuenta y pulse Enter.", "warning")
            return
        if (reason := self.reason_against(Search)) is not None:
            self.say(reason, "warning")
            return
        self.hush()
        self._show_hits(())
        try:
            found = await self.call(find, Find(typed))
        except (NotFound, RateLimited) as error:
            self.say(error.user_text, "warning")
            self._search.select_all()  # What was typed stays, to be mended or typed over.
            return
        self._show(found)

    def _show(self, found: FindResult) -> None:
        if len(found.hits) == 1:
            self._open(found.hits[0].member_id)
            return
        self._show_hits(found.hits)
        self._hits.focus()
        more = " Hay más: escriba otro apellido." if found.more else ""
        self.say(f"{len(found.hits)} coincidencias. Elija con las flechas y pulse Enter.{more}")

    def _show_hits(self, hits: tuple[MemberHit, ...]) -> None:
        self._hits.show_rows([(str(hit.member_id), (hit.number, hit.name, hit.cedula, hit.access)) for hit in hits])
        self._hits.display = bool(hits)

    @on(PlainTable.RowChosen)
    def _chosen(self, event: PlainTable.RowChosen) -> None:
        self._open(int(event.key))

    def _open(self, member_id: int) -> None:
        self._search.value = ""
        self._show_hits(())
        self.hush()
        self._search.focus()
        self.staff.open_record(member_id)

    # The panels ------------------------------------------------------------------------------------

    def _by_itself(self) -> None:
        if self.is_current:
            self.refresh_panels()

    def action_refresh_desk(self) -> None:
        """F5."""
        self.refresh_panels()

    @background_flow
    async def refresh_panels(self) -> None:
        """Read the queue and the day; neither counts as a sign of life."""
        if not self._serves:
            return
        queue = await self.call(pending_activations)
        summary = await self.call(day_summary)
        drawer = await self.call(my_drawer) if self._may(Op.DRAWER_WORK) else None
        now = self.shell.now()
        self._queue_panel.retitle(f"Esperan activación · {len(queue)}")
        self._queue.show_rows([(str(row.member_id), queue_cells(row, now)) for row in queue])
        self._day.show(day_text(summary, drawer))

    # Elsewhere -------------------------------------------------------------------------------------

    def disabled_reason(self, command: CommandClass) -> str | None:
        """The local mail is there only while no mail server is."""
        if command is LocalMail and self.staff.mail_folder is None:
            return "El correo sale por el servidor; no hay carpeta local."
        return super().disabled_reason(command)

    def action_read_the_audit(self) -> None:
        """F6."""
        from screens.audit_list import AuditList

        self.app.push_screen(AuditList())

    def action_people(self) -> None:
        """F7."""
        from screens.staff_list import StaffList

        self.app.push_screen(StaffList())

    def action_conciliate(self) -> None:
        """`:conciliar`."""
        from screens.reconciliation import ReconciliationScreen

        self.app.push_screen(ReconciliationScreen())

    def action_orders_in_process(self) -> None:
        """`:ordenes`."""
        from screens.open_orders import OpenOrdersScreen

        self.app.push_screen(OpenOrdersScreen())

    def action_strange_images(self) -> None:
        """`:imagenes`."""
        from screens.image_reports import ImageReportsScreen

        self.app.push_screen(ImageReportsScreen())

    def action_own_drawer(self) -> None:
        """Ctrl+G."""
        from screens.drawer import DrawerScreen

        self.app.push_screen(DrawerScreen())

    def action_drawers_of_the_day(self) -> None:
        """`:cajas`."""
        from screens.drawers_of_day import DrawersScreen

        self.app.push_screen(DrawersScreen())

    def action_reported_cash(self) -> None:
        """`:efectivo`."""
        from screens.cash_marks import CashMarksScreen

        self.app.push_screen(CashMarksScreen())

    def action_local_mail(self) -> None:
        """F8."""
        from screens.mailbox import Mailbox

        if (folder := self.staff.mail_folder) is not None:
            self.app.push_screen(Mailbox(folder, self.staff.sms_folder))

    def pending_work(self) -> str:
        """A number in the box is nothing to ask about."""
        return ""

    async def action_back(self) -> None:
        """Esc: an empty box first, the way out then."""
        if self._search.value or self._hits.display:
            self._search.value = ""
            self._show_hits(())
            self.hush()
            self._search.focus()
        else:
            self.say("Para cerrar su sesión escriba :salir; F10 cierra el programa.")


def queue_cells(row: QueueRow, now: datetime) -> tuple[str, str, str, str]:
    """One who waits: since when, number, route, age."""
    day, since = panama_date(row.requested_at), format_time(row.requested_at)
    if day != panama_date(now):
        since = f"{day:%d/%m} {since}"
    return since, row.number, row.route, age(row.age_minutes)


def age(minutes: int) -> str:
    """How long somebody waits: `8 min`, `3 h`, `2 d`."""
    if minutes < 60:
        return f"{minutes} min"
    return f"{minutes // 60} h" if minutes < 48 * 60 else f"{minutes // (24 * 60)} d"


def day_text(day: DaySummary, drawer: DrawerState | None = None) -> Text:
    """The day, a fact a line; of who has a drawer, that it is open and since when."""
    average = remaining(day.average_seconds).removeprefix("0")
    facts = [
        (day.cases, "llamada", "llamadas", f" · {average} prom." if day.cases else ""),
        (day.activations, "activación", "activaciones", ""),
        (day.payments, "operación", "operaciones", ""),
    ]
    if day.waiting:
        facts.append((day.waiting, "espera aprobación", "esperan aprobación", ""))
    lines = [f"{count:>3} {one if count == 1 else many}{rest}" for count, one, many, rest in facts]
    if day.image_reports:
        many = "aviso" if day.image_reports == 1 else "avisos"
        lines.append(f"!{day.image_reports:>2} {many}  :imagenes")
    if day.follow_ups:
        lines.append(f"▲{day.follow_ups:>2} para hoy  :casos")
    if drawer is not None:
        since = f"abierta {format_time(drawer.opened_at)}" if drawer.opened_at else "cerrada"
        lines.append(f"  {'●' if drawer.is_open else '○'} caja {since}")
    return Text("\n").join([safe(line, multiline=True) for line in lines])
