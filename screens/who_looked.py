"""Who looked at a member, and whom a person looked at, by day (req. 48)."""

from __future__ import annotations

from datetime import date, timedelta
from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from data.values.dates import format_date, format_time, panama_date
from screens.base import Back, BaseScreen
from screens.flow import flow
from screens.layout import WIDE_COLUMNS
from services.looks import DAYS, LookRow, LooksPage, ReadLooks, read_looks
from services.operations import Op
from widgets.command import Command, CommandClass
from widgets.plain_table import Column, PlainTable
from widgets.text import PlainText

NOBODY = "Nadie miró en esos días."


class EarlierDays(Command):
    """Muestra los días anteriores."""

    id = "earlier_days"
    label = "Antes"
    keys: ClassVar[tuple[str, ...]] = ("[", "pageup")
    operation = Op.LOOKS_VIEW.value
    footer = True


class LaterDays(Command):
    """Muestra los días siguientes."""

    id = "later_days"
    label = "Después"
    keys: ClassVar[tuple[str, ...]] = ("]", "pagedown")
    operation = Op.LOOKS_VIEW.value
    footer = True


class OtherSide(Command):
    """De quien miró a todo lo que esa persona miró, o del asociado a todos los que lo miraron. Esc vuelve."""

    id = "other_side"
    label = "El otro lado"
    keys: ClassVar[tuple[str, ...]] = ("p", "enter")
    operation = Op.LOOKS_VIEW.value


class LooksInAudit(Command):
    """Abre en la auditoría los eventos de esa persona con ese asociado ese día."""

    id = "looks_in_audit"
    label = "Eventos"
    keys: ClassVar[tuple[str, ...]] = ("e",)
    operation = Op.AUDIT_READ.value


class WhoLookedScreen(BaseScreen[None]):
    """A month of looks; each read of it is an event itself."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (OtherSide, LooksInAudit, EarlierDays, LaterDays, Back)
    AUTO_FOCUS = "#looks"
    HELP = (
        "Quién consultó los datos de un asociado, o a quiénes consultó una persona, por día y con cuántas consultas."
        " «solo miró»: ese día no preguntó, verificó ni hizo nada con el asociado. Ver esto también queda registrado."
    )
    DEFAULT_CSS = """
    WhoLookedScreen #looks-title { height: 1; padding: 0 1; text-style: bold; }
    WhoLookedScreen #looks { height: 1fr; }
    WhoLookedScreen #looks-detail { height: 2; padding: 0 1; color: $text-muted; }
    """

    def __init__(self, subject: str) -> None:
        super().__init__()
        self._subject = subject
        self._until: date | None = None
        self._page: LooksPage | None = None

    def compose_body(self) -> ComposeResult:
        """Whose looks, by day, and the whole of a row."""
        wide = self.app.size.width >= WIDE_COLUMNS
        yield PlainText(id="looks-title")
        yield PlainTable(
            (
                Column("Día", width=10),
                Column("Quién", width=22 if wide else 14),
                Column("Asoc.", width=8),
                Column("Ficha", "right", 6),
                Column("Saldos", "right", 6),
                Column("Otras", "right", 5),
                Column("Total", "right", 5),
                Column("", width=16 if wide else 10),
            ),
            id="looks",
        )
        yield PlainText(id="looks-detail", multiline=True)

    def on_mount(self) -> None:
        """The last days."""
        super().on_mount()
        self.read_looks()

    @flow
    async def read_looks(self) -> None:
        """Read and show."""
        page = self._page = await self.call(read_looks, ReadLooks(self._subject, self._until))
        what = "Quién miró a" if page.of_member else "A quiénes miró"
        whom = f"{page.subject} {page.name}" if page.of_member else page.name
        more = " · hay más de 200 filas" if page.more else ""
        days = f"{format_date(page.since)} a {format_date(page.until)}"
        total = sum(row.total for row in page.rows)
        title = f"{what} {whom} · {days} · {total} consulta{'' if total == 1 else 's'}{more}"
        self.query_one("#looks-title", PlainText).show(title)
        self.query_one("#looks", PlainTable).show_rows([(str(at), cells(row)) for at, row in enumerate(page.rows)])
        self._tell(page.rows[0] if page.rows else None)
        self.refresh_commands()

    @on(PlainTable.RowMarked, "#looks")
    def _marked(self) -> None:
        self._tell(self._row)

    def _tell(self, row: LookRow | None) -> None:
        self.query_one("#looks-detail", PlainText).show(detail(row) if row else NOBODY)

    @property
    def _row(self) -> LookRow | None:
        key = self.query_one("#looks", PlainTable).current_key
        rows = self._page.rows if self._page else ()
        return rows[int(key)] if key is not None and int(key) < len(rows) else None

    def disabled_reason(self, command: CommandClass) -> str | None:
        """No day after today; the rest needs a row."""
        if command is LaterDays:
            last = self._page is None or self._page.until >= panama_date(self.shell.now())
            return "Son los últimos días." if last else None
        if command in (OtherSide, LooksInAudit) and self._row is None:
            return NOBODY
        if command is OtherSide and self._page is not None and self._page.of_member and self._own():
            return "Lo miró el propio asociado."
        return None

    def _own(self) -> bool:
        return self._row is not None and self._row.who == "asociado"

    def action_earlier_days(self) -> None:
        """[."""
        self._go(-DAYS)

    def action_later_days(self) -> None:
        """]."""
        self._go(DAYS)

    def _go(self, days: int) -> None:
        if self._page is not None:
            self._until = min(self._page.until + timedelta(days=days), panama_date(self.shell.now()))
            self.read_looks()

    def action_other_side(self) -> None:
        """P."""
        if (row := self._row) is not None and self._page is not None:
            self.app.push_screen(WhoLookedScreen(row.who if self._page.of_member else row.number))

    @on(PlainTable.RowChosen, "#looks")
    async def _chosen(self) -> None:
        await self.run_command(OtherSide)

    def action_looks_in_audit(self) -> None:
        """E."""
        if (row := self._row) is not None:
            from screens.audit_list import AuditList

            who = "" if self._own() else f"agente:{row.who} "
            self.app.push_screen(AuditList().about(f"{who}socio:{row.number} día:{format_date(row.day)}"))


def cells(row: LookRow) -> tuple[str, ...]:
    """A person, a member and a day in one line."""
    counts = (str(count or "") for count in (row.records, row.money, row.others, row.total))
    return format_date(row.day), row.who, row.number, *counts, "atendió" if row.served else "solo miró"


def detail(row: LookRow) -> str:
    """The whole of a row."""
    between = format_time(row.first)
    if row.last != row.first:
        between += f" a {format_time(row.last)}"
    did = "También lo atendió ese día." if row.served else "Ese día no preguntó, verificó ni hizo nada con el asociado."
    return f"{row.who} · {row.number} {row.member} · {format_date(row.day)}, {between}\n{did}"
