"""A receipt on the screen: the same text that is printed."""

from __future__ import annotations

from textual.app import ComposeResult
from textual.containers import VerticalScroll

from widgets.text import PlainText


class ReceiptView(VerticalScroll):
    """Shows a receipt's text (40 columns wide when it is made for the printer), letter by letter as it is
    printed.
    """

    DEFAULT_CSS = """
    ReceiptView {
        width: auto; min-width: 44; height: auto; max-height: 100%;
        border: round $accent; padding: 0 1;
    }
    ReceiptView PlainText { width: auto; }
    """

    def __init__(self, text: str = "", *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._paper = PlainText(text, multiline=True)

    def compose(self) -> ComposeResult:
        """The paper."""
        yield self._paper

    def show_receipt(self, text: str) -> None:
        """Replace the receipt."""
        self._paper.show(text)
        self.scroll_home(animate=False)

    @property
    def text(self) -> str:
        """The text on show."""
        return self._paper.plain_text
