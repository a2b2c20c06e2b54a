"""External billers: what the customer gives, what may be paid, what became of a name (req. 8, B1-B3)."""

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from types import MappingProxyType

from data.catalog.reader import CatalogError, Confidence, Row, read_catalog, unique
from data.values.errors import InvalidValue
from data.values.money import Money
from data.values.text import fold
from data.values.typed import DASHES, SPACES, trim

FILE = "billers.toml"
_SPACES = re.compile(f"[{SPACES}]+")
_SEPARATORS = re.compile(f"[{DASHES}{SPACES}]+")


class PaymentKind(StrEnum):
    """P: payment of a bill. R: recarga, which nobody can undo (B2)."""

    BILL = "P"
    TOP_UP = "R"


class BillerStatus(StrEnum):
    """Whether the biller takes payments; «replaced» names a successor that does."""

    ACTIVE = "active"
    REPLACED = "replaced"
    UNAVAILABLE = "unavailable"


@dataclass(frozen=True, slots=True)
class Reference:
    """What the customer gives to be found by the biller. The pattern only filters: the biller answers.

    ``required`` is for the second reference (``extra_reference``): whether the biller insists on it.
    """

    id: str
    label: str
    pattern: re.Pattern[str]
    kinds: tuple[PaymentKind, ...]
    example: str
    keep_hyphens: bool
    pad_to: int | None
    required: bool
    confidence: Confidence

    def parse(self, text: str) -> str:
        """The reference as the biller wants it: separators out, capitals, zeros in front where it pads.

        Raises: InvalidValue with the label and an example.
        """
        message = f"{self.label} no válido. Ejemplo: {self.example}."
        dropped = _SPACES if self.keep_hyphens else _SEPARATORS
        compact = dropped.sub("", trim(text, message)).upper()
        if not self.pattern.fullmatch(compact):
            raise InvalidValue(message)
        return compact.zfill(self.pad_to) if self.pad_to else compact


@dataclass(frozen=True, slots=True)
class Mode:
    """One kind of payment with its limits; ``denominations`` empty means any amount within them. ``unchecked``: it may
    be paid while the biller's inquiry is silent."""

    kind: PaymentKind
    minimum: Money
    maximum: Money
    denominations: tuple[Money, ...]
    unchecked: bool
    confidence: Confidence

    def allows(self, amount: Money) -> bool:
        """Whether the amount is within the limits and, where they are fixed, one of the denominations."""
        within = self.minimum <= amount <= self.maximum
        return within and (not self.denominations or amount in self.denominations)


@dataclass(frozen=True, slots=True)
class Biller:
    """One row of the guide's list. ``guide_name`` is its name there, ``name`` today's."""

    id: str
    guide_id: str
    name: str
    guide_name: str
    aliases: tuple[str, ...]
    status: BillerStatus
    successor: str | None
    unavailable_message: str
    notice: str
    valid_from: date
    valid_to: date | None
    modes: tuple[Mode, ...]
    references: tuple[Reference, ...]
    extra_reference: Reference | None
    confidence: Confidence
    note: str

    @property
    def search_names(self) -> tuple[str, ...]:
        """Every name under which a person may look for it."""
        return tuple(dict.fromkeys((self.name, self.guide_name, *self.aliases)))

    def payable_on(self, day: date) -> bool:
        """Whether it takes payments on a day."""
        in_force = self.valid_from <= day and (self.valid_to is None or day <= self.valid_to)
        return in_force and self.status is BillerStatus.ACTIVE

    def mode(self, kind: PaymentKind) -> Mode | None:
        """Its limits for a kind, or None if it does not offer it."""
        return next((mode for mode in self.modes if mode.kind is kind), None)

    def references_for(self, kind: PaymentKind) -> tuple[Reference, ...]:
        """The references that it takes for a kind; any one of them is enough."""
        return tuple(reference for reference in self.references if kind in reference.kinds)


