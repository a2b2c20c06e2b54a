"""What a `:` line about billers means: `pg ensa 1234567 40`, `pg ensa 40`, `rc movil 6123-4567 10`, `pg f1` (C3).

It reads and says; nothing is asked of a biller here. What could mean two things opens nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.catalog.billers import Reference
from data.values.errors import InvalidValue
from data.values.money import Money
from data.values.text import fold
from screens.bill_inputs import Choice, choices, in_text, meant, named_choice
from screens.line_words import (
    FORM,
    FROM,
    BillText,
    Hand,
    Line,
    Said,
    Unclear,
    favourite_at,
    named_side,
    take_source,
    take_usual_source,
)
from screens.own_accounts import origins
from services.favourites import FavouriteRow
from services.operations import Op

OPS = {"pg": Op.BILLER_PAY, "rc": Op.BILLER_TOP_UP}
ASK = "Enter pregunta al recaudador y muestra la revisión."
DUE = "total"
"""What the biller says is due."""


@dataclass(slots=True)
class _Parts:
    """What follows the biller's name."""

    reference: str = ""
    extra: str = ""
    amount: str = ""


def read_bill(word: str, arguments: str, hand: Hand) -> Said[BillText]:
    """Read `RECAUDADOR [NÚMERO] [además] [MONTO] [de ORIGEN]`; a favourite (`f1`) stands for biller and number."""
    line = Line(hand, arguments.split())
    try:
        return _read(OPS[word], line)
    except Unclear as why:
        return Said(str(why))


def _read(op: Op, line: Line) -> Said[BillText]:
    take_source(line)
    if not line.tokens:
        line.missing.append("Falta el recaudador: su nombre, o un favorito (f1).")
        return _said(op, None, _Parts(), None, line)
    head, *rest = line.tokens
    favourite = favourite_at(head, line.hand)
    if favourite is not None:
        choice = _choice_of(favourite, op, line.hand)
        parts = _Parts(favourite.reference or "", favourite.extra or "", _only_amount(rest))
    else:
        choice = _choice(head, op, line.hand)
        parts = _parts(rest, choice)
        if not parts.reference:
            favourite = _favourite_of(choice, line.hand)
            if favourite is not None:
                parts = _Parts(favourite.reference or "", favourite.extra or "", parts.amount)
    return _said(op, choice, parts, favourite, line)


def _choice(word: str, op: Op, hand: Hand) -> Choice:
    if word.isdecimal():
        raise Unclear(f"«{word}» no es un recaudador: escriba su nombre, o un favorito (f1).")
    try:
        return named_choice(word, choices(op, hand.today), hand.today, called=lambda one: one.biller.id)
    except ValueError as error:
        raise Unclear(str(error)) from None


def _choice_of(favourite: FavouriteRow, op: Op, hand: Hand) -> Choice:
    """Of a favourite that is a bill and can be paid."""
    if favourite.biller is None or favourite.kind is not op:
        wanted = "una recarga" if op is Op.BILLER_TOP_UP else "un pago a recaudador"
        raise Unclear(f"El favorito {favourite.position} ({favourite.label}) no es {wanted}.")
    found = [one for one in choices(op, hand.today) if one.biller.id == favourite.biller]
    if not found or favourite.obstacle:
        raise Unclear(favourite.obstacle or "Ese recaudador no está disponible.")
    return found[0]


def _favourite_of(choice: Choice, hand: Hand) -> FavouriteRow | None:
    """The only favourite of the biller. Raises Unclear for several: then its number must be said."""
    found = [row for row in hand.favourites if (row.biller, row.kind) == (choice.biller.id, choice.op)]
    if len(found) > 1:
        names = ", ".join(f"f{row.position} {row.label}" for row in found)
        raise Unclear(f"Hay {len(found)} favoritos de {choice.biller.name}: escriba cuál ({names}), o el número.")
    return found[0] if found else None


def _parts(words: Sequence[str], choice: Choice) -> _Parts:
    """Tell reference, second reference and amount apart. Raises Unclear for what could be two of them."""
    if not words:
        return _Parts()
    if len(words) == 1:
        return _one(words[0], choice)
    reference, *rest = words
    if not _fits(reference, choice.references):
        raise Unclear(f"«{reference}» no es {_wanted(choice)}.")
    if len(rest) == 1:
        if choice.second is None:
            return _Parts(reference, "", _amount(rest[0]))
        if choice.second.required:
            return _Parts(reference, rest[0], "")
        return _Parts(reference, "", _amount(rest[0])) if _is_amount(rest[0]) else _Parts(reference, rest[0], "")
    if choice.second is None or len(rest) > 2:
        raise Unclear(f"Sobra «{' '.join(rest[1:] if choice.second is None else rest[2:])}».")
    return _Parts(reference, rest[0], _amount(rest[1]))


def _one(word: str, choice: Choice) -> _Parts:
    reference = _fits(word, choice.references)
    money = _is_amount(word) and (word == DUE or choice.mode.allows(Money.parse(word)))
    if reference and money and "." not in word:
        raise Unclear(f"¿{word} es un monto o {_wanted(choice)}? Escriba {word}.00, o el número y el monto.")
    if money:
        return _Parts(amount=_amount(word))
    if reference:
        return _Parts(word)
    if _is_amount(word):
        return _Parts(amount=_amount(word))
    raise Unclear(f"«{word}» no es un monto ni {_wanted(choice)}.")


