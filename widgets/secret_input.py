"""A field for passwords, answers and one-time codes: it can't be copied and forgets what it held (req. 56,
T3).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar, TypeVar

from textual import events
from textual.message import Message
from textual.widgets import Input

from widgets.unrecorded import UNRECORDED

T = TypeVar("T")

SECRET_LIMIT = 256
"""Characters: room for a long pass phrase, none for a file (req. 4.2: at least 64 must fit)."""


class SecretInput(Input):
    """A password field. Its messages carry no value: read it once with `take()`, which wipes it.

    Paste is allowed (ASVS 6.2.7). A paste that doesn't fit changes nothing and says so.
    """

    ALLOW_SELECT: ClassVar[bool] = False

    def __init__(
        self,
        placeholder: str = "",
        *,
        max_length: int = SECRET_LIMIT,
        help_text: str = "",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(
            placeholder=placeholder,
            password=True,
            max_length=max_length,
            compact=True,
            id=id,
            classes=f"{UNRECORDED} {classes or ''}",
        )
        self.help_text = help_text
        self.error_listener: Callable[[str], None] | None = None

    def take(self) -> str:
        """Return what was typed and wipe the field."""
        typed = self.value
        self.wipe()
        return typed

    def wipe(self) -> None:
        """Forget what was typed."""
        self.value = ""

    def check(self, rule: Callable[[str], T]) -> T:
        """Return what `rule` says of the value, without handing the value out (live password rules)."""
        return rule(self.value)

    @property
    def filled(self) -> bool:
        """Something has been typed."""
        return bool(self.value)

    def post_message(self, message: Message) -> bool:
        """Post a message; those of the field leave without the secret."""
        if isinstance(message, Input.Changed | Input.Submitted | Input.Blurred):
            message.value = ""
        return super().post_message(message)

    def on_unmount(self) -> None:
        """The screen is left: nothing stays in memory that a later look could find."""
        self.set_reactive(Input.value, "")

    def action_copy(self) -> None:
        """Do nothing: a secret never reaches a clipboard."""

    def action_cut(self) -> None:
        """Do nothing: a secret never reaches a clipboard."""

    def _on_paste(self, event: events.Paste) -> None:
        # A secret is pasted as it is, blanks too; only its first line, and only whole.
        event.prevent_default()
        event.stop()
        line = event.text.splitlines()[0] if event.text else ""
        start, end = sorted(self.selection)
        if self.max_length and len(self.value) - (end - start) + len(line) > self.max_length:
            self._tell(f"Lo pegado no cabe: máximo {self.max_length} caracteres. No se cambió nada.")
            return
        self.replace(line, start, end)

    def restricted(self) -> None:
        """Say why a character was not taken."""
        self._tell(f"Máximo {self.max_length} caracteres.")

    def _tell(self, text: str) -> None:
        if self.error_listener is not None:
            self.error_listener(text)
