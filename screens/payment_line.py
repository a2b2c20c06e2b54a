"""What a `:` line about money inside the cooperative means: `tr 1 2 75`, `pr cuota`, `dep 1 40` (C3).

It reads and says; nothing is done here. A line fills the same form that a hand fills. What is missing is asked there;
what is wrong or could mean two things opens nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from data.catalog.products import ProductGroup
from data.values.errors import InvalidValue
from data.values.money import Money
from data.values.text import fold
from screens.line_words import (
    FROM,
    FormText,
    Hand,
    Line,
    Said,
    Unclear,
    check_cash,
    either,
    favourite_at,
    named,
    named_side,
    side_of,
    take_source,
    take_usual_source,
)
from screens.own_accounts import CASH, OWN_DIGITS, origins, own_row, product_of, usable
from services.account_view import AccountRow
from services.operations import Op
from services.payment_kinds import KINDS

WORDS = ("cuota", "minimo", "estado", "total")
"""Every word that may name an amount; which of them an account has, its own list says."""
SAVINGS = ("una cuenta de ahorros", "cuentas de ahorros")


@dataclass(frozen=True, slots=True)
class PaidKind:
    """What a word pays: accounts of a group, own or somebody else's."""

    group: ProductGroup
    one: str
    many: str
    ops: frozenset[Op]


QUOTA = frozenset({Op.QUOTA_PAY, Op.QUOTA_PAY_THIRD})
SERVICE = frozenset({Op.SERVICE_PAY, Op.SERVICE_PAY_THIRD})
PAID: Mapping[str, PaidKind] = MappingProxyType(
    {
        "pl": PaidKind(ProductGroup.CAPITALIZATION, "un plan de capitalización", "planes de capitalización", QUOTA),
        "ap": PaidKind(ProductGroup.CONTRIBUTIONS, "una cuenta de aportes", "cuentas de aportes", QUOTA),
        "pr": PaidKind(ProductGroup.LOANS, "un préstamo", "préstamos", frozenset({Op.LOAN_PAY, Op.LOAN_PAY_THIRD})),
        "tc": PaidKind(ProductGroup.CARDS, "una tarjeta", "tarjetas", frozenset({Op.CARD_PAY, Op.CARD_PAY_THIRD})),
        "cel": PaidKind(ProductGroup.MOBILE, "un plan celular", "planes celulares", SERVICE),
        "seg": PaidKind(ProductGroup.INSURANCE, "un seguro", "seguros", SERVICE),
    }
)


def read_payment(word: str, arguments: str, hand: Hand) -> Said[FormText]:
    """Read the rest of a line that begins with `tr`, `dep`, `ret` or a word of `PAID`."""
    readers: dict[str, Callable[[Line], Said[FormText]]] = {"tr": _transfer, "dep": _deposit, "ret": _withdraw}
    line = Line(hand, arguments.split())
    try:
        return readers[word](line) if word in readers else _pay(PAID[word], line)
    except Unclear as why:
        return Said(str(why))


def _transfer(line: Line) -> Said[FormText]:
    """`ORIGEN DESTINO MONTO [detalle]`."""
    words = line.tokens
    if not words:
        line.missing.append("Falta la cuenta de origen.")
        return line.said("Transferir")
    line.source = side_of(words[0], line.hand, foreign=False)
    said = f"De {named_side(line.source, line.hand)}"
    if len(words) < 2:
        line.missing.append("Falta la cuenta de destino.")
        return line.said(said)
    line.target = side_of(words[1], line.hand, foreign=True)
    said = f"{said} a {named_side(line.target, line.hand)}"
    if len(words) < 3:
        line.missing.append("Falta el monto.")
        return line.said(said)
    shown = _take_amount(words[2], line)
    line.memo = " ".join(words[3:])
    return line.said(f"{said}: {shown}" + (f", detalle «{line.memo}»" if line.memo else ""))


