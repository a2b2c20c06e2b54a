"""The `:` line: `tr 1 2 75`, with completion and a line that says in plain Spanish what Enter will do."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from screens.base import Back, BaseModal, LineEcho
from widgets.command import Command, CommandClass
from widgets.house_input import TextInput
from widgets.text import PlainText, joined


class Complete(Command):
    """Completa lo escrito con la primera propuesta."""

    id = "complete"
    label = "Completar"
    keys = ("tab",)
    priority = True


class CommandLine(BaseModal[str]):
    """Answers with the line's text, and only when `preview` says that it can be run.

    `complete(text)` returns whole lines that begin like the text; `preview(text)` says what it would do.
    """

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Complete, Back)
    AUTO_FOCUS = "#line-text"
    HELP = "Escriba una palabra y sus datos, por ejemplo «tr 1 2 75». Tab completa, Enter ejecuta, Esc sale."
    DEFAULT_CSS = """
    CommandLine { align: center bottom; }
    CommandLine > .dialog { width: 100%; }
    CommandLine Horizontal { height: 1; }
    CommandLine #line-colon { width: 2; text-style: bold; }
    CommandLine #line-choices { height: 1; color: $text-muted; }
    CommandLine #line-echo { height: auto; min-height: 1; }
    """

    def __init__(
        self, complete: Callable[[str], Sequence[str]], preview: Callable[[str], LineEcho], *, text: str = ""
    ) -> None:
        super().__init__()
        self._complete, self._preview, self._text = complete, preview, text

    def compose_body(self) -> ComposeResult:
        """The line, its completions, and its echo."""
        with Vertical(classes="dialog"):
            with Horizontal():
                yield PlainText(":", id="line-colon")
                yield TextInput(value=self._text, id="line-text", help_text=self.HELP)
            yield PlainText(id="line-choices")
            yield PlainText(id="line-echo")

    def on_mount(self) -> None:
        """Show what can be typed."""
        self.look_again()

    @on(Input.Changed, "#line-text")
    def look_again(self) -> None:
        """Say anew what the line would do: it was typed on, or more is known now."""
        text = self._typed_text()
        self.query_one("#line-choices", PlainText).show(" · ".join(self._complete(text)[:9]))
        echo = self._echo(text)
        self.query_one("#line-echo", PlainText).show(joined("→ " if echo.runnable else "✗ ", echo.text))

    def _typed_text(self) -> str:
        return " ".join(self.query_one("#line-text", TextInput).value.split())

    def _echo(self, text: str) -> LineEcho:
        return self._preview(text) if text else LineEcho("Escriba un comando.", runnable=False)

    def action_complete(self) -> None:
        """Tab: take the first completion."""
        choices = self._complete(self._typed_text())
        if choices:
            field = self.query_one("#line-text", TextInput)
            field.value = f"{choices[0]} "
            field.cursor_position = len(field.value)

    @on(Input.Submitted, "#line-text")
    def _submitted(self) -> None:
        text = self._typed_text()
        if self._echo(text).runnable:
            self.dismiss(text)
