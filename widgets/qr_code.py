"""A code that a phone reads from the screen."""

from __future__ import annotations

from rich.text import Text

from widgets.text import PlainText
from widgets.unrecorded import UNRECORDED


class QrCode(PlainText):
    """Dark on light whatever the theme, or no phone reads it. What a code says is not always for keeping."""

    DEFAULT_CSS = "QrCode { width: auto; height: auto; background: white; color: black; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(multiline=True, id=id, classes=UNRECORDED)

    def show_rows(self, rows: tuple[str, ...]) -> None:
        """Draw the rows of the picture, two modules each; none takes it away."""
        self.show(Text("\n".join(rows)))
