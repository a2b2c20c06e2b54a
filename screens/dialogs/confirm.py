"""«Are you sure?», asked so that a slipped or repeating key can't answer it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Button

from screens.base import Back, BaseModal
from widgets.command import Command, CommandClass
from widgets.keys import key_name
from widgets.panel import PlainButton
from widgets.text import PlainText

CONFIRM_KEYS = ("f2", "f4")
"""The confirm key is the first that did not trigger the question."""


class Accept(Command):
    """Hace lo que dice la pregunta."""

    id = "accept"
    label = "Aceptar"
    keys = ("f2",)


class AcceptOther(Command):
    """Hace lo que dice la pregunta, cuando F2 fue la tecla que la abrió."""

    id = "accept_other"
    label = "Aceptar"
    keys = ("f4",)


class Confirm(BaseModal[bool]):
    """Names what will happen to whom, and answers True only to its own key or to its button.

    `lines` name member, account, amount and effect. The focus is on «Cancelar». The confirm key is none of
    `trigger_keys`.
    """

    ACTIONS: ClassVar[tuple[CommandClass, ...]] = (Accept, AcceptOther, Back)
    AUTO_FOCUS = "#cancel"
    HELP = "Lea a quién y qué se le hará. Esc o Cancelar no cambia nada."

    def __init__(
        self,
        title: str,
        lines: Sequence[object] = (),
        *,
        accept: str = "Aceptar",
        dangerous: bool = False,
        trigger_keys: Sequence[str] = (),
    ) -> None:
        super().__init__(classes="-dangerous" if dangerous else None)
        self._title, self._lines, self._accept = title, tuple(lines), accept
        self.confirm_key = next(key for key in CONFIRM_KEYS if key not in trigger_keys)

    def compose_body(self) -> ComposeResult:
        """The question, what it touches, and the two ways out."""
        with Vertical(classes="dialog"):
            yield PlainText(self._title, classes="dialog-title")
            for line in self._lines:
                yield PlainText(line)
            with Horizontal(classes="dialog-buttons"):
                yield PlainButton("Cancelar", key="Esc", id="cancel")
                yield PlainButton(self._accept, key=key_name(self.confirm_key), id="accept")

    DEFAULT_CSS = """
    Confirm .dialog-buttons { height: 1; margin-top: 1; align-horizontal: right; }
    Confirm PlainButton { margin-left: 2; }
    Confirm.-dangerous .dialog { border: heavy $error; }
    """

    def action_accept(self) -> None:
        """F2."""
        self._answer("f2")

    def action_accept_other(self) -> None:
        """F4, where F2 opened the question."""
        self._answer("f4")

    def _answer(self, key: str) -> None:
        if key == self.confirm_key:
            self.dismiss(True)

    @on(Button.Pressed, "#accept")
    def _accepted(self) -> None:
        self._answer(self.confirm_key)

    @on(Button.Pressed, "#cancel")
    def _cancelled(self) -> None:
        self.dismiss(False)
