"""The one door through which a string from data reaches the screen (req. 55, T1, T2).

Textual and rich read markup in plain strings: a member whose name is ``[@click=app.quit]x`` would be a
button, and ``[/]`` would end the program. Everything here is cleaned first and never parsed.
"""

from __future__ import annotations

from typing import Any

from rich.style import Style
from rich.text import Text
from textual.content import Content
from textual.widgets import Static

from services.text_cleaning import clean

DISPLAY_LIMIT = 400
"""Characters of one value that a screen shows; longer ones end in «…» so that a row can't push the others
away.
"""

PARAGRAPH_LIMIT = 20_000
"""Characters of a multi-line text (a receipt, a contract) that a screen shows."""


def plain(value: object, *, max_length: int = DISPLAY_LIMIT, multiline: bool = False) -> str:
    """Return `value` as one clean string, at most `max_length` characters, without markup, control or bidi
    characters.
    """
    text = "" if value is None else str(value)
    return clean(text, max_length, multiline=multiline)


def _same_blanks(text: str) -> str:
    """Clean a composed text, but keep its outer blanks: they are a line's layout, not somebody's slip."""
    core = text.strip(" \n")
    if not core:
        return text
    start = text.index(core[0])
    cleaned = clean(core, PARAGRAPH_LIMIT, multiline=True)
    return text[:start] + cleaned + text[start + len(core) :]


def safe(value: object, style: str | Style = "", *, max_length: int = DISPLAY_LIMIT, multiline: bool = False) -> Text:
    """Return `value` as rich text that shows exactly its clean characters (req. 55).

    A `Text` that the program composed keeps its styles when its characters are clean; if not, it is cleaned
    and loses them.
    """
    if isinstance(value, Text):
        cleaned = _same_blanks(value.plain)
        return value if cleaned == value.plain else Text(cleaned, style)
    if multiline:
        return Text(_same_blanks("" if value is None else str(value))[:max_length], style)
    return Text(plain(value, max_length=max_length), style)


def safe_content(value: object, style: str = "", *, multiline: bool = False) -> Content:
    """Return `value` as Textual content, for borders, buttons and options, which read markup in plain
    strings.
    """
    if isinstance(value, Text):
        return Content.from_rich_text(safe(value))
    return Content.styled(plain(value, multiline=multiline), style)


def joined(*parts: object, separator: str = "") -> Text:
    """Join values and styled texts into one safe text; blanks at the ends of a part stay."""
    return Text(separator).join([safe(part if isinstance(part, Text) else Text(str(part))) for part in parts])


def padded(value: object, width: int, style: str | Style = "", *, right: bool = False) -> Text:
    """Return a value as safe text filled with blanks to `width` cells, for columns; a longer one stays whole."""
    text = safe(value, style)
    blanks = " " * max(0, width - text.cell_len)
    return Text(blanks).append_text(text) if right else text.copy().append(blanks)


class PlainText(Static):
    """A `Static` that shows what it is given and parses nothing."""

    def __init__(
        self,
        value: object = "",
        *,
        multiline: bool = False,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__("", markup=False, id=id, classes=classes)
        self._multiline = multiline
        self._shown = Text("")
        self.show(value)

    def show(self, value: object) -> None:
        """Replace what is shown. `value`: any object, or a composed `Text`."""
        limit = PARAGRAPH_LIMIT if self._multiline else DISPLAY_LIMIT
        self._shown = safe(value, max_length=limit, multiline=self._multiline)
        super().update(Content.from_rich_text(self._shown))  # Textual's own way needs a running program.

    def update(self, content: Any = "", *, layout: bool = True) -> None:
        """Like `show`: the inherited way in is closed to markup too."""
        del layout
        self.show(content)

    @property
    def plain_text(self) -> str:
        """The characters on show."""
        return self._shown.plain
