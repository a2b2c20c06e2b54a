"""An answer can be looked at while it is typed: it is no password, and nobody can repeat what they can't see."""

from __future__ import annotations

from typing import ClassVar

from textual.dom import DOMNode

from widgets.command import Command
from widgets.secret_input import SecretInput


class Reveal(Command):
    """Muestra u oculta la respuesta que está escribiendo. Mire que nadie más la vea."""

    id = "reveal"
    label = "Mostrar"
    keys: ClassVar[tuple[str, ...]] = ("f8",)
    footer = True


def reveal_answers(node: DOMNode) -> None:
    """Show the answers (fields of class `answer`) beneath `node`, or hide them again. Passwords never show."""
    fields = list(node.query(SecretInput).filter(".answer"))
    hidden = all(field.password for field in fields)
    for field in fields:
        field.password = not hidden


def hide_answers(node: DOMNode) -> None:
    """Masked again."""
    for field in node.query(SecretInput).filter(".answer"):
        field.password = True
