"""What lines about money are read against and made of: the accounts by number, forms to fill, what is unclear."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Generic, TypeVar

from screens.own_accounts import CASH, is_foreign, origins, own_row
from services.account_view import AccountRow
from services.operations import Op

if TYPE_CHECKING:
    from services.favourites import FavouriteRow
    from services.payment_options import Payable

REVIEW = "Enter muestra la revisión."
FORM = "Enter abre el formulario con lo dicho."
FROM = "de"
_FAVOURITE = re.compile(r"[fF]([0-9]{1,3})")


@dataclass(frozen=True, slots=True)
class FormText:
    """What stands in the fields when the form opens, as a person would have typed it. `whole`: nothing is missing, it
    goes straight to the review."""

    source: str = ""
    target: str = ""
    amount: str = ""
    memo: str = ""
    whole: bool = False


@dataclass(frozen=True, slots=True)
class BillText:
    """The same for a biller. `op` None: the biller has both modes and none was said. `last`: centésimos that were paid
    last, suggested where the biller names no amount."""

    biller: str = ""
    op: Op | None = None
    reference: str = ""
    extra: str = ""
    amount: str = ""
    source: str = ""
    last: int | None = None
    whole: bool = False


FormT = TypeVar("FormT", FormText, BillText)


@dataclass(frozen=True)
class Said(Generic[FormT]):
    """What a line means. `text` says it in Spanish; `form` is what Enter would open, None: nothing."""

    text: str
    form: FormT | None = None


@dataclass(frozen=True, slots=True)
class Hand:
    """What is at hand: the accounts by number, what can be paid of them (None: not known yet), the favourites, whether
    the person at the desk may take cash, the day."""

    rows: Sequence[AccountRow]
    payables: Mapping[int, Payable] | None = None
    favourites: Sequence[FavouriteRow] = ()
    cash: bool = False
    today: date = date.min


class Unclear(Exception):
    """The line can't be read so; the text says why, in Spanish."""


@dataclass(slots=True)
class Line:
    """A line as far as it was read. `missing`: what is still to be said, in the order in which it is asked for."""

    hand: Hand
    tokens: list[str]
    source: str = ""
    target: str = ""
    amount: str = ""
    memo: str = ""
    missing: list[str] = field(default_factory=list)

    @property
    def end(self) -> str:
        """What is missing, and what Enter does."""
        return f"{' '.join(self.missing)} {FORM}" if self.missing else REVIEW

    def said(self, text: str) -> Said[FormText]:
        """The form that the line fills."""
        form = FormText(self.source, self.target, self.amount, self.memo, whole=not self.missing)
        return Said(f"{text}. {self.end}", form)


# Favourites ---------------------------------------------------------------------------------------


def favourite_at(word: str, hand: Hand) -> FavouriteRow | None:
    """`f2`: the second of the list. Raises Unclear for a number that it hasn't got."""
    found = _FAVOURITE.fullmatch(word)
    if found is None:
        return None
    row = next((row for row in hand.favourites if row.position == int(found[1])), None)
    if row is None:
        raise Unclear(f"No hay un favorito número {found[1]}.")
    return row


def _side_of_favourite(favourite: FavouriteRow, hand: Hand, *, foreign: bool) -> str:
    if not foreign:
        raise Unclear("Un favorito es a quién se paga, no de dónde.")
    if favourite.to_account is None:
        word = "rc" if favourite.kind is Op.BILLER_TOP_UP else "pg"
        raise Unclear(f"El favorito {favourite.position} es de un recaudador: escriba {word} f{favourite.position}.")
    if favourite.obstacle:
        raise Unclear(favourite.obstacle)
    own = next((row for row in hand.rows if row.account_id == favourite.to_account), None)
    return str(own.position) if own is not None else f"f{favourite.position}"


# Accounts -----------------------------------------------------------------------------------------


def side_of(word: str, hand: Hand, *, foreign: bool) -> str:
    """A side as the form takes it. Raises Unclear."""
    if word.casefold() == CASH:
        check_cash(hand)
        return CASH
    if (favourite := favourite_at(word, hand)) is not None:
        return _side_of_favourite(favourite, hand, foreign=foreign)
    row = own_row(word, hand.rows)
    if row is not None:
        return str(row.position)
    if is_foreign(word, hand.rows):
        if foreign:
            return word
        raise Unclear(f"{word} no es una cuenta de quien se atiende: use su número en la lista.")
    raise Unclear(f"No hay una cuenta número {word}.")


def take_source(line: Line) -> None:
    """Cut `de ORIGEN` off the end. Raises Unclear."""
    if line.tokens and line.tokens[-1].casefold() == FROM:
        line.tokens.pop()
        line.missing.append("Falta la cuenta de origen después de «de».")
    elif len(line.tokens) > 1 and line.tokens[-2].casefold() == FROM:
        line.source = side_of(line.tokens[-1], line.hand, foreign=False)
        del line.tokens[-2:]


def take_usual_source(line: Line, *, cash: bool = False) -> None:
    """The only account that money may leave; else it must be said. `cash`: the cashier's drawer may stand for it."""
    usable = origins(line.hand.rows)
    if line.source or any("origen" in text for text in line.missing):
        return
    if len(usable) == 1:
        line.source = str(usable[0].position)
    else:
        choices = [f"«de {row.position}»" for row in usable] + ([f"«de {CASH}» (efectivo)"] if cash else [])
        line.missing.append(
            f"Falta de qué cuenta: {either(choices)}." if choices else "No hay una cuenta de la que pagar."
        )


def check_cash(hand: Hand) -> None:
    """Raises Unclear for who takes none."""
    if not hand.cash:
        raise Unclear("El efectivo es de los cajeros, con su caja abierta.")


# Words --------------------------------------------------------------------------------------------


def named_side(side: str, hand: Hand) -> str:
    """A side as the echo tells it."""
    if side == CASH:
        return "efectivo de su caja"
    if (favourite := favourite_at(side, hand)) is not None:
        return f"{favourite.label}: {favourite.target} de {favourite.holder}"
    row = own_row(side, hand.rows)
    return named(row) if row is not None else f"la cuenta {side} (de otra persona)"


def named(row: AccountRow) -> str:
    """`1 AHORROS 06-018-50012-1`."""
    return f"{row.position} {row.label} {row.number}"


def either(words: list[str]) -> str:
    """`a, b o c`."""
    return f"{', '.join(words[:-1])} o {words[-1]}" if len(words) > 1 else "".join(words)
