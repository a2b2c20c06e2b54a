"""A cashier's drawer from opening to closing: counted blind, explained, posted (C13, req. 43).

One drawer a cashier, one open at a time, and nobody works on somebody else's. What stayed in it from the last closing
must be there at the opening; otherwise it is filled from the vault. At the closing the cashier counts first: only then
is the difference told, with the entries that may explain it. A count that doesn't agree may be repeated, as often as
the policy says; then the difference is posted, and the counts before stand in the trail.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import col, select

from data.tables import CashHandover, Drawer
from data.values.money import Money
from services import cash_kinds
from services.cash_count import CashCount
from services.drawer_difference import Suspect, explain
from services.drawer_report import DrawerReport, head_text, report_of
from services.drawer_rows import (
    NO_VAULT_CASH,
    NotEnoughCash,
    cash_entries,
    cash_in,
    count_of,
    count_text,
    difference_legs,
    drawer_account,
    id_of,
    last_entry,
    movements,
    open_drawer_of,
    own_drawer,
    vault_account,
)
from services.errors import CoopError, InvalidInput, KeyReused
from services.faults import fault
from services.operations import Op
from services.operator import Operator
from services.posting import Leg, Posted, Posting, evidence, post
from services.retries import retrying
from services.unit_of_work import Transaction, UnitOfWork
from services.vault_hands import SecondPerson, check_second, witnessed


class DrawerOpen(CoopError):
    code = "drawer_open"
    default = "Ya tiene una caja abierta. Ciérrela antes de abrir otra."


@dataclass(frozen=True, slots=True)
class OpenDrawer:
    """`key` is the UUIDv7 minted when the form opened. `second`: needed for more from the vault than the policy lets
    a cashier take alone."""

    key: str
    count: CashCount
    second: SecondPerson | None = None


@dataclass(frozen=True, slots=True)
class DrawerState:
    """The operator's drawer. Amounts in centésimos; `expected` None where the cashier counts blind (or it is closed).
    `difference` of the opening count with what had stayed in the drawer."""

    is_open: bool
    drawer_id: int = 0
    account_id: int = 0
    opened_at: datetime | None = None
    opening: int = 0
    operations: int = 0
    difference: int = 0
    expected: int | None = None
    tries: int = 0
    counts: int = 1  # how many before a difference stands


@dataclass(frozen=True, slots=True)
class CloseDrawer:
    """`keep`: the cash stays in the drawer, else it goes to the vault. `stands`: the cashier knows the difference of
    the last count and closes with it. A `key` for each request."""

    key: str
    count: CashCount
    keep: bool = False
    stands: bool = False


@dataclass(frozen=True, slots=True)
class Closing:
    """`closed` False: the count does not agree. `difference` is counted − expected, centésimos; `suspects` may explain
    it, the likeliest first; `counts_left` until it stands; `report` once closed."""

    closed: bool
    difference: int
    suspects: tuple[Suspect, ...]
    counts_left: int
    report: DrawerReport | None = None
    existed: bool = False


def open_drawer(command: OpenDrawer, operator: Operator, uow: UnitOfWork) -> DrawerState:
    """Open the operator's drawer with what was counted, once: the same key again answers with the same drawer.

    Raises DrawerOpen, NotEnoughCash (the vault), SecondPersonNeeded and what proving a second person raises, KeyReused,
    and the errors of authorisation.
    """
    second = check_second(command.second, operator, uow)

    def work() -> DrawerState:
        with uow.begin(operator, Op.DRAWER_WORK, alone=True) as tx:
            earlier = _by(tx, col(Drawer.opening_key) == command.key)
            if earlier is not None:
                if count_of(earlier.opening_count) != command.count:
                    raise KeyReused
                return _state(tx, earlier)
            if open_drawer_of(tx, operator.staff_id) is not None:
                raise DrawerOpen
            account = drawer_account(tx, operator.branch, operator.staff_id, operator.username)
            vault = vault_account(tx, operator.branch)
            cash = cash_in(tx, (account, vault))
            left, counted = cash[account], command.count.total
            if left:
                legs = difference_legs(tx, account, counted - left)
            else:
                witnessed(tx, counted, second)
                if counted > cash[vault]:
                    raise NotEnoughCash(NO_VAULT_CASH)
                legs = (Leg(account, vault, counted),) if counted else ()
            return _opened(tx, command, account, legs, counted - left if left else 0)

    return retrying(work)


def my_drawer(operator: Operator, uow: UnitOfWork) -> DrawerState:
    """The operator's drawer as it stands. Nothing about a member, so no event; it doesn't count as being there."""
    with uow.begin(operator, Op.DRAWER_WORK, touch=False) as tx:
        drawer = open_drawer_of(tx, operator.staff_id)
        return _state(tx, drawer) if drawer else DrawerState(is_open=False, counts=tx.policy.cash.counts)


def close_drawer(command: CloseDrawer, operator: Operator, uow: UnitOfWork) -> Closing:
    """Count the drawer and, if the count agrees or stands, close it. A count that doesn't agree is kept and told.

    The same key again answers with the first closing. Raises DrawerClosed, InvalidInput (cash on its way to another
    drawer), KeyReused, and the errors of authorisation.
    """

    def work() -> Closing:
        with uow.begin(operator, Op.DRAWER_WORK, alone=True) as tx:
            count = count_text(command.count)
            earlier = _by(tx, col(Drawer.closing_key) == command.key)
            if earlier is not None:
                if earlier.count != count:
                    raise KeyReused
                return _closing(tx, earlier, existed=True) if earlier.closed_at else _difference(tx, earlier)
            drawer, cash = own_drawer(tx)
            _nothing_on_its_way(tx, drawer)
            expected, counted = cash[drawer.account_id], command.count.total
            told = command.stands and drawer.count == count
            if not told:
                drawer.tries += 1
            drawer.counted, drawer.count, drawer.expected = counted, count, expected
            drawer.closing_key = command.key
            if told or counted == expected or drawer.tries >= tx.policy.cash.counts:
                return _closed(tx, drawer, command)
            _keep_count(tx, drawer)
            return _difference(tx, drawer)

    return retrying(work)


def _by(tx: Transaction, condition: Any) -> Drawer | None:
    """The operator's drawer with this key. Raises KeyReused if it is somebody else's."""
    found = tx.session.exec(select(Drawer).where(condition)).one_or_none()
    if found is not None and found.staff_id != tx.operator.staff_id:
        raise KeyReused
    return found


def _opened(tx: Transaction, command: OpenDrawer, account: int, legs: tuple[Leg, ...], difference: int) -> DrawerState:
    total = Money(command.count.total).with_symbol()
    lines = [["Caja", tx.operator.username], ["Contado", total]]
    posting = Posting(command.key, cash_kinds.OPEN, legs, shown={"receipt": lines}) if legs else None
    done = post(tx, posting) if posting else None
    drawer = Drawer(
        staff_id=tx.operator.staff_id,
        account_id=account,
        branch=tx.operator.branch,
        opened_at=tx.now,
        opening=command.count.total,
        opening_count=count_text(command.count),
        opening_key=command.key,
        opened_after=last_entry(tx, account),
    )
    tx.session.add(drawer)
    tx.session.flush()
    detail = {"drawer": drawer.id, "opening": drawer.opening, "difference": difference}
    _record(tx, cash_kinds.OPEN, drawer, detail, done)
    fault("after_audit")
    tx.commit()
    return _state(tx, drawer, difference)


def _state(tx: Transaction, drawer: Drawer, difference: int = 0) -> DrawerState:
    cash = tx.policy.cash
    moved = movements(tx, drawer)
    return DrawerState(
        is_open=drawer.closed_at is None,
        drawer_id=id_of(drawer),
        account_id=drawer.account_id,
        opened_at=drawer.opened_at,
        opening=drawer.opening,
        operations=len(moved),
        difference=difference,
        expected=None if cash.blind else drawer.opening + sum(one.amount for one in moved),
        tries=drawer.tries,
        counts=cash.counts,
    )


def _nothing_on_its_way(tx: Transaction, drawer: Drawer) -> None:
    waiting = select(CashHandover.id).where(
        col(CashHandover.state) == "waiting",
        (col(CashHandover.from_drawer) == drawer.id) | (col(CashHandover.to_drawer) == drawer.id),
    )
    if tx.session.exec(waiting).first() is not None:
        raise InvalidInput("Hay un traslado entre cajas que espera respuesta. Acéptelo o anúlelo antes de cerrar.")


def _keep_count(tx: Transaction, drawer: Drawer) -> None:
    """A count that doesn't agree stands in the row and, with those before, in the trail."""
    tx.session.add(drawer)
    detail = {"counted": drawer.counted, "count": count_of(drawer.count or "").to_body(), "try": drawer.tries}
    difference = (drawer.counted or 0) - (drawer.expected or 0)
    tx.record("drawer.count", result="failed", about=f"drawer:{drawer.id}", detail=detail | {"difference": difference})
    tx.commit()


