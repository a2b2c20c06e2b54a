"""The fields of a payment inside the cooperative: whose account, which, how much — by number, by word, by figure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from data.values.money import Money
from data.values.text import fold
from screens.own_accounts import CASH, OWN_DIGITS, is_foreign, origins, own_row
from services.account_view import AccountRow
from services.favourites import FavouriteRow
from services.payees import Payee
from services.payment_kinds import DRAWER
from services.payment_options import Option
from widgets.house_input import HouseInput

NO_CASH = "No tiene una caja abierta: sin ella no se recibe ni se entrega efectivo."


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a payment. `third`: somebody else's account, whose product is not told."""

    account_id: int
    product: str
    text: str
    third: Payee | None = None


def own_side(row: AccountRow) -> Side:
    """An account of the member who is served."""
    return Side(row.account_id, row.product, f"{row.label} {row.number}")


def cash_side(account_id: int) -> Side:
    """The open drawer of the person at the desk."""
    return Side(account_id, DRAWER, "Efectivo de su caja")


def favourite_side(favourite: FavouriteRow, rows: Sequence[AccountRow]) -> Side:
    """An account that the member pays often. Raises ValueError with the reason why it can't be paid now."""
    if favourite.obstacle or favourite.to_account is None:
        raise ValueError(favourite.obstacle or "Ese favorito es de un recaudador: se paga desde G.")
    own = next((row for row in rows if row.account_id == favourite.to_account), None)
    if own is not None:
        return own_side(own)
    payee = Payee(favourite.to_account, favourite.kind, favourite.target, "", favourite.holder, 0)
    return Side(favourite.to_account, "", favourite.target, payee)


class SideInput(HouseInput[Side]):
    """One side: an own account by its number in the list, `c` for cash; as destination also somebody else's."""

    def __init__(
        self,
        rows: Sequence[AccountRow],
        favourites: Sequence[FavouriteRow] = (),
        *,
        foreign: bool = False,
        no_cash: str = NO_CASH,
        **options: Any,
    ) -> None:
        """`favourites`: what `f1`, `f2` name here. `no_cash`: what is said where no drawer can stand."""
        self._rows, self._no_cash = tuple(rows), no_cash
        self._favourites = {f"f{row.position}": row for row in favourites if row.to_account is not None}
        self._foreign = foreign
        self._found: tuple[str, Side] | None = None
        self.cash: Side | None = None
        """The drawer, where the person at the desk has one open."""
        what = "El número de la lista" + (", o de otra persona: 50233, 50233/1 o su cuenta" if foreign else "")
        super().__init__(
            self._read,
            max_length=40 if foreign else OWN_DIGITS,
            restrict=r"[0-9A-Za-z/ \-]*" if foreign else r"[0-9cC]*",
            refusal="Escriba el número de la cuenta en la lista.",
            help_text=f"{what}. La letra c es el efectivo de su caja abierta.",
            **options,
        )

    def _read(self, text: str) -> Side:
        typed = text.strip()
        if typed.casefold() == CASH:
            if self.cash is None:
                raise ValueError(self._no_cash)
            return self.cash
        row = own_row(typed, self._rows)
        if row is not None:
            return own_side(row)
        if (favourite := self._favourites.get(typed.casefold())) is not None:
            return favourite_side(favourite, self._rows)
        if self._found is not None and self._found[0] == typed:
            return self._found[1]
        if self._foreign and is_foreign(typed, self._rows):
            raise ValueError("Pulse Enter para buscar de quién es la cuenta.")
        raise ValueError(f"No hay una cuenta número {typed}. Mire la lista.")

    def found(self, payee: Payee) -> None:
        """What stands in the field names this account of somebody else."""
        self._found = (self.value.strip(), Side(payee.account_id, "", f"{payee.label} {payee.number}", payee))

    @property
    def side(self) -> Side | None:
        """What the field names now, as far as it is known."""
        try:
            return self._read(self.value) if self.value.strip() else None
        except ValueError:
            return None

    @property
    def unknown(self) -> bool:
        """It names somebody else's account that was not looked up yet."""
        known = self.side is not None or self.value.strip().casefold() in self._favourites
        return self._foreign and not known and is_foreign(self.value, self._rows)

    @property
    def settled(self) -> bool:
        """What was typed names one account and starts no other number that may stand here."""
        if self.value.casefold() == CASH:
            return True
        if not self.value:
            return False
        likely = [] if self._foreign else _begun(self.value, origins(self._rows))
        return (likely or _begun(self.value, self._rows)) == [self.value]


def _begun(typed: str, rows: Sequence[AccountRow]) -> list[str]:
    """The numbers in the list that what was typed begins."""
    return [number for row in rows if (number := str(row.position)).startswith(typed)]


class AmountInput(HouseInput[Money]):
    """An amount in figures, or the word of one of the usual amounts; arrows go through these."""

    def __init__(self, usual: Callable[[], Sequence[Option]], **options: Any) -> None:
        self._usual = usual
        super().__init__(
            self._read,
            placeholder="0.00",
            max_length=18,
            restrict=r"[0-9.,A-Za-zÁÉÍÓÚáéíóúñÑ]*",
            refusal="Van cifras, coma y punto, o una palabra de la lista.",
            help_text=(
                "Escriba el monto: 75, 75.50 o 1,322.64; o la palabra de un monto usual: cuota, minimo, estado, total."
                " Las flechas los recorren."
            ),
            **options,
        )

    def _read(self, text: str) -> Money:
        if not text.strip()[:1].isalpha():
            return Money.parse(text)
        option = self.picked(text)
        if option is not None:
            return Money(option.amount)
        words = [option.word for option in self._usual() if option.word[:1].isalpha()]
        if not words:
            raise ValueError("Esa cuenta no tiene montos con nombre. Escriba la cifra.")
        raise ValueError(f"Escriba una cifra, o una de estas palabras: {', '.join(words)}.")

    def picked(self, text: str) -> Option | None:
        """The usual amount that a text names: of a word its beginning is enough, a figure is said whole."""
        name, usual = fold(text), self._usual()
        if not text.strip()[:1].isalpha():
            return next((option for option in usual if option.word == text.strip()), None)
        fitting = [option for option in usual if name and option.word.startswith(name)]
        return fitting[0] if len(fitting) == 1 else None

    def step(self, by: int) -> None:
        """Take the next of the usual amounts, or the one before."""
        usual = tuple(self._usual())
        if not usual:
            return
        picked = self.picked(self.value) if self.value else None
        at = usual.index(picked) + by if picked is not None else (0 if by > 0 else -1)
        self.value = usual[at % len(usual)].word
        self.cursor_position = len(self.value)
