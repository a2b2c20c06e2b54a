"""The register of breaches of personal data, with the 72-hour clock (req. 54)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from data.values.dates import format_datetime
from screens.base import Back
from screens.breach_form import BreachForm
from screens.dialogs.ask_line import AskLine
from screens.flow import flow
from screens.register import RegisterScreen
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
from widgets.plain_table import Column

NEED_ROW = (UpdateBreach, TellAuthority, TellPeople, CloseBreach)


class BreachesScreen(RegisterScreen[BreachRow]):
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
    HELP = (
        "Vulneraciones de datos personales. Si hay riesgo, dentro de 72 horas de conocerla se notifica a ANTAI (I) y a"
        " las personas (P). E completa lo que se va sabiendo; nada de lo registrado cambia."
    )
    NOTHING = "No hay vulneraciones abiertas."
    COLUMNS: ClassVar[tuple[Column, ...]] = (
        Column("Conocida", width=16),
        Column("Plazo", width=24),
        Column("Estado", width=16),
        Column("Qué", width=14),
    )
    DEFAULT_CSS = "BreachesScreen #register { max-height: 40%; }"

    async def read_rows(self, closed_too: bool) -> list[tuple[str, BreachRow]]:
        """The register."""
        return [(row.breach_id, row) for row in await self.call(list_breaches, ListBreaches(closed_too))]

    def head(self, rows: Sequence[BreachRow]) -> str:
        """How many."""
        return f"Vulneraciones de datos · {len(rows)}"

    def cells(self, row: BreachRow) -> tuple[str, ...]:
        """When, how long, how far, what."""
        return breach_cells(row)

    def whole(self, row: BreachRow) -> str:
        """All that is known."""
        return breach_text(row)

    def disabled_reason(self, command: CommandClass) -> str | None:
        """What is closed stays as it is."""
        if command not in NEED_ROW:
            return None
        row = self.row
        if row is None:
            return "No hay una vulneración elegida."
        return "Esa vulneración ya está cerrada." if row.state == "closed" else None

    @flow
    async def action_new_breach(self) -> None:
        """N."""
        made = await self.app.push_screen_wait(BreachForm(None, self.shell.now()))
        if made is None:
            return
        with self._keys.use(made) as key:
            row = await self.call(register_breach, RegisterBreach(key, made.facts, made.known_at))
        await self.reload()
        self.say(f"Registrada: {row.clock}.")

    @flow
    async def action_update_breach(self) -> None:
        """E."""
        if (row := self.row) is None:
            return
        made = await self.app.push_screen_wait(BreachForm(row, self.shell.now()))
        if made is not None:
            await self._add(row, "updated", "Qué cambió", made)

    async def _add(self, row: BreachRow, state: str, title: str, made: BreachForm.Made | None = None) -> None:
        help_text = "Queda en el registro y en la auditoría, sin datos personales."
        if note := await self.app.push_screen_wait(AskLine(title, help_text=help_text)):
            facts = made.facts if made else None
            done = await self.call(add_to_breach, AddToBreach(row.breach_id, state, note, facts))
            await self.reload()
            self.say(f"{STATES[state]}: {done.clock}.")

    @flow
    async def action_tell_authority(self) -> None:
        """I."""
        if (row := self.row) is not None:
            await self._add(row, "told_authority", "Cómo se notificó a ANTAI")

    @flow
    async def action_tell_people(self) -> None:
        """P."""
        if (row := self.row) is not None:
            await self._add(row, "told_people", "Cómo se notificó a las personas")

    @flow
    async def action_close_breach(self) -> None:
        """C."""
        if (row := self.row) is not None:
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
