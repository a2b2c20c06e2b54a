"""The balances of accounts that keep none: a sum now and then, so that a balance needs only the entries after it."""

from dataclasses import dataclass

from sqlalchemy import bindparam, text

from data.types import Utc
from services.operator import Operator
from services.unit_of_work import UnitOfWork

# Entry numbers are given out before the commit: whoever sums up to a number must know that no lower one is on its way.
WAIT_FOR_POSTINGS = text("LOCK TABLE operation IN SHARE MODE")
ROLL_UP = text(
    "INSERT INTO rollup (account_id, upto_entry, balance, at)"
    " SELECT a.id, max(e.id), coalesce((SELECT r.balance FROM rollup r WHERE r.account_id = a.id"
    " ORDER BY r.upto_entry DESC LIMIT 1), 0) + sum(e.amount), :at"
    " FROM account a JOIN entry e ON e.account_id = a.id AND e.id > coalesce((SELECT max(r.upto_entry) FROM rollup r"
    " WHERE r.account_id = a.id), 0) WHERE NOT a.tracked GROUP BY a.id"
).bindparams(bindparam("at", type_=Utc()))


@dataclass(frozen=True, slots=True)
class RolledUp:
    """How many accounts got a new sum."""

    accounts: int


def roll_up(operator: Operator, uow: UnitOfWork) -> RolledUp:
    """Sum up every untracked account that has entries after its last roll-up: part of the day close.

    On PostgreSQL it is the tables' owner who does it: the program's own role may not hold postings up.
    """
    with uow.begin_system(operator) as tx:
        if tx.connection.dialect.name == "postgresql":
            tx.connection.execute(WAIT_FOR_POSTINGS)
        done = RolledUp(tx.connection.execute(ROLL_UP, {"at": tx.now}).rowcount)
        tx.record("ledger.roll_up", detail={"accounts": done.accounts})
        tx.commit()
    return done
