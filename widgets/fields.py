"""A labelled field: what it asks, what was typed, and beneath it what is wrong with it.

An error leaves what was typed where it is.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.widgets import Input

from widgets.house_input import HouseInput
from widgets.secret_input import SecretInput
from widgets.text import PlainText, joined

T = TypeVar("T")

REQUIRED = "Falta este dato."


class Complaining(Vertical):
    """What stands over an error line of its own, and can be asked whether it is right."""

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._error = PlainText(classes="field-error")

    def look(self) -> None:
        """Raise ValueError with a Spanish text for what is wrong."""
        raise NotImplementedError

    def check(self) -> bool:
        """Validate, show the error if there is one, and tell whether all is right; what was typed stays."""
        try:
            self.look()
        except ValueError as error:
            self.show_error(str(error))
            return False
        self.clear_error()
        return True

    @property
    def error(self) -> str:
        """The error on show, or an empty string."""
        return self._error.plain_text.removeprefix("✗ ") if self.has_class("-invalid") else ""

    def show_error(self, text: str) -> None:
        """Show what is wrong beneath; what was typed stays."""
        self._error.show(joined("✗ ", text))
        self.add_class("-invalid")

    def clear_error(self) -> None:
        """Take the error away."""
        self.remove_class("-invalid")
        self._error.show("")


class Field(Complaining, Generic[T]):
    """A label, an input and its error line. `T`: the value that the input's `parse` gives.

    `required`: an empty field is an error; where it is not, the value of an empty field is None.
    """

    DEFAULT_CSS = """
    Field {
        height: auto; width: 1fr;
        Horizontal { height: 1; }
        .field-label { width: 16; height: 1; color: $text-muted; }
        &:focus-within .field-label { color: $text-accent; text-style: bold; }
        Input { width: 1fr; background: $field; &:focus { background: $field-focus; } }
        .field-error { display: none; padding-left: 16; height: auto; color: $text-error; text-style: bold; }
        &.-invalid .field-error { display: block; }
        &.-invalid Input { text-style: underline; }
    }
    Screen.-narrow Field .field-label { width: 14; }
    Screen.-narrow Field .field-error { padding-left: 14; }
    """

    def __init__(
        self,
        label: str,
        input: HouseInput[T],
        *,
        required: bool = True,
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(id=id, classes=classes)
        self.label = label
        self.input = input
        self.required = required
        input.error_listener = self.show_error

    def compose(self) -> ComposeResult:
        """Label and input on one line, the error beneath."""
        with Horizontal():
            yield PlainText(self.label, classes="field-label")
            yield self.input
        yield self._error

    @property
    def text(self) -> str:
        """What was typed."""
        return self.input.value

    @property
    def value(self) -> T | None:
        """The value that was typed, or None for an empty optional field. Raises ValueError with a Spanish
        text.
        """
        if not self.input.value.strip():
            if self.required:
                raise ValueError(REQUIRED)
            return None
        return self.input.parse(self.input.value)

    @property
    def given(self) -> T:
        """The value of a required field. Raises ValueError with a Spanish text."""
        if (value := self.value) is None:
            raise ValueError(REQUIRED)
        return value

    def look(self) -> None:
        """Read the value."""
        _ = self.value

    @on(Input.Changed)
    def _typed(self) -> None:
        # The user is mending it: an old complaint over new text is wrong.
        self.clear_error()


class SecretField(Complaining):
    """A label and a secret input; the value is read with `input.take()`."""

    DEFAULT_CSS = Field.DEFAULT_CSS.replace("Field", "SecretField")

    def __init__(self, label: str, input: SecretInput, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self.label = label
        self.input = input
        input.error_listener = self.show_error

    def compose(self) -> ComposeResult:
        """Label and input on one line, the error beneath."""
        with Horizontal():
            yield PlainText(self.label, classes="field-label")
            yield self.input
        yield self._error

    def look(self) -> None:
        """Something was typed; what it says is the service's to judge."""
        if not self.input.filled:
            raise ValueError(REQUIRED)

    @on(Input.Changed)
    def _typed(self) -> None:
        if self.input.filled:
            self.clear_error()


def check_fields(fields: Sequence[Field[Any] | SecretField]) -> bool:
    """Validate all fields, show every error, put the focus on the first wrong one, and tell whether all are
    right.
    """
    wrong = [field for field in fields if not field.check()]
    if wrong:
        wrong[0].input.focus()
    return not wrong