def _difference(tx: Transaction, drawer: Drawer) -> Closing:
    """What is told after a count that doesn't agree."""
    difference = (drawer.counted or 0) - (drawer.expected or 0)
    suspects = explain(cash_entries(movements(tx, drawer)), difference)
    return Closing(False, difference, suspects, tx.policy.cash.counts - drawer.tries)


def _closed(tx: Transaction, drawer: Drawer, command: CloseDrawer) -> Closing:
    counted, expected = drawer.counted or 0, drawer.expected or 0
    drawer.closed_at = tx.now
    drawer.closed_with = last_entry(tx, drawer.account_id)
    drawer.kept = counted if command.keep else 0
    drawer.trail = head_text(tx)
    tx.session.add(drawer)
    legs = difference_legs(tx, drawer.account_id, counted - expected)
    if counted and not command.keep:
        legs += (Leg(vault_account(tx, drawer.branch), drawer.account_id, counted),)
    lines = [["Caja", tx.operator.username], ["Contado", Money(counted).with_symbol()]]
    done = post(tx, Posting(command.key, cash_kinds.CLOSE, legs, shown={"receipt": lines})) if legs else None
    detail = {
        "drawer": drawer.id,
        "counted": counted,
        "expected": expected,
        "difference": counted - expected,
        "tries": drawer.tries,
        "kept": drawer.kept,
        "count": command.count.to_body(),
    }
    _record(tx, cash_kinds.CLOSE, drawer, detail, done)
    fault("after_audit")
    tx.commit()
    return _closing(tx, drawer)


def _record(tx: Transaction, action: str, drawer: Drawer, detail: Mapping[str, Any], done: Posted | None) -> None:
    """The event: of the posting, as the ledger's own check wants it, or of the drawer where no money moved."""
    about = done.id if done else f"drawer:{drawer.id}"
    tx.record(action, about=about, detail={**detail, **(evidence(done) if done else {})})


def _closing(tx: Transaction, drawer: Drawer, *, existed: bool = False) -> Closing:
    """What is told of a drawer that is closed."""
    moved = movements(tx, drawer)
    difference = (drawer.counted or 0) - (drawer.expected or 0)
    suspects = explain(cash_entries(moved), difference)
    report = report_of(drawer, tx.operator.username, moved, copy=existed)
    return Closing(True, difference, suspects, 0, report, existed)