def _fits(word: str, references: Sequence[Reference]) -> bool:
    for reference in references:
        try:
            reference.parse(word)
        except InvalidValue:
            continue
        return True
    return False


def _wanted(choice: Choice) -> str:
    return in_text(choice.references[0].label)


def _is_amount(word: str) -> bool:
    try:
        _amount(word)
    except Unclear:
        return False
    return True


def _only_amount(words: Sequence[str]) -> str:
    if len(words) > 1:
        raise Unclear(f"Sobra «{' '.join(words[1:])}».")
    return _amount(words[0]) if words else ""


def _amount(word: str) -> str:
    """As the form takes it. Raises Unclear."""
    if fold(word) and word[:1].isalpha() and DUE.startswith(fold(word)):
        return DUE
    try:
        return Money.parse(word).format()
    except InvalidValue as error:
        raise Unclear(str(error)) from None


def _said(op: Op, choice: Choice | None, parts: _Parts, favourite: FavouriteRow | None, line: Line) -> Said[BillText]:
    last = favourite.last_amount if favourite is not None else None
    if choice is not None:
        if not parts.reference:
            line.missing.append(f"Falta {_wanted(choice)}.")
        elif choice.second is not None and choice.second.required and not parts.extra:
            line.missing.append(f"Falta también: {choice.second.label}.")
        if op is Op.BILLER_TOP_UP and not parts.amount and last is None:
            line.missing.append("Falta el monto.")
    if not line.source and favourite is not None and favourite.from_account is not None:
        usual = next((row for row in origins(line.hand.rows) if row.account_id == favourite.from_account), None)
        line.source = str(usual.position) if usual is not None else ""
    take_usual_source(line)
    form = BillText(
        choice.biller.id if choice is not None else "",
        op,
        parts.reference,
        parts.extra,
        parts.amount,
        line.source,
        last,
        whole=not line.missing,
    )
    return Said(f"{_echo(op, choice, parts, favourite, line)}. {_end(line)}", form)


def _end(line: Line) -> str:
    return f"{' '.join(line.missing)} {FORM}" if line.missing else ASK


def _echo(op: Op, choice: Choice | None, parts: _Parts, favourite: FavouriteRow | None, line: Line) -> str:
    verb = "Recargar" if op is Op.BILLER_TOP_UP else "Pagar"
    if choice is None:
        return f"{verb} a un recaudador" if op is Op.BILLER_PAY else f"{verb} por un recaudador"
    amount = parts.amount and (DUE if parts.amount == DUE else Money.parse(parts.amount).with_symbol())
    if not amount and favourite is not None and favourite.last_amount and op is Op.BILLER_TOP_UP:
        amount = Money(favourite.last_amount).with_symbol()
    shown = f" {amount}" if amount and amount != DUE else ""
    text = f"{verb}{shown} a {choice.biller.name}"
    if parts.reference:
        text += f" {favourite.reference_shown if favourite is not None else parts.reference}"
    if parts.extra:
        text += f" / {parts.extra}"
    if favourite is not None:
        text += f" ({favourite.label})"
    if parts.reference and not shown and op is Op.BILLER_PAY:
        text += ", lo que se deba"
    return f"{text}, desde {named_side(line.source, line.hand)}" if line.source else text


# Completion ---------------------------------------------------------------------------------------


def complete_bill(word: str, arguments: str, hand: Hand) -> list[str]:
    """Whole argument texts that go on from `arguments`: favourites first, then billers."""
    tokens = arguments.split()
    typing = tokens.pop() if arguments[-1:].strip() else ""
    op = OPS[word]
    if not tokens:
        mine = [f"f{row.position}" for row in hand.favourites if row.kind is op and not row.obstacle]
        among = choices(op, hand.today)
        begun = [one for one in among if one.biller.id.startswith(typing.casefold())]
        also = [one for one in meant(typing, among) if one not in begun] if fold(typing) else []
        favourites = [name for name in mine if name.startswith(typing.casefold())]
        return [*favourites, *(one.biller.id for one in (*begun, *also))]
    start = " ".join(tokens)
    sources = [str(row.position) for row in origins(hand.rows)]
    options = sources if tokens[-1] == FROM else _next(tokens, op, hand)
    return [f"{start} {option}" for option in options if option.startswith(typing)]


def _next(tokens: Sequence[str], op: Op, hand: Hand) -> list[str]:
    """After the biller: the references of its favourites, or its fixed amounts; then the origin."""
    more = [FROM] if FROM not in tokens and len(origins(hand.rows)) > 1 and len(tokens) > 1 else []
    try:
        choice = _choice(tokens[0], op, hand)
    except Unclear:
        known = any(f"f{row.position}" == tokens[0].casefold() for row in hand.favourites)
        return [FROM] if known and FROM not in tokens and len(origins(hand.rows)) > 1 else []
    if len(tokens) == 1:
        rows = [row for row in hand.favourites if (row.biller, row.kind) == (choice.biller.id, op)]
        return [row.reference for row in rows if row.reference]
    if len(tokens) == 2:
        return [amount.format().removesuffix(".00") for amount in choice.mode.denominations] or more
    return more
