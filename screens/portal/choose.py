"""One question whose answer is a line of a list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import ClassVar

from textual import on
from textual.widget import Widget

from screens.portal.base import PortalScreen
from widgets.choice_list import ChoiceList
from widgets.text import PlainText


class Choose(PortalScreen[str]):
    """Answers with the key of the chosen line, or None to go back. `note`: a line beneath the question."""

    AUTO_FOCUS = "#choices"
    HELP = "Muévase con las flechas y elija con Enter, o con el ratón. Esc retrocede."
    DEFAULT_CSS: ClassVar[str] = """
    Choose #asked { text-style: bold; width: 1fr; height: auto; }
    Choose #choices { height: 1fr; min-height: 4; margin-top: 1; }
    """

    def __init__(
        self,
        heading: str,
        question: str,
        choices: Sequence[tuple[str, object]],
        *,
        note: str = "",
        progress: str = "",
        at: str | None = None,
    ) -> None:
        super().__init__(progress)
        self._heading, self._question, self._note = heading, question, note
        self._choices, self._at = tuple(choices), at

    def heading(self) -> str:
        """What is being done."""
        return self._heading

    def compose_form(self) -> Iterable[Widget]:
        """Question, note, list."""
        yield PlainText(self._question, id="asked")
        if self._note:
            yield PlainText(self._note, classes="note")
        yield ChoiceList(self._choices, id="choices")

    def on_mount(self) -> None:
        """The cursor stands on what was chosen before."""
        super().on_mount()
        if self._at is not None:
            self.query_one(ChoiceList).mark(self._at)

    @on(ChoiceList.Chosen)
    def _chosen(self, event: ChoiceList.Chosen) -> None:
        self.dismiss(event.key)

    def action_forward(self) -> None:
        """Take the line under the cursor."""
        if (key := self.query_one(ChoiceList).current_key) is not None:
            self.dismiss(key)