def _pay(kind: PaidKind, line: Line) -> Said[FormText]:
    """`[CUENTA] [MONTO o palabra] [de ORIGEN]`."""
    fitting = _of_group(kind, line.hand)
    take_source(line)
    account, amount = _account_and_amount(line.tokens, fitting, line.hand)
    favourite = favourite_at(account, line.hand)
    if favourite is not None and favourite.kind not in kind.ops:
        raise Unclear(f"El favorito {favourite.position} ({favourite.label}) no es {kind.one}.")
    line.target = _meant(account, fitting, (kind.one, kind.many), line, foreign=True)
    shown = _take_amount(amount, line)
    take_usual_source(line, cash=line.hand.cash)
    what = named_side(line.target, line.hand) if line.target else kind.one
    origin = f" desde {named_side(line.source, line.hand)}" if line.source else ""
    return line.said(f"Pagar {shown} de {what}{origin}" if shown else f"Pagar {what}{origin}")


def _deposit(line: Line) -> Said[FormText]:
    """`[CUENTA] MONTO`, out of the person's hand."""
    check_cash(line.hand)
    fitting = _takes_deposits(line.hand)
    account, amount = _account_and_amount(line.tokens, fitting, line.hand)
    line.source = CASH
    line.target = _meant(account, fitting, SAVINGS, line, foreign=False)
    shown = _take_amount(amount, line)
    where = f", depósito en {named_side(line.target, line.hand)}" if line.target else ""
    return line.said(f"Recibir {shown + ' en ' if shown else ''}efectivo{where}")


def _withdraw(line: Line) -> Said[FormText]:
    """`[CUENTA] MONTO`, into the person's hand."""
    check_cash(line.hand)
    fitting = origins(line.hand.rows)
    account, amount = _account_and_amount(line.tokens, fitting, line.hand)
    line.target = CASH
    line.source = _meant(account, fitting, SAVINGS, line, foreign=False)
    shown = _take_amount(amount, line)
    where = f", retiro de {named_side(line.source, line.hand)}" if line.source else ""
    return line.said(f"Entregar {shown + ' en ' if shown else ''}efectivo{where}")


# Parts --------------------------------------------------------------------------------------------


def _of_group(kind: PaidKind, hand: Hand) -> list[AccountRow]:
    return [row for row in hand.rows if usable(row) and (product := product_of(row)) and product.group is kind.group]


def _takes_deposits(hand: Hand) -> list[AccountRow]:
    return [row for row in hand.rows if usable(row) and (product := product_of(row)) and product.transfer_in]


def _account_and_amount(tokens: list[str], fitting: list[AccountRow], hand: Hand) -> tuple[str, str]:
    """Tell the two apart. Raises Unclear for one figure that could be either."""
    if len(tokens) > 2:
        raise Unclear(f"Sobra «{' '.join(tokens[2:])}».")
    if len(tokens) == 2:
        return tokens[0], tokens[1]
    if not tokens:
        return "", ""
    word = tokens[0]
    if favourite_at(word, hand) is not None:
        return word, ""
    if word[:1].isalpha():
        return "", word
    if not word.isdecimal():
        return (word, "") if "-" in word or "/" in word else ("", word)
    if own_row(word, fitting) is not None:
        return word, ""
    if own_row(word, hand.rows) is not None or len(word) > OWN_DIGITS:
        raise Unclear(f"¿{word} es un monto o una cuenta? Escriba {word}.00, o la cuenta y el monto.")
    return "", word


