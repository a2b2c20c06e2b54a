"""Find a member from one box: number, cédula, account, or name where the role may (req. 16, S33, S100)."""

import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import bindparam, text

from data.driver_sql import DriverSql
from data.types import utc_text
from services.access_labels import state_label
from services.errors import NotFound, RateLimited
from services.lookup_query import Query, read_query
from services.masking import masked_cedula, masked_name
from services.name_search import candidates, cost
from services.operations import Op
from services.operator import Operator
from services.text_cleaning import fold
from services.unit_of_work import Transaction, UnitOfWork

ACCOUNT_SPELLINGS = tuple(f"account_{letter}" for letter in "abcdefgh")
MEMBER_KINDS = {"asociado": "asociado", "tercero": "tercero"}

#: One statement: the look-ups of the last minutes, counted from the trail itself over ix_audit_event_actor
#: and no
#: further than the limit, then three probes of unique indexes. Unused readings are NULL and match nothing.
EXACT = DriverSql(
    "SELECT 0 AS place, (SELECT count(*) FROM (SELECT 1 FROM audit_event WHERE actor = :actor AND at > :since"
    " AND action = 'member.find' AND result <> 'refused' LIMIT :most) AS recent) AS id,"
    " NULL AS number, NULL AS kind, NULL AS cedula, NULL AS given_names, NULL AS surnames, NULL AS state"
    " UNION ALL SELECT 1, m.id, m.number, m.kind, m.cedula, m.given_names, m.surnames, a.state"
    " FROM member m LEFT JOIN access a ON a.member_id = m.id WHERE m.number IN (:typed, :padded)"
    " UNION ALL SELECT 2, m.id, m.number, m.kind, m.cedula, m.given_names, m.surnames, a.state"
    " FROM member m LEFT JOIN access a ON a.member_id = m.id WHERE m.cedula = :cedula"
    " UNION ALL SELECT 3, m.id, m.number, m.kind, m.cedula, m.given_names, m.surnames, a.state"
    " FROM account c JOIN member m ON m.id = c.member_id LEFT JOIN access a ON a.member_id = m.id"
    " WHERE c.number IN (:account_a, :account_b, :account_c, :account_d,"
    " :account_e, :account_f, :account_g, :account_h)"
)
BY_ID = text(
    "SELECT 4 AS place, m.id, m.number, m.kind, m.cedula, m.given_names, m.surnames, a.state"
    " FROM member m LEFT JOIN access a ON a.member_id = m.id WHERE m.id IN :ids"
).bindparams(bindparam("ids", expanding=True))


@dataclass(frozen=True, slots=True, repr=False)
class Find:
    """What was typed into the box."""

    text: str


@dataclass(frozen=True, slots=True)
class MemberHit:
    """One member, masked.

    `name` «ITZEL P••••», `cedula` «8-•••-•456», `access` the state of the online access.
    """

    member_id: int
    number: str
    name: str
    cedula: str
    kind: str
    access: str
    state: str | None


@dataclass(frozen=True, slots=True)
class FindResult:
    """Who was found, likeliest first; `more` when the name has further hits than the policy shows."""

    hits: tuple[MemberHit, ...]
    by_name: bool
    more: bool = False


def find(command: Find, operator: Operator, uow: UnitOfWork) -> FindResult:
    """Find members by number, cédula, account number or, where the role may, by name.

    Leaves one event: the kind of query, a keyed fingerprint of it and whom it found, never the text.
    Raises: NotFound (nobody there and «your role may not search by name» answer alike), RateLimited.
    """
    query = read_query(command.text)
    with uow.begin(operator, Op.MEMBER_FIND) as tx:
        rows = _exact(tx, query)
        by_name = not rows and bool(query.words)
        may = tx.policy.operations[Op.MEMBER_FIND_BY_NAME].roles & tx.standing.roles if tx.standing else None
        more = False
        if by_name and may:
            rows, more = _named(tx, query)
        _record(tx, query, rows, denied=by_name and not may)
        tx.commit()
    if not rows:
        raise NotFound
    return FindResult(tuple(_hit(row) for row in rows), by_name, more)


def _exact(tx: Transaction, query: Query) -> Sequence[Any]:
    """The member whom an identifier names; of several readings the most usual counts.

    Raises RateLimited after the 30th look-up in ten minutes, whatever was typed (req. 16).
    """
    limits = tx.policy.lookup
    numbers = (*query.numbers, None, None)
    values: dict[str, Any] = {"typed": numbers[0], "padded": numbers[1], "cedula": query.cedula}
    values |= dict(itertools.zip_longest(ACCOUNT_SPELLINGS, query.accounts[: len(ACCOUNT_SPELLINGS)]))
    since = utc_text(tx.now - timedelta(minutes=limits.window_minutes))
    values |= {"actor": tx.operator.actor, "since": since, "most": limits.per_window}
    recent, *rows = sorted(EXACT.rows(tx.connection, values), key=lambda row: int(row.place))
    if recent.id >= limits.per_window:
        raise RateLimited
    if len(rows) < 2:
        return rows
    best = [row for row in rows if row.place == rows[0].place]
    as_typed = [row for row in best if row.place == 1 and row.number == query.numbers[0]]
    return list({row.id: row for row in as_typed or best}.values())


def _named(tx: Transaction, query: Query) -> tuple[Sequence[Any], bool]:
    """The likeliest bearers of a name, and whether there are more."""
    most = tx.policy.lookup.name_results
    ids = candidates(tx.connection, query.words, most)
    if not ids:
        return [], False
    rows = tx.connection.execute(BY_ID, {"ids": ids}).all()
    ranked = sorted(
        rows,
        key=lambda row: (
            cost(query.words, f"{row.given_names} {row.surnames}"),
            fold(row.surnames),
            fold(row.given_names),
            row.number,
        ),
    )
    return ranked[:most], len(ranked) > most


def _record(tx: Transaction, query: Query, rows: Sequence[Any], *, denied: bool) -> None:
    detail: dict[str, Any] = {"kind": query.kind, "query": query.fingerprint(tx.secrets.pepper)}
    if len(rows) > 1:
        detail["members"] = [row.id for row in rows]
    tx.record(
        result="refused" if denied else "ok" if rows else "not_found",
        member=rows[0].id if len(rows) == 1 else None,
        reason="not_permitted" if denied else None,
        detail=detail,
    )


def _hit(row: Any) -> MemberHit:
    return MemberHit(
        member_id=row.id,
        number=row.number,
        name=masked_name(row.given_names, row.surnames),
        cedula=masked_cedula(row.cedula),
        kind=MEMBER_KINDS.get(row.kind, row.kind),
        access=state_label(row.state),
        state=row.state,
    )
