"""Who did what with a member: staff, the member, the program itself."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult

from data.values.dates import format_datetime
from screens.flow import flow
from screens.layout import WIDE_COLUMNS
from screens.member_screen import MemberScreen
from services.moments import short_moment
from services.timeline import MOST, MemberTimeline, TimelineRow, member_timeline
from widgets.command import Command, CommandClass
from widgets.panel import Panel
from widgets.plain_table import Column, PlainTable
from widgets.text import PlainText

WIDE_CELLS = 5
KIND_GLYPHS = {"personal": "●", "asociado": "◆", "sistema": "·"}


class WithViews(Command):
    """Muestra u oculta también las consultas: quién miró."""

    id = "with_views"
    label = "Consultas"
    keys: ClassVar[tuple[str, ...]] = ("c",)
    footer = True


class TimelineScreen(MemberScreen[None]):
    """Newest first; the whole of the marked row beneath."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (WithViews,)
    AUTO_FOCUS = "#timeline"
    HELP = (
        "Lo hecho con este asociado, lo último arriba: ● personal, ◆ el asociado, · el sistema. C agrega quién lo"
        " consultó. Debajo se lee entera la fila marcada, con su motivo."
    )
    DEFAULT_CSS = """
    TimelineScreen Panel { height: 1fr; }
    TimelineScreen #timeline { height: 1fr; max-height: 100%; }
    TimelineScreen #timeline-detail { height: 3; padding: 0 1; color: $text-muted; }
    """

    def __init__(self, member_id: int) -> None:
        super().__init__()
        self.member_id, self.views = member_id, False
        self._rows: tuple[TimelineRow, ...] = ()

    def compose_body(self) -> ComposeResult:
        """One table, one detail."""
        wide = self.app.size.width >= WIDE_COLUMNS
        columns: tuple[Column, ...] = (
            Column("Cuándo", width=16 if wide else 11),
            Column("Quién", width=18 if wide else 14),
            Column("Qué", width=48 if wide else 28),
            Column("Resultado", width=12 if wide else 9),
        )
        if wide:
            columns = (*columns, Column("Canal", width=10))
        yield Panel("Historial", PlainTable(columns, id="timeline"), id="timeline-panel")
        yield PlainText(multiline=True, id="timeline-detail")

    def on_mount(self) -> None:
        """Read what is there."""
        super().on_mount()
        self.load()

    @flow
    async def load(self) -> None:
        """Read and show."""
        self._rows = await self.call(member_timeline, MemberTimeline(self.member_id, limit=MOST, views=self.views))
        cells = [(str(at), self._cells(row)) for at, row in enumerate(self._rows)]
        self.query_one("#timeline", PlainTable).show_rows(cells)
        note = f"los últimos {MOST}" if len(self._rows) == MOST else f"{len(self._rows)} en total"
        self.query_one("#timeline-panel", Panel).retitle("Historial con consultas" if self.views else "Historial", note)

    def _cells(self, row: TimelineRow) -> tuple[str, ...]:
        who = f"{KIND_GLYPHS.get(row.kind, '')} {row.who}"
        if len(self.query_one(PlainTable).columns) == WIDE_CELLS:
            return format_datetime(row.at), who, row.what, row.result, row.channel
        return short_moment(row.at, self.shell.now()), who, row.what, row.result

    @on(PlainTable.RowMarked, "#timeline")
    def _marked(self, event: PlainTable.RowMarked) -> None:
        row = self._rows[int(event.key)] if event.key and int(event.key) < len(self._rows) else None
        self.query_one("#timeline-detail", PlainText).show(detail(row) if row else "")

    def action_with_views(self) -> None:
        """C."""
        self.views = not self.views
        self.load()


def detail(row: TimelineRow) -> str:
    """The whole of a row."""
    line = f"{format_datetime(row.at)} · {row.who} ({row.kind}) · {row.channel}\n{row.what}: {row.result}"
    return f"{line} · {row.reason}" if row.reason else line
