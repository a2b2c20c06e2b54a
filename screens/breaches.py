"""The register of breaches of personal data, with the 72-hour clock (req. 54)."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll

from data.values.dates import format_datetime
from screens.base import Back, BaseScreen
from screens.breach_form import BreachForm
from screens.dialogs.ask_line import AskLine
from screens.flow import flow
from screens.record_mends import KeptKeys
from screens.register_commands import (
    CloseBreach,
    NewBreach,
    ReadRegister,
    ShowClosed,
    TellAuthority,
    TellPeople,
    UpdateBreach,
)
from services.breaches import (
    FIELDS,
    STATES,
    AddToBreach,
    BreachRow,
    ListBreaches,
    RegisterBreach,
    add_to_breach,
    list_breaches,
    register_breach,
)
from widgets.command import CommandClass
from widgets.plain_table import Column, PlainTable
from widgets.text import PlainText

NEED_ROW = (UpdateBreach, TellAuthority, TellPeople, CloseBreach)


class BreachesScreen(BaseScreen[None]):
    """The oldest clock first."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (
        NewBreach,
        UpdateBreach,
        TellAuthority,
        TellPeople,
        CloseBreach,
        ShowClosed,
        ReadRegister,
        Back,
    )
    AUTO_FOCUS = "#breaches"
    HELP = (
        "Vulneraciones de datos personales. Si hay riesgo, dentro de 72 horas de conocerla se notifica a ANTAI (I) y a"
        " las personas (P). E completa lo que se va sabiendo; nada de lo registrado cambia."
    )
    DEFAULT_CSS = """
    BreachesScreen #breaches-head { height: 1; padding: 0 1; text-style: bold; }
    BreachesScreen #breaches { max-height: 40%; }
    BreachesScreen #breach-pane { padding: 1 1 0 1; height: 1fr; }
    """

    def __init__(self) -> None:
        super().__init__()
        self._rows: tuple[BreachRow, ...] = ()
        self._all = False
        self._keys = KeptKeys()
        self._table = PlainTable(
            (
                Column("Conocida", width=16),
                Column("Plazo", width=24),
                Column("Estado", width=16),
                Column("Qué", width=14),
            ),
            id="breaches",
        )

    def compose_body(self) -> ComposeResult:
        """How many, the list, the whole of the one under the cursor."""
        yield PlainText(id="breaches-head")
        yield self._table
        with VerticalScroll(id="breach-pane", can_focus=False):
            yield PlainText(id="breach", multiline=True)

    def on_mount(self) -> None:
        """What is open."""
        super().on_mount()
        self.read()

    @flow
    async def read(self) -> None:
        """Read the register."""
        await self._reload()

    async def _reload(self) -> None:
        self._rows = await self.call(list_breaches, ListBreaches(self._all))
        head = f"Vulneraciones de datos · {len(self._rows)}"
        self.query_one("#breaches-head", PlainText).show(head + (" · también las cerradas" if self._all else ""))
        self._table.show_rows([(row.breach_id, breach_cells(row)) for row in self._rows])
        self._detail()

    @property
    def _row(self) -> BreachRow | None:
        return next((row for row in self._rows if row.breach_id == self._table.current_key), None)

    @on(PlainTable.RowMarked, "#breaches")
    def _detail(self) -> None:
        row = self._row
        self.query_one("#breach", PlainText).show(breach_text(row) if row else "No hay vulneraciones abiertas.")
        self.refresh_commands()

    def disabled_reason(self, command: CommandClass) -> str | None:
        """What is closed stays as it is."""
        if command not in NEED_ROW:
            return None
        row = self._row
        if row is None:
            return "No hay una vulneración elegida."
        return "Esa vulneración ya está cerrada." if row.state == "closed" else None

    def action_read_register(self) -> None:
        """F5."""
        self.read()

    def action_show_closed(self) -> None:
        """A."""
        self._all = not self._all
        self.read()

    @flow
    async def action_new_breach(self) -> None:
        """N."""
        made = await self.app.push_screen_wait(BreachForm(None, self.shell.now()))
        if made is None:
            return
        with self._keys.use(made) as key:
            row = await self.call(register_breach, RegisterBreach(key, made.facts, made.known_at))
        await self._reload()
        self.say(f"Registrada: {row.clock}.")

    @flow
    async def action_update_breach(self) -> None:
        """E."""
        if (row := self._row) is None:
            return
        made = await self.app.push_screen_wait(BreachForm(row, self.shell.now()))
        if made is not None:
            await self._add(row, "updated", "Qué cambió", made)

    async def _add(self, row: BreachRow, state: str, title: str, made: BreachForm.Made | None = None) -> None:
        help_text = "Queda en el registro y en la auditoría, sin datos personales."
        if note := await self.app.push_screen_wait(AskLine(title, help_text=help_text)):
            facts = made.facts if made else None
            done = await self.call(add_to_breach, AddToBreach(row.breach_id, state, note, facts))
            await self._reload()
            self.say(f"{STATES[state]}: {done.clock}.")

    @flow
    async def action_tell_authority(self) -> None:
        """I."""
        if (row := self._row) is not None:
            await self._add(row, "told_authority", "Cómo se notificó a ANTAI")

    @flow
    async def action_tell_people(self) -> None:
        """P."""
        if (row := self._row) is not None:
            await self._add(row, "told_people", "Cómo se notificó a las personas")

    @flow
    async def action_close_breach(self) -> None:
        """C."""
        if (row := self._row) is not None:
            await self._add(row, "closed", "Por qué se cierra")


def breach_cells(row: BreachRow) -> tuple[str, str, str, str]:
    """A breach in one line."""
    mark = "! " if row.late and row.state != "closed" else ""
    return format_datetime(row.known_at), f"{mark}{row.clock}", STATES[row.state], row.facts.nature


def breach_text(row: BreachRow) -> str:
    """All that is known, what is missing, and the steps."""
    facts = [f"{label}: {getattr(row.facts, name) or '—'}" for name, label in FIELDS.items()]
    missing = f"Falta para notificar: {', '.join(row.missing)}." if row.missing else "Lista para notificar."
    steps = (f"{format_datetime(step.at)}  {step.by:<12} {step.text}" for step in row.steps)
    return "\n".join(
        (
            f"Conocida el {format_datetime(row.known_at)} · vence el {format_datetime(row.due_at)} · {row.clock}",
            f"Riesgo para las personas: {'sí' if row.facts.risk else 'no'} · {missing}",
            *facts,
            "",
            *steps,
        )
    )
