"""Forms filled with what is known of a favourite or of something due, so that two keys pay it again (S10–S31)."""

from __future__ import annotations

from data.values.money import Money
from screens.line_words import BillText, FormText, Hand
from screens.own_accounts import origins
from services.account_view import AccountRow
from services.favourites import FavouriteRow
from services.payment_options import Payable


def bill_of_favourite(row: FavouriteRow, hand: Hand) -> BillText:
    """The biller is asked what is due; where it names nothing, the amount of the last time is suggested."""
    source = usual_source(row.from_account, hand)
    biller, reference = row.biller or "", row.reference or ""
    return BillText(biller, row.kind, reference, row.extra or "", "", source, row.last_amount, whole=bool(source))


def form_of_favourite(row: FavouriteRow, hand: Hand) -> FormText:
    """An own account is paid what is usual for it now, anybody else's what was paid last."""
    own = next((each for each in hand.rows if each.account_id == row.to_account), None)
    source, amount = usual_source(row.from_account, hand, but=own), ""
    if own is not None and (payable := (hand.payables or {}).get(own.account_id)) and payable.options:
        amount = payable.options[0].word
    elif row.last_amount:
        amount = Money(row.last_amount).format()
    target = str(own.position) if own is not None else f"f{row.position}"
    return FormText(source, target, amount, whole=bool(source and amount))


def form_of_due(row: AccountRow, payable: Payable, hand: Hand) -> FormText:
    """The most usual amount of an own account."""
    source = usual_source(None, hand, but=row)
    return FormText(source, str(row.position), payable.options[0].word, whole=bool(source))


def usual_source(account_id: int | None, hand: Hand, *, but: AccountRow | None = None) -> str:
    """The account that it was paid from, else the only one that money may leave; empty where it must be said."""
    able = [row for row in origins(hand.rows) if row != but]
    used = next((row for row in able if row.account_id == account_id), None)
    row = used or (able[0] if len(able) == 1 else None)
    return str(row.position) if row is not None else ""
