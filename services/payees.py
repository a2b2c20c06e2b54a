"""Somebody else's account as the destination of a payment: found by its number, or by asociado and account (S10, S12).

What is shown of it is enough to be sure and no more: product, masked number, masked holder, never a balance (S102).
"""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import text

from data.catalog.products import load_products
from data.driver_sql import DriverSql
from data.types import utc_text
from services.errors import InvalidInput, NotFound, RateLimited
from services.lookup_query import read_query
from services.masking import masked_account, masked_name, shown_card
from services.operations import Op
from services.operator import Operator
from services.payment_kinds import kind_for
from services.text_cleaning import clean
from services.unit_of_work import Transaction, UnitOfWork

#: `50233/2`: the second account of asociado 50233 that can be paid to.
_MEMBER_AND_PLACE = re.compile(r"([0-9]{1,10}) ?/ ?([0-9]{1,2})")
LONGEST = 40
RECENT = text(
    "SELECT count(*) FROM (SELECT 1 FROM audit_event WHERE actor = :actor AND at > :since AND action = 'payee.find'"
    " AND result <> 'refused' LIMIT :most) AS recent"
)
COLUMNS = (
    "SELECT a.id, a.number, a.product, a.label, a.card_last4, m.id AS member_id, m.given_names, m.surnames"
    " FROM account a JOIN member m ON m.id = a.member_id"
    " WHERE a.status = 'open' AND a.affiliated_at IS NOT NULL AND a.member_id <> :own"
)
#: As many spellings as a typed number may have (services/lookup_query.py).
SPELLINGS = 8
BY_ACCOUNT = DriverSql(COLUMNS, " AND a.number IN (:na, :nb, :nc, :nd, :ne, :nf, :ng, :nh)")
BY_MEMBER = DriverSql(COLUMNS, " AND m.number IN (:na, :nb, :nc, :nd, :ne, :nf, :ng, :nh)")


@dataclass(frozen=True, slots=True)
class FindPayees:
    """`text` as typed: an account number, `50233`, or `50233/2`. For the member who is served."""

    member_id: int
    text: str


@dataclass(frozen=True, slots=True)
class Payee:
    """One account that can be paid to. `op` is the kind of payment; `position` counts as in `50233/2`."""

    account_id: int
    op: Op
    label: str
    number: str  # masked
    holder: str  # masked
    position: int


def find_payees(command: FindPayees, operator: Operator, uow: UnitOfWork) -> tuple[Payee, ...]:
    """Whom the text may mean, in the order of the member's list; one for an account number or a place.

    Raises InvalidInput (field `to_account`) for what names no account, NotFound alike for one that is absent, closed,
    not affiliated, or the member's own; RateLimited like every look-up; what authorisation raises.
    """
    with uow.begin(operator, Op.PAYEE_FIND, member_id=command.member_id) as tx:
        _check_rate(tx)
        found, kind = _look(tx, command)
        detail: dict[str, Any] = {"kind": kind, "accounts": [payee.account_id for payee in found]}
        tx.record(result="ok" if found else "not_found", detail=detail)
        tx.commit()
    if not found:
        raise NotFound("No hay una cuenta con esos datos a la que se pueda pagar.", field="to_account")
    return found


def _look(tx: Transaction, command: FindPayees) -> tuple[tuple[Payee, ...], str]:
    typed = clean(command.text, LONGEST).strip()
    if match := _MEMBER_AND_PLACE.fullmatch(typed):
        place = int(match[2])
        all_of_them = _payees(tx, BY_MEMBER, command.member_id, (match[1].lstrip("0") or "0",))
        return tuple(payee for payee in all_of_them if payee.position == place), "member_and_place"
    query = read_query(typed)
    if query.kind == "numero" or query.accounts:
        found = _payees(tx, BY_ACCOUNT, command.member_id, query.accounts) if query.accounts else ()
        if not found and query.kind == "numero":
            return _payees(tx, BY_MEMBER, command.member_id, query.numbers), "member"
        return found, "account"
    raise InvalidInput(
        "Escriba el número de la cuenta, o el del asociado y su cuenta, por ejemplo 50233/1.", field="to_account"
    )


def _payees(tx: Transaction, statement: DriverSql, own: int, numbers: tuple[str, ...]) -> tuple[Payee, ...]:
    spelled = dict(zip((f"n{letter}" for letter in "abcdefgh"), (*numbers, *[None] * SPELLINGS), strict=False))
    rows = statement.rows(tx.connection, {"own": own, **spelled})
    order = {code: place for place, code in enumerate(load_products().by_code)}
    ordered = sorted(rows, key=lambda row: (order.get(row.product, len(order)), row.number))
    payable = [(row, kind) for row in ordered if (kind := kind_for(row.product, third=True)) is not None]
    return tuple(
        Payee(
            account_id=row.id,
            op=kind.op,
            label=clean(row.label, 60),
            number=shown_card(row.number, row.card_last4) if row.card_last4 else masked_account(row.number),
            holder=masked_name(row.given_names, row.surnames),
            position=position,
        )
        for position, (row, kind) in enumerate(payable, start=1)
    )


def _check_rate(tx: Transaction) -> None:
    """Members' numbers follow one another: nobody goes through them by paying either (req. 16)."""
    limits = tx.policy.lookup
    since = utc_text(tx.now - timedelta(minutes=limits.window_minutes))
    values = {"actor": tx.operator.actor, "since": since, "most": limits.per_window}
    if tx.connection.execute(RECENT, values).scalar_one() >= limits.per_window:
        raise RateLimited
