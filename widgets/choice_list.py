"""A list of which one line is chosen: arrows, first letter, mouse; Enter takes it. Lines are never read as markup."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from textual import events
from textual.message import Message
from textual.widgets import OptionList
from textual.widgets.option_list import Option

from services.text_cleaning import fold
from widgets.text import safe_content


class ChoiceList(OptionList):
    """Lines with keys. `show_choices` replaces them; the cursor stays on its key where that is still there."""

    DEFAULT_CSS = """
    ChoiceList {
        height: auto; max-height: 1fr; border: none; padding: 0; background: $surface;
        &:focus { border: none; }
    }
    """

    @dataclass
    class Chosen(Message):
        """Enter or a click on a line."""

        list: ChoiceList
        key: str

        @property
        def control(self) -> ChoiceList:
            """The list, for `@on` selectors."""
            return self.list

    @dataclass
    class Marked(Message):
        """The cursor stands on another line."""

        list: ChoiceList
        key: str

        @property
        def control(self) -> ChoiceList:
            """The list, for `@on` selectors."""
            return self.list

    def __init__(
        self, choices: Sequence[tuple[str, object]] = (), *, help_text: str = "", id: str | None = None
    ) -> None:
        super().__init__(id=id, markup=False, compact=True)
        self.help_text = help_text or "Muévase con las flechas. Enter elige."
        self._keys: tuple[str, ...] = ()
        self._texts: tuple[str, ...] = ()
        self.show_choices(choices)

    def show_choices(self, choices: Sequence[tuple[str, object]]) -> None:
        """Replace all lines: `(key, text)`."""
        kept = self.current_key
        self.clear_options()
        self._keys = tuple(key for key, _ in choices)
        self._texts = tuple(fold(str(text)) for _, text in choices)
        self.add_options([Option(safe_content(text), id=f"line{at}") for at, (_, text) in enumerate(choices)])
        if self._keys:
            self.highlighted = self._keys.index(kept) if kept in self._keys else 0

    @property
    def current_key(self) -> str | None:
        """Key of the line under the cursor."""
        at = self.highlighted
        return self._keys[at] if at is not None and at < len(self._keys) else None

    def mark(self, key: str) -> None:
        """Put the cursor on a line."""
        if key in self._keys:
            self.highlighted = self._keys.index(key)

    def on_key(self, event: events.Key) -> None:
        """A letter goes to the next line that begins with it."""
        letter = fold(event.character or "")
        if len(letter) == 1 and letter.isalnum():
            event.stop()
            start = (self.highlighted or 0) + 1
            order = [*range(start, len(self._texts)), *range(start)]
            found = next((at for at in order if at < len(self._texts) and self._texts[at].startswith(letter)), None)
            if found is not None:
                self.highlighted = found

    def on_option_list_option_selected(self, event: OptionList.OptionSelected) -> None:
        """Turn Textual's message into the house's."""
        event.stop()
        self.post_message(self.Chosen(self, self._keys[event.option_index]))

    def on_option_list_option_highlighted(self, event: OptionList.OptionHighlighted) -> None:
        """Turn Textual's message into the house's."""
        event.stop()
        if event.option_index < len(self._keys):
            self.post_message(self.Marked(self, self._keys[event.option_index]))
