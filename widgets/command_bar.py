"""The two bars at the bottom: keys of the program and the screen, and the letter commands of the screen.

A command that can't be used now stays in its place, dimmed and in parentheses, so that the hand keeps its
memory and nobody needs colour to see it (req. 60).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.text import Text

from widgets.command import CommandClass
from widgets.keys import key_name
from widgets.text import PlainText, safe

NARROW_KEYS = 7
"""Keys in the bottom bar below `WIDE_COLUMNS` columns."""
WIDE_COLUMNS = 100


@dataclass(frozen=True)
class BarEntry:
    """A command as a bar shows it."""

    command: CommandClass
    keys: tuple[str, ...]
    reason: str | None = None
    """Why it can't be used now, or None."""


def footer_text(entries: Sequence[BarEntry], columns: int) -> Text:
    """Return the bottom bar's line: at most seven keys below 100 columns, at most `columns` cells."""
    shown = [entry for entry in entries if entry.keys]
    if columns < WIDE_COLUMNS:
        shown = shown[:NARROW_KEYS]
    line = Text(no_wrap=True, overflow="ellipsis")
    for entry in shown:
        part = _footer_entry(entry)
        gap = 2 if line else 0
        if line.cell_len + gap + part.cell_len > columns:
            break
        line.append(" " * gap).append_text(part)
    return line


def _footer_entry(entry: BarEntry) -> Text:
    # Letters have their own bar; here stands the key that works while a field has the focus.
    key = key_name(next((key for key in entry.keys if not key.isalpha() or len(key) > 1), entry.keys[0]))
    if entry.reason is not None:
        return safe(f"({key} {entry.command.label})", "dim")
    return Text().append_text(safe(key, "bold")).append(" ").append_text(safe(entry.command.label))


def letter_text(entry: BarEntry) -> Text:
    """Return a letter command: its letter underlined in the label, or before it where the label lacks it."""
    command, letter = entry.command, letter_of(entry.keys)
    label = command.label + (" !" if command.dangerous else "")
    at = label.casefold().find(letter.casefold())
    if at < 0:
        label, at = f"{letter.upper()} {label}", 0
    text = safe(label)
    text.stylize("bold underline", at, at + 1)
    if entry.reason is not None:
        text = Text("(").append_text(text).append(")")
        text.stylize("dim")
    return text


def letter_of(keys: Sequence[str]) -> str:
    """Return the letter among a command's keys, or an empty string: the letter bar shows the commands that have one."""
    return next((key for key in keys if len(key) == 1 and key.isalpha()), "")


class _Bar(PlainText):
    """A line made of command entries."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._entries: tuple[BarEntry, ...] = ()

    def set_entries(self, entries: Sequence[BarEntry]) -> None:
        """Replace the commands on show."""
        self._entries = tuple(entries)
        self._redraw()

    def on_resize(self) -> None:
        """Fit to the new width."""
        self._redraw()

    def _redraw(self) -> None:
        raise NotImplementedError


class FooterBar(_Bar):
    """The bottom line: `F1 Ayuda  F3 Buscar …`."""

    DEFAULT_CSS = """
    FooterBar {
        dock: bottom; height: 1; padding: 0 1;
        background: $footer-background; color: $footer-foreground;
    }
    """

    def _redraw(self) -> None:
        self.show(footer_text(self._entries, max(0, self.size.width)))


class LetterBar(_Bar):
    """The letter commands of a screen, letters underlined: `Verificar  Activar  (Credencial)`."""

    DEFAULT_CSS = """
    LetterBar {
        height: auto; max-height: 2; padding: 0 1; color: $foreground; display: none;
        &.-shown { display: block; }
    }
    """

    def _redraw(self) -> None:
        entries = [entry for entry in self._entries if letter_of(entry.keys)]
        self.set_class(bool(entries), "-shown")
        lines = [Text()]
        for entry in entries:
            part = letter_text(entry)
            gap = 2 if lines[-1] else 0
            if lines[-1] and lines[-1].cell_len + gap + part.cell_len > self.app.size.width - 2:
                lines.append(Text())
                gap = 0
            lines[-1].append(" " * gap).append_text(part)
        self.show(Text("\n").join(lines))