def _meant(word: str, fitting: list[AccountRow], names: tuple[str, str], line: Line, *, foreign: bool) -> str:
    """The account that is meant; the only fitting one if none is named. Raises Unclear."""
    one, many = names
    if not word:
        if not fitting:
            raise Unclear(f"No hay {many} que sirvan para esto entre las cuentas de la lista.")
        if len(fitting) == 1:
            return str(fitting[0].position)
        choices = either([str(row.position) for row in fitting])
        line.missing.append(f"Hay {len(fitting)} {many}: falta cuál, {choices}.")
        return ""
    side = side_of(word, line.hand, foreign=foreign)
    if side == CASH:
        raise Unclear("Ahí va una cuenta, y el efectivo no es una cuenta.")
    row = own_row(side, line.hand.rows)
    if row is not None and row not in fitting:
        raise Unclear(f"La cuenta {row.position} {row.label} no es {one} que sirva para esto.")
    return side


def _take_amount(word: str, line: Line) -> str:
    """Take the amount into the line; answers what it is called, nothing where it is missing. Raises Unclear."""
    if not word:
        line.missing.append("Falta el monto.")
        return ""
    if word[:1].isalpha():
        return _take_word(word, line)
    try:
        money = Money.parse(word)
    except InvalidValue as error:
        raise Unclear(str(error)) from None
    line.amount = money.format()
    return money.with_symbol()


def _take_word(word: str, line: Line) -> str:
    """An amount by its word, as far as it is known what the account has."""
    hand, name = line.hand, fold(word)
    known = next((each for each in WORDS if name and each.startswith(name)), None)
    if known is None:
        raise Unclear(f"«{word}» no es un monto: escriba una cifra, o {either(list(WORDS))}.")
    line.amount = known
    if not line.target:
        return known
    row = own_row(line.target, hand.rows)
    if row is None:
        raise Unclear("Ahí no hay montos con nombre: escriba la cifra.")
    if hand.payables is None:
        return known
    payable = hand.payables.get(row.account_id)
    option = payable.option(known) if payable is not None else None
    if option is not None:
        return f"{known} {Money(option.amount).with_symbol()}"
    words = [each.word for each in payable.options] if payable is not None else []
    rest = f"una cifra, o {either(words)}" if words else "la cifra"
    raise Unclear(f"{named(row)} no tiene «{known}»: escriba {rest}.")


# Completion ---------------------------------------------------------------------------------------


def complete_payment(word: str, arguments: str, hand: Hand) -> list[str]:
    """Whole argument texts that go on from `arguments`."""
    tokens = arguments.split()
    typing = tokens.pop() if arguments[-1:].strip() else ""
    start = " ".join(tokens)
    choices = _next_words(word, tokens, hand)
    return [f"{start} {choice}".strip() for choice in choices if choice.startswith(fold(typing) or typing)]


def _next_words(word: str, tokens: list[str], hand: Hand) -> list[str]:
    if word == "tr":
        if len(tokens) < 2:
            return [str(row.position) for row in hand.rows] + (_favourites(hand, KINDS) if tokens else [])
        return _amounts_of(tokens[1], hand) if len(tokens) == 2 else []
    if word in ("dep", "ret"):
        rows = origins(hand.rows) if word == "ret" else _takes_deposits(hand)
        return [] if tokens else [str(row.position) for row in rows]
    if tokens and tokens[-1] == FROM:
        return [str(row.position) for row in origins(hand.rows)]
    fitting = _of_group(PAID[word], hand)
    if not tokens:
        words = _amounts_of(str(fitting[0].position), hand) if len(fitting) == 1 else []
        return [*words, *(str(row.position) for row in fitting), *_favourites(hand, PAID[word].ops)]
    amounts = _amounts_of(tokens[0], hand) if len(tokens) == 1 and own_row(tokens[0], fitting) else []
    return amounts or ([FROM] if FROM not in tokens and len(origins(hand.rows)) > 1 else [])


def _favourites(hand: Hand, ops: Collection[Op]) -> list[str]:
    return [f"f{row.position}" for row in hand.favourites if row.kind in ops and not row.obstacle]


def _amounts_of(side: str, hand: Hand) -> list[str]:
    row = own_row(side, hand.rows)
    payable = (hand.payables or {}).get(row.account_id) if row is not None else None
    return [option.word for option in payable.options] if payable is not None else []
