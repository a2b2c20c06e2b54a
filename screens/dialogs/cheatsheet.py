"""All keys on one page."""

from __future__ import annotations

from screens.dialogs.message import Message


class Cheatsheet(Message):
    """Shows the cheatsheet's text."""

    def __init__(self, text: str) -> None:
        super().__init__("Teclas", text)
