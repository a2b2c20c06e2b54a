"""A framed part of a screen with a title that is never read as markup."""

from __future__ import annotations

from textual.containers import Vertical
from textual.widget import Widget
from textual.widgets import Button

from widgets.text import safe_content


class Panel(Vertical):
    """A frame with a title."""

    DEFAULT_CSS = """
    Panel {
        border: round $panel-border; height: auto; padding: 0 1;
        &:focus-within { border: round $accent; }
    }
    """

    def __init__(self, title: object, *children: Widget, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(*children, id=id, classes=classes)
        self.retitle(title)

    def retitle(self, title: object, note: object = "") -> None:
        """Replace the title and the note at the bottom of the frame."""
        self.border_title = safe_content(title)
        self.border_subtitle = safe_content(note)


class PlainButton(Button):
    """A button whose label is never read as markup; `key` is the key that does the same."""

    DEFAULT_CSS = """
    PlainButton {
        height: 1; min-width: 10; border: none; padding: 0 1;
        background: $panel; color: $foreground; text-style: none;
        &:focus { background: $accent; color: $banner-foreground; text-style: bold reverse; }
        &:hover { border: none; }
    }
    """

    def __init__(self, label: object, *, key: str = "", id: str | None = None, classes: str | None = None) -> None:
        text = f"{key} {label}" if key else str(label)
        super().__init__(safe_content(text), compact=True, id=id, classes=classes)