@dataclass(frozen=True, slots=True)
class BillerCatalog:
    """The billers by id, in the order of the guide."""

    version: date
    by_id: Mapping[str, Biller]

    def get(self, biller_id: str) -> Biller | None:
        """The biller of an id."""
        return self.by_id.get(biller_id)

    def search(self, text: str) -> tuple[Biller, ...]:
        """The billers that somebody may mean by ``text``: today's name, the guide's, an alias (B3).

        Case, accents and signs don't count. A whole name wins over a beginning («Metro» is not «Metrobus»), the
        beginning of a name over that of a later word in it. More than one answer: the words fit them all («Tigo»,
        «luz»), the person has to choose. In the guide's order; empty if nothing fits.
        """
        wanted = fold(text)
        if not wanted:
            return ()
        names = {id_: [fold(name) for name in (id_, *biller.search_names)] for id_, biller in self.by_id.items()}
        ways: tuple[Callable[[str], bool], ...] = (
            lambda name: name == wanted,
            lambda name: name.startswith(wanted),
            lambda name: f" {wanted}" in name,
        )
        for fits in ways:
            if found := tuple(self.by_id[id_] for id_, known in names.items() if any(map(fits, known))):
                return found
        return ()


def parse_billers(text: str | None = None) -> BillerCatalog:
    """Read ``billers.toml`` (or ``text``).

    Raises: CatalogError.
    """
    top = read_catalog(FILE, text)
    version = top.day("version")
    billers = unique([_biller(row) for row in top.rows("biller")], lambda item: item.id, FILE)
    top.done()
    for biller in billers.values():
        if biller.successor is not None:
            successor = billers.get(biller.successor)
            if successor is None or successor.status is not BillerStatus.ACTIVE:
                raise CatalogError(f"{FILE}: el sucesor de «{biller.id}» no existe o no está activo")
    return BillerCatalog(version, MappingProxyType(billers))


@functools.cache
def load_billers() -> BillerCatalog:
    """The catalogue that the program ships, read once."""
    return parse_billers()


def _biller(row: Row) -> Biller:
    extra = [_reference(item) for item in row.rows("extra_reference")]
    biller = Biller(
        id=row.text("id"),
        guide_id=row.text("guide_id"),
        name=row.text("name"),
        guide_name=row.text("guide_name"),
        aliases=row.texts("aliases"),
        status=row.choice("status", BillerStatus, BillerStatus.ACTIVE),
        successor=row.text("successor", "") or None,
        unavailable_message=row.text("unavailable_message", ""),
        notice=row.text("notice", ""),
        valid_from=row.day("valid_from"),
        valid_to=row.optional_day("valid_to"),
        modes=tuple(_mode(item) for item in row.rows("mode", "kind")),
        references=tuple(_reference(item) for item in row.rows("reference")),
        extra_reference=extra[0] if extra else None,
        confidence=row.choice("confidence", Confidence),
        note=row.text("note", ""),
    )
    row.done()
    _check(row, biller)
    return biller


def _check(row: Row, biller: Biller) -> None:
    if biller.valid_to is not None and biller.valid_to < biller.valid_from:
        raise row.error("«valid_to» es anterior a «valid_from»")
    if not biller.modes or any(not biller.references_for(mode.kind) for mode in biller.modes):
        raise row.error("cada modalidad necesita una referencia")
    if biller.status is not BillerStatus.ACTIVE and not biller.unavailable_message:
        raise row.error("falta «unavailable_message»")
    if (biller.status is BillerStatus.REPLACED) != (biller.successor is not None):
        raise row.error("«successor» va con el estado «replaced» y solo con él")


def _mode(row: Row) -> Mode:
    mode = Mode(
        kind=row.choice("kind", PaymentKind),
        minimum=row.money("min"),
        maximum=row.money("max"),
        denominations=row.moneys("denominations"),
        unchecked=row.flag("unchecked", False),
        confidence=row.choice("confidence", Confidence, Confidence.ASSUMED),
    )
    row.done()
    if not Money(0) < mode.minimum <= mode.maximum:
        raise row.error("el mínimo debe ser mayor que cero y no pasar del máximo")
    if any(not mode.minimum <= amount <= mode.maximum for amount in mode.denominations):
        raise row.error("una denominación está fuera del mínimo y el máximo")
    if mode.unchecked and mode.kind is PaymentKind.TOP_UP:
        raise row.error("una recarga no se puede deshacer: no va sin consulta")
    return mode


def _reference(row: Row) -> Reference:
    reference = Reference(
        id=row.text("id"),
        label=row.text("label"),
        pattern=row.pattern("pattern"),
        kinds=row.choices("kinds", PaymentKind),
        example=row.text("example"),
        keep_hyphens=row.flag("keep_hyphens", False),
        pad_to=row.optional_int("pad_to"),
        required=row.flag("required", True),
        confidence=row.choice("confidence", Confidence, Confidence.ASSUMED),
    )
    row.done()
    try:
        reference.parse(reference.example)
    except InvalidValue:
        raise row.error("el ejemplo no cumple el patrón") from None
    return reference
