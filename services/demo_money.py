"""The demo's accounts and their movements, posted through the ledger like everything else (req. 41)."""

import hashlib
import random
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import insert, select
from sqlmodel import col

from data.demo_figures import AccountFigure, MemberFigure, draw_accounts
from data.tables import Account, Operation
from data.values.card_number import CardNumber
from data.values.dates import panama_date, panama_midnight
from services.audit_trail import canonical
from services.demo_access import moment_uuid
from services.operator import Channel
from services.unit_of_work import Transaction

CONTROL = "CTL-DEMO"
CHUNK = 500


def add_accounts(tx: Transaction, members: Mapping[str, int], figures: Sequence[MemberFigure]) -> tuple[int, int]:
    """Insert every account, empty, then post what happened on it; answers how many accounts and movements."""
    drawn = [(figure, account) for figure in figures for account in draw_accounts(figure)]
    rows = [_account_row(tx, members[figure.number], figure, account) for figure, account in drawn]
    rows.append(_control_row())
    for start in range(0, len(rows), CHUNK):
        tx.connection.execute(insert(Account), rows[start : start + CHUNK])
    found = tx.connection.execute(select(col(Account.number), col(Account.id)))
    ids = {row.number: row.id for row in found}
    operations = [
        _operation(tx, members[figure.number], account, ids, place)
        for figure, account in drawn
        for place in range(len(account.movements))
    ]
    operations.sort(key=lambda row: (row["at"], row["external_ref"]))
    for start in range(0, len(operations), CHUNK):
        tx.connection.execute(insert(Operation), operations[start : start + CHUNK])
    return len(drawn), len(operations)


def _account_row(tx: Transaction, member_id: int, figure: MemberFigure, account: AccountFigure) -> dict[str, Any]:
    return {
        "number": account.number,
        "member_id": member_id,
        "product": account.product,
        "label": account.label,
        "branch": account.branch,
        "opened_on": account.opened_on,
        "status": account.status,
        "affiliated_at": tx.now if account.affiliated else None,
        "card_token": _card_token(figure, account, tx.secrets.pepper) if account.last4 else None,
        "card_last4": account.last4,
        "terms": canonical(account.terms) if account.terms else None,
        "tracked": True,
        "floor": account.lowest,
        "min_balance": account.lowest,
    }


def _control_row() -> dict[str, Any]:
    empty = dict.fromkeys(("member_id", "opened_on", "affiliated_at", "card_token", "card_last4", "terms"))
    return empty | {
        "number": CONTROL,
        "product": "control",
        "label": "DEMOSTRACIÓN",
        "branch": "000",
        "status": "open",
        "tracked": False,
        "floor": 0,
        "min_balance": 0,
    }


def _card_token(figure: MemberFigure, account: AccountFigure, key: bytes) -> str:
    """The token of an invented card with the account's last four digits; its number is kept nowhere (req. 52)."""
    chance = random.Random(int(figure.number))  # noqa: S311  digits of a card that does not exist
    while True:
        digits = f"5216{chance.randrange(10**8):08d}{account.last4}"
        try:
            return CardNumber(digits).token(key)
        except ValueError:
            continue


def _operation(
    tx: Transaction, member_id: int, account: AccountFigure, ids: Mapping[str, int | None], place: int
) -> dict[str, Any]:
    movement = account.movements[place]
    mine, control = ids[account.number], ids[CONTROL]
    debit, credit = (control, mine) if movement.amount > 0 else (mine, control)
    day = panama_date(tx.now) - timedelta(days=movement.days)
    reference = f"demo:{account.number}:{place}"
    body = {
        "description": movement.description,
        "legs": [{"amount": abs(movement.amount), "credit": credit, "debit": debit}],
    }
    at = _posted_at(day, reference)
    return {
        "id": moment_uuid(at, reference),
        "request_hash": hashlib.sha256(reference.encode()).digest(),
        # History, because what stands blocked or closed today was not so then.
        "kind": "opening" if place == 0 and account.status == "open" else "history",
        "outcome": "posted",
        "member_id": member_id,
        "actor": "system",
        "branch": account.branch,
        "terminal": "demo",
        "channel": Channel.SYSTEM.value,
        "body": canonical(body),
        "external_ref": reference,
        "value_date": day,
        "at": at,
    }


def _posted_at(day: date, reference: str) -> datetime:
    """Some minute between 08:00 and 16:00 of that day in Panama, always the same."""
    minute = int(hashlib.sha256(reference.encode()).hexdigest()[:6], 16) % 480
    return panama_midnight(day) + timedelta(hours=8, minutes=minute)
