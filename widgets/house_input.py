"""The house's text inputs: they know how to read what they hold, and never drop typing or a paste in silence
(T7).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from textual import events
from textual.widgets import Input

from data.values.dates import parse_date
from services.text_cleaning import clean

if TYPE_CHECKING:  # The front door asks for neither, and its first paint waits for every module.
    from data.values.cedula import Cedula
    from data.values.money import Money

T = TypeVar("T")

TEXT_LIMIT = 200
"""Characters of a one-line text."""


class HouseInput(Input, Generic[T]):
    """An input whose text `parse` turns into a value, raising ValueError with a Spanish text when it is none.

    `passthrough`: characters that an empty field does not take but leaves to the screen's commands (`:`
    and `/` in a search box that has the focus all day).
    """

    def __init__(
        self,
        parse: Callable[[str], T],
        *,
        value: str = "",
        placeholder: str = "",
        max_length: int = TEXT_LIMIT,
        restrict: str | None = None,
        refusal: str = "",
        help_text: str = "",
        passthrough: str = "",
        id: str | None = None,
        classes: str | None = None,
    ) -> None:
        super().__init__(
            value or None,
            placeholder,
            max_length=max_length,
            restrict=restrict,
            select_on_focus=False,
            compact=True,
            id=id,
            classes=classes,
        )
        self.parse = parse
        self.help_text = help_text
        self.passthrough = passthrough
        self.error_listener: Callable[[str], None] | None = None
        self._refusal = refusal or "Ese carácter no va en este campo."

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Tell whether the field takes the key; bars and help ask."""
        return not self._passes(character) and super().check_consume_key(key, character)

    def _passes(self, character: str | None) -> bool:
        return bool(character) and not self.value and str(character) in self.passthrough

    async def _on_key(self, event: events.Key) -> None:
        if self._passes(event.character):
            event.prevent_default()

    def _on_paste(self, event: events.Paste) -> None:
        event.prevent_default()
        event.stop()
        line = next((line for line in event.text.splitlines() if line.strip()), "")
        text = clean(line, max(1, len(line)))
        before = self.value
        start, end = sorted(self.selection)
        if self.max_length and len(before) - (end - start) + len(text) > self.max_length:
            self._tell(
                f"Lo pegado tiene {len(text)} caracteres y caben {self.max_length}. "
                "No se cambió nada: revise y escríbalo."
            )
            return
        self.replace(text, start, end)
        if text and self.value == before and before[start:end] != text:
            self._tell(f"Lo pegado no sirve aquí. {self._refusal} No se cambió nada.")

    def restricted(self) -> None:
        """Say why a character was not taken."""
        full = self.max_length and len(self.value) >= self.max_length
        self._tell(f"Máximo {self.max_length} caracteres." if full else self._refusal)

    def _tell(self, text: str) -> None:
        if self.error_listener is not None:
            self.error_listener(text)


def _as_text(text: str) -> str:
    return text.strip()


class TextInput(HouseInput[str]):
    """Free text on one line."""

    def __init__(self, **options: Any) -> None:
        super().__init__(_as_text, **options)


def _as_money(text: str) -> Money:
    from data.values.money import Money

    return Money.parse(text)


def _as_cedula(text: str) -> Cedula:
    from data.values.cedula import Cedula

    return Cedula.parse(text)


class MoneyInput(HouseInput["Money"]):
    """An amount in balboas: `1,322.64`, `75`, from the numeric keypad too (value: `Money`, integer
    centésimos).
    """

    def __init__(self, *, parse: Callable[[str], Money] = _as_money, **options: Any) -> None:
        options.setdefault("placeholder", "0.00")
        options.setdefault("help_text", "Escriba el monto en balboas: 75, 75.50 o 1,322.64.")
        super().__init__(
            parse, max_length=18, restrict=r"[0-9.,]*", refusal="Solo van cifras, coma y punto.", **options
        )


class CedulaInput(HouseInput["Cedula"]):
    """A cédula in any spelling: `8-123-456`, `PE-1-2`, `8AV-12-345`."""

    def __init__(self, *, parse: Callable[[str], Cedula] = _as_cedula, **options: Any) -> None:
        options.setdefault("placeholder", "0-000-0000")
        options.setdefault("help_text", "Escriba la cédula con guiones: 8-123-456, E-8-12345, PE-12-345 o 8-AV-12-345.")
        super().__init__(parse, max_length=20, **options)


class DateInput(HouseInput[Any]):
    """A date, day first: `14/02/1986` or `14021986` (value: `date`)."""

    def __init__(self, *, parse: Callable[[str], Any] = parse_date, **options: Any) -> None:
        options.setdefault("placeholder", "dd/mm/aaaa")
        options.setdefault("help_text", "Escriba la fecha con el día primero: 14/02/1986 o 14021986.")
        super().__init__(
            parse,
            max_length=10,
            restrict=r"[0-9/-]*",
            refusal="Solo van cifras y barras: dd/mm/aaaa.",
            **options,
        )


REASON_LIMIT = 200
REASON_MINIMUM = 5


def parse_reason(text: str) -> str:
    """Return a reason for the audit trail, 5 to 200 characters. Raises ValueError with a Spanish text."""
    reason = " ".join(text.split())
    if len(reason) < REASON_MINIMUM:
        raise ValueError("Explique el motivo en unas palabras: queda en la auditoría.")
    return reason


class ReasonInput(HouseInput[str]):
    """Why something is done; goes to the audit trail."""

    def __init__(self, *, parse: Callable[[str], str] = parse_reason, **options: Any) -> None:
        options.setdefault("help_text", "Escriba por qué lo hace. El texto queda en la auditoría con su usuario.")
        super().__init__(parse, max_length=REASON_LIMIT, **options)
