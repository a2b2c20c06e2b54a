"""Why another policy, and from when: asked with what it changes in sight."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical, VerticalScroll
from textual.widgets import Input

from screens.base import Back, BaseModal
from widgets.command import Command, CommandClass
from widgets.fields import Field, check_fields
from widgets.house_input import ReasonInput, TextInput
from widgets.text import PlainText

SHOWN = 30


@dataclass(frozen=True)
class Terms:
    """The answer. `day` and `hour` as typed; empty: as soon as it is approved."""

    day: str
    hour: str
    reason: str


class AcceptTerms(Command):
    """Propone la política con ese motivo y desde ese momento."""

    id = "accept"
    label = "Proponer"
    keys = ("f2",)


class PolicyTerms(BaseModal[Terms]):
    """Answers with `Terms`, or None when it is left."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (AcceptTerms, Back)
    AUTO_FOCUS = "#terms-day"
    HELP = "Sin fecha vale medio minuto después de aprobada. Otra persona ve estos mismos cambios antes de aprobarlos."

    def __init__(self, changes: Sequence[tuple[str, str, str]]) -> None:
        super().__init__()
        self._changes = tuple(changes)
        self._day: Field[str] = Field(
            "Vale desde", TextInput(id="terms-day", max_length=10, placeholder="al aprobarla"), required=False
        )
        self._hour: Field[str] = Field(
            "Hora", TextInput(id="terms-hour", max_length=5, placeholder="00:00"), required=False
        )
        self._reason: Field[str] = Field("Motivo", ReasonInput(id="terms-reason"))

    def compose_body(self) -> ComposeResult:
        """What changes, from when, why."""
        with Vertical(classes="dialog"):
            yield PlainText("Proponer otra política", classes="dialog-title")
            with VerticalScroll(id="terms-changes"):
                for label, before, after in self._changes[:SHOWN]:
                    yield PlainText(f"{label}: {before} → {after}")
                if len(self._changes) > SHOWN:
                    yield PlainText(f"… y {len(self._changes) - SHOWN} cambios más")
            yield self._day
            yield self._hour
            yield self._reason
            yield PlainText("F2 Proponer   Tab Campo siguiente   Esc Cancelar", classes="dialog-keys")

    def pending_work(self) -> str:
        """The reason."""
        return "el motivo escrito" if self._reason.text else ""

    @on(Input.Submitted)
    def _next(self, event: Input.Submitted) -> None:
        if event.input is self._reason.input:
            self.action_accept()
        else:
            self.focus_next()

    def action_accept(self) -> None:
        """F2."""
        if check_fields([self._day, self._hour, self._reason]):
            self.dismiss(Terms(self._day.text, self._hour.text, self._reason.given))
