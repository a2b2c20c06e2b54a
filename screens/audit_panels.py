"""What the audit console draws: its table, an event in one line, the day's activity, the bar of a proof."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from textual.binding import Binding
from textual.message import Message
from textual.widgets import Input

from data.values.dates import format_date, to_panama
from services.audit_completion import completions
from services.audit_filter import HELP
from widgets.house_input import TextInput
from widgets.plain_table import Column, PlainTable

if TYPE_CHECKING:
    from services.audit_body import AuditRow

BAR_CELLS = 30
LEVELS = "▁▂▃▄▅▆▇█"
#: The words of the filter line, in the order in which the arrows go through them.
PIVOTS = ("agente", "acción", "socio", "resultado", "monto", "terminal", "caso", "día")
COLUMNS = (
    Column("Hora", width=14),
    Column("Quién", width=12),
    Column("Qué", width=22),
    Column("Asoc.", width=6),
    Column("Resultado", width=10),
    Column("", width=2),
)


class AuditTable(PlainTable):
    """The events. Left and right choose which value of the row a filter would take."""

    BINDINGS = [
        Binding("left,h", "other_value(-1)", show=False),
        Binding("right,l", "other_value(1)", show=False),
    ]
    help_text = "Arriba y abajo (o k y j) eligen el evento; izquierda y derecha, el dato que toman F y P."

    @dataclass
    class ValueChosen(Message):
        """The arrows went to the next (1) or the former (-1) value."""

        table: AuditTable
        step: int

        @property
        def control(self) -> AuditTable:
            """The table, for `@on` selectors."""
            return self.table

    def __init__(self) -> None:
        super().__init__(COLUMNS, id="events")

    def action_other_value(self, step: int) -> None:
        """Tell the screen."""
        self.post_message(self.ValueChosen(self, step))


class FilterLine(TextInput):
    """The filter. Tab completes its last word; the proposals stand below while it is typed."""

    BINDINGS = [Binding("tab", "complete", show=False)]

    def __init__(self, people: Callable[[], Sequence[str]]) -> None:
        super().__init__(
            id="audit-filter", placeholder="F3: agente:… acción:… resultado:… desde:…   Tab completa", help_text=HELP
        )
        self._people = people

    def proposals(self) -> tuple[str, ...]:
        """Whole lines that go on from what stands there."""
        return completions(self.value, self._people())

    def action_complete(self) -> None:
        """Take the first proposal; without one go on to the table."""
        if found := self.proposals():
            self.value = found[0]
            self.cursor_position = len(self.value)
        else:
            self.screen.focus_next()

    def show_line(self, line: str) -> None:
        """Put a line there that nobody typed."""
        with self.prevent(Input.Changed):
            self.value = line
        self.cursor_position = len(line)


def cells(row: AuditRow) -> tuple[str, str, str, str, str, str]:
    """An event in one line; at its end ✓ for a mark and ✎ for comments."""
    signs = ("✓" if row.reviewed else "") + ("✎" if row.comments else "")
    return f"{to_panama(row.at):%d/%m %H:%M:%S}", row.who, row.action, row.member_number or "", row.result, signs


def event_lines(row: AuditRow) -> tuple[str, ...]:
    """The whole event: its place in the chain, who marked it, what it says, the thread below it."""
    head = f"Evento {row.seq if row.seq is not None else 'sin sello aún'}"
    if row.reviewed:
        head += f"   ✓ {', '.join(row.reviewed)}"
    thread = ("", "Comentarios:", *row.comments) if row.comments else ()
    return (head, *row.lines, *thread)


def bar(done: int, total: int) -> str:
    """Progress without colour: `██████░░░░  60 % (600 de 1,000)`."""
    share = min(1.0, done / total) if total else 0.0
    full = int(share * BAR_CELLS)
    return f"{'█' * full}{'░' * (BAR_CELLS - full)} {round(share * 100):>3} % ({done:,} de {total:,})"


def spark(counts: Sequence[int]) -> str:
    """One sign an hour or a day, higher for more; a blank for nothing: ` ▂█ `."""
    most = max(counts, default=0)
    return "".join(" " if not count else LEVELS[max(0, -(-count * len(LEVELS) // most) - 1)] for count in counts)


def activity(day: date | None, hours: Sequence[int]) -> str:
    """`23/11/2026  0h│  ▁▂█▃  │23h  1,204 eventos`."""
    if day is None:
        return ""
    many = sum(hours)
    return f"{format_date(day)}  0h│{spark(hours)}│23h  {many:,} evento{'' if many == 1 else 's'} en el día"
