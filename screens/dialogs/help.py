"""F1: what the focused field wants, what the screen is for, and the keys that live here."""

from __future__ import annotations

from collections.abc import Sequence

from rich.text import Text

from screens.dialogs.message import Message
from widgets.command import CommandClass
from widgets.command_bar import BarEntry
from widgets.text import padded, safe


def help_text(field_help: str, topic: str, entries: Sequence[BarEntry]) -> Text:
    """Compose the help: the field first, then the screen, then each live key with what it does or why it
    can't now.
    """
    parts = [safe(text, multiline=True) for text in (field_help, topic) if text]
    parts += [_entry_help(entry) for entry in entries if entry.keys]
    return Text("\n").join(parts)


def _entry_help(entry: BarEntry) -> Text:
    command: CommandClass = entry.command
    keys = padded(command.key_names(entry.keys), 8, right=True).append("  ")
    if entry.reason is not None:
        return keys.append_text(safe(f"({command.label}) {entry.reason}", "dim"))
    return keys.append_text(safe(command.label, "bold")).append(". ").append_text(safe(command.help))


class Help(Message):
    """Shows `help_text`; F1 again closes it."""

    def __init__(self, field_help: str, topic: str, entries: Sequence[BarEntry]) -> None:
        super().__init__("Ayuda", help_text(field_help, topic, entries))
