"""What is known of a breach, a line a fact."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.widgets import Input

from data.values.dates import format_datetime
from data.values.errors import InvalidValue
from screens.base import Back, BaseScreen
from screens.register_commands import OtherRisk, SaveBreach
from services.breaches import FIELDS, LONGEST, NEEDED, BreachFacts, BreachRow, parse_moment
from widgets.command import CommandClass
from widgets.fields import Field, check_fields
from widgets.house_input import TextInput
from widgets.text import PlainText


class BreachForm(BaseScreen["BreachForm.Made"]):
    """Answers with the facts and when it was known, or None when it is left."""

    @dataclass(frozen=True)
    class Made:
        """What was written; `known_at` UTC."""

        facts: BreachFacts
        known_at: datetime

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (SaveBreach, OtherRisk, Back)
    HELP = (
        "Lo que se sabe ahora; lo demás se completa después. No escriba datos personales: cuántas personas y qué datos,"
        " no quiénes. F6 cambia si hay riesgo para ellas."
    )
    DEFAULT_CSS = """
    BreachForm #risk { height: 1; padding: 0 1; text-style: bold; }
    BreachForm #facts { height: 1fr; padding: 0 1; }
    BreachForm Field .field-label, BreachForm.-narrow Field .field-label { width: 27; }
    BreachForm Field .field-error, BreachForm.-narrow Field .field-error { padding-left: 27; }
    """

    def __init__(self, row: BreachRow | None, now: datetime) -> None:
        super().__init__()
        facts = row.facts if row else BreachFacts()
        self._risk = facts.risk
        self._row = row
        known = format_datetime(row.known_at if row else now)
        self._known = Field("Conocida el", TextInput(value=known, id="known", max_length=16), required=True)
        if row:
            self._known.input.disabled = True  # the clock that runs can't be set anew
        self._fields = {
            name: Field(
                label,
                TextInput(value=getattr(facts, name), id=f"fact-{name}", max_length=LONGEST),
                required=name in NEEDED,
            )
            for name, label in FIELDS.items()
        }
        self._given = self._values()

    def compose_body(self) -> ComposeResult:
        """Risk, when it was known, the facts."""
        yield PlainText(id="risk")
        with VerticalScroll(id="facts", can_focus=False):
            yield self._known
            yield from self._fields.values()

    def on_mount(self) -> None:
        """Begin with the first fact."""
        super().on_mount()
        self._show_risk()
        self._fields["nature"].input.focus()

    def _show_risk(self) -> None:
        text = "SÍ, se notifica a ANTAI y a las personas" if self._risk else "no, no se notifica"
        self.query_one("#risk", PlainText).show(f"Riesgo: {text} (F6 cambia)")

    def action_other_risk(self) -> None:
        """F6."""
        self._risk = not self._risk
        self._show_risk()

    def _values(self) -> dict[str, str]:
        return {name: field.text for name, field in self._fields.items()}

    def pending_work(self) -> str:
        """What was written anew."""
        return "los datos de la vulneración" if self._values() != self._given else ""

    @on(Input.Submitted)
    def _next(self) -> None:
        last = next(reversed(self._fields.values()))
        if last.input.has_focus:
            self.action_save_breach()
        else:
            self.focus_next()

    def action_save_breach(self) -> None:
        """F2."""
        if not check_fields(list(self._fields.values())):
            return
        try:
            known = parse_moment(self._known.text)
        except InvalidValue as error:
            self._known.show_error(str(error))
            self._known.input.focus()
            return
        known = self._row.known_at if self._row else known
        self.dismiss(self.Made(BreachFacts(**self._values(), risk=self._risk), known))
