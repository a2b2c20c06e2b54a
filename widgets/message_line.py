"""One line for what just happened or went wrong; it stays until the next action, unlike a toast."""

from __future__ import annotations

from widgets.shell import Severity
from widgets.text import PlainText, joined

_GLYPHS: dict[Severity, str] = {"information": "✓ ", "warning": "! ", "error": "✗ "}


class MessageLine(PlainText):
    """Says what happened and what to do next. Empty, it takes no room."""

    DEFAULT_CSS = """
    MessageLine {
        display: none; width: 1fr; height: auto; max-height: 3; padding: 0 1;
        &.-shown { display: block; }
        &.-information { color: $text-success; }
        &.-warning { color: $text-warning; text-style: bold; }
        &.-error { color: $text-error; text-style: bold; }
    }
    """

    def say(self, text: object, severity: Severity = "information") -> None:
        """Show `text`; the severity is told by glyph and colour."""
        for kind in _GLYPHS:
            self.set_class(kind == severity, f"-{kind}")
        self.set_class(True, "-shown")
        self.show(joined(_GLYPHS[severity], text))

    def wipe(self) -> None:
        """Take the message away."""
        self.set_class(False, "-shown")
        self.show("")
