"""Which biller is meant: by its number in the list, its name of today or of before, an alias (req. 8, B3)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from data.catalog.billers import Biller, Mode, Reference, load_billers
from data.values.text import fold
from screens.line_words import either
from services.bills import MODES
from services.operations import Op
from widgets.house_input import HouseInput

MODE_NAMES = {Op.BILLER_PAY: "pago", Op.BILLER_TOP_UP: "recarga"}


@dataclass(frozen=True, slots=True)
class Choice:
    """One biller in one of its modes. `number`: its place in the list on show."""

    number: int
    biller: Biller
    op: Op

    @property
    def text(self) -> str:
        """`+Móvil · recarga`."""
        return f"{self.biller.name} · {MODE_NAMES[self.op]}"

    @property
    def references(self) -> tuple[Reference, ...]:
        """Any one of these is enough."""
        return self.biller.references_for(MODES[self.op])

    @property
    def second(self) -> Reference | None:
        """What is given besides, where the biller wants or takes it."""
        second = self.biller.extra_reference
        return second if second is not None and MODES[self.op] in second.kinds else None

    @property
    def mode(self) -> Mode:
        """Its limits."""
        mode = self.biller.mode(MODES[self.op])
        if mode is None:
            raise LookupError("not a mode of this biller")
        return mode


def choices(op: Op | None, day: date) -> tuple[Choice, ...]:
    """Whom can be paid on a day, in the order of the guide; of a biller with both modes two lines unless `op` is
    named."""
    found = [
        (biller, each)
        for biller in load_billers().by_id.values()
        if biller.payable_on(day)
        for each, kind in MODES.items()
        if op in (None, each) and biller.mode(kind) is not None
    ]
    return tuple(Choice(number, biller, each) for number, (biller, each) in enumerate(found, start=1))


def meant(text: str, among: Sequence[Choice]) -> list[Choice]:
    """The choices that a text may name: a number of the list, the catalogue's id, a name or its beginning."""
    typed = text.strip()
    if typed.isdecimal():
        return [choice for choice in among if str(choice.number) == typed]
    exact = [choice for choice in among if choice.biller.id == typed.casefold()]
    hits = {biller.id for biller in load_billers().search(typed)}
    return exact or [choice for choice in among if choice.biller.id in hits]


def named_choice(
    text: str,
    among: Sequence[Choice],
    day: date,
    *,
    called: Callable[[Choice], str] = lambda one: f"{one.number} {one.text}",
) -> Choice:
    """The one that a text names. `called`: how several are told apart where it was typed.

    Raises ValueError that says what it could mean, or why it can't be paid.
    """
    found = meant(text, among)
    if len(found) == 1:
        return found[0]
    if found:
        raise ValueError(f"«{text.strip()}» puede ser {either([called(one) for one in found])}.")
    known = load_billers().search(text) if not text.strip().isdecimal() else ()
    if not known:
        raise ValueError(f"No hay un recaudador «{text.strip()}».")
    payable = {choice.biller.id: choice for choice in choices(None, day)}
    raise ValueError(" ".join(_why_not(biller, payable.get(biller.id)) for biller in known))


def _why_not(biller: Biller, other: Choice | None) -> str:
    if other is None:
        return biller.unavailable_message or f"{biller.name} no está disponible."
    return f"{biller.name} no admite recargas." if other.op is Op.BILLER_PAY else f"{biller.name} solo admite recargas."


def in_text(label: str) -> str:
    """A reference's label as a sentence goes on with it: `número de control`, `NIC de la factura`."""
    return label if label[1:2].isupper() else f"{label[:1].lower()}{label[1:]}"


class BillerInput(HouseInput[Choice]):
    """Takes what `named_choice` takes. What was chosen shows by its name."""

    def __init__(self, op: Op | None, day: date, **options: Any) -> None:
        self._day = day
        self.among = choices(op, day)
        self._chosen: Choice | None = None
        super().__init__(
            self._read,
            max_length=40,
            refusal="Escriba el nombre del recaudador o su número en la lista.",
            help_text="El número de la lista o parte del nombre, también de los de antes: ensa, luz, movil, multas.",
            **options,
        )

    def _read(self, text: str) -> Choice:
        if self._chosen is not None and self._chosen.text == text.strip():
            return self._chosen
        return named_choice(text, self.among, self._day)

    def choose(self, choice: Choice) -> None:
        """Put one in."""
        self._chosen = choice
        self.value = choice.text
        self.cursor_position = len(self.value)

    @property
    def choice(self) -> Choice | None:
        """The one that the field names now, if it names one."""
        try:
            return self._read(self.value) if self.value.strip() else None
        except ValueError:
            return None

    @property
    def likely(self) -> list[Choice]:
        """What the text on show may still mean; all of them while there is none, and where it fits none."""
        typed = self.value.strip()
        if not typed or (self._chosen is not None and self._chosen.text == typed):
            return list(self.among)
        if typed.isdecimal():
            return [choice for choice in self.among if str(choice.number).startswith(typed)] or list(self.among)
        return (meant(typed, self.among) if fold(typed) else []) or list(self.among)
