"""Ctrl+P: every command by name; those that can't be used now say why."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.text import Text
from textual import on
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.widgets import Input, OptionList
from textual.widgets.option_list import Option

from screens.base import Back, BaseModal
from services.text_cleaning import fold
from widgets.command import Command, CommandClass
from widgets.command_bar import BarEntry
from widgets.house_input import TextInput
from widgets.text import PlainText, padded, safe, safe_content


class NextEntry(Command):
    """Baja al comando siguiente."""

    id = "next_entry"
    label = "Siguiente"
    keys = ("down",)


class PreviousEntry(Command):
    """Sube al comando anterior."""

    id = "previous_entry"
    label = "Anterior"
    keys = ("up",)


def matching(entries: Sequence[BarEntry], typed: str) -> list[BarEntry]:
    """Return the entries whose label, help or line word holds every typed word; label hits first, usable
    before disabled.
    """
    words = fold(typed).split()
    found: list[tuple[int, bool, int, BarEntry]] = []
    for entry in entries:
        label = fold(entry.command.label)
        text = f"{label} {fold(entry.command.help)} {' '.join(entry.command.words)}"
        if all(word in text for word in words):
            rank = 0 if words and label.startswith(words[0]) else 1 if all(word in label for word in words) else 2
            found.append((rank, entry.reason is not None, len(found), entry))
    return [entry for *_, entry in sorted(found, key=lambda row: row[:3])]


class Palette(BaseModal[str]):
    """Answers with the id of the chosen command. A disabled one is not chosen: it says why."""

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (NextEntry, PreviousEntry, Back)
    AUTO_FOCUS = "#palette-text"
    HELP = "Escriba parte del nombre y elija con las flechas. Enter lo ejecuta."
    DEFAULT_CSS = """
    Palette { align: center top; }
    Palette OptionList { height: auto; max-height: 15; border: none; padding: 0; background: $surface; }
    Palette #palette-note { height: auto; min-height: 1; color: $text-warning; }
    """

    def __init__(self, entries: Sequence[BarEntry]) -> None:
        super().__init__()
        self._entries = tuple(entries)
        self._shown: list[BarEntry] = []

    def compose_body(self) -> ComposeResult:
        """The text, the commands that match it, and a note on the one under the cursor."""
        with Vertical(classes="dialog"):
            yield TextInput(placeholder="Comando", id="palette-text", help_text=self.HELP)
            options = OptionList(id="palette-list", markup=False)
            options.can_focus = False
            yield options
            yield PlainText(id="palette-note")

    def on_mount(self) -> None:
        """Show all commands."""
        self._fill("")

    @on(Input.Changed, "#palette-text")
    def _typed(self, event: Input.Changed) -> None:
        self._fill(event.value)

    def _fill(self, typed: str) -> None:
        self._shown = matching(self._entries, typed)
        options = self.query_one(OptionList)
        options.clear_options()
        options.add_options([Option(safe_content(_row(entry))) for entry in self._shown])
        options.highlighted = 0 if self._shown else None
        self._note()

    def _note(self) -> None:
        entry = self._current()
        if entry is None:
            self.query_one("#palette-note", PlainText).show("Ningún comando se llama así.")
        else:
            self.query_one("#palette-note", PlainText).show(entry.reason or entry.command.help)

    def _current(self) -> BarEntry | None:
        at = self.query_one(OptionList).highlighted
        return self._shown[at] if at is not None and at < len(self._shown) else None

    def action_next_entry(self) -> None:
        """Arrow down."""
        self.query_one(OptionList).action_cursor_down()
        self._note()

    def action_previous_entry(self) -> None:
        """Arrow up."""
        self.query_one(OptionList).action_cursor_up()
        self._note()

    @on(Input.Submitted, "#palette-text")
    def _submitted(self) -> None:
        self._choose()

    @on(OptionList.OptionSelected)
    def _clicked(self) -> None:
        self._choose()

    def _choose(self) -> None:
        entry = self._current()
        if entry is not None and entry.reason is None:
            self.dismiss(entry.command.id)


def _row(entry: BarEntry) -> Text:
    keys = Text().append_text(padded(entry.command.key_names(entry.keys), 10, "bold")).append("  ")
    if entry.reason is None:
        return keys.append_text(safe(entry.command.label))
    return keys.append_text(safe(f"({entry.command.label}) {entry.reason}", "dim"))
