"""The demo's cash: vaults that hold some, and one drawer that has been open since this morning.

One deposit was registered twice on purpose: who counts the cash that the other entries leave sees it named first.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select, update
from sqlmodel import col

from data.demo_figures import MemberFigure, StaffFigure
from data.tables import Account, Drawer, Outbox
from services import cash_kinds
from services.cash_count import CashCount
from services.demo_access import moment_uuid
from services.drawer_moves import BANK
from services.drawer_rows import count_text, drawer_account, last_entry, vault_account
from services.house_accounts import house_account
from services.operations import Op
from services.operator import Channel
from services.payment_entry import Execution, execute
from services.payment_facts import Wanted
from services.posting import Leg, Maker, Posting, evidence, post
from services.unit_of_work import Transaction

CASHIER = "lbatista"
IN_VAULT = 25_000_00
PIECES = {"billete-20": 15, "billete-10": 12, "billete-5": 10, "billete-1": 20, "moneda-0.25": 40}
OPENED = timedelta(minutes=95)
#: Minutes ago, which neighbour, kind, centésimos. The second is the first again.
MORNING = (
    (84, 0, Op.CASH_DEPOSIT, 75_00),
    (82, 0, Op.CASH_DEPOSIT, 75_00),
    (61, 1, Op.CASH_WITHDRAW, 120_00),
    (47, 2, Op.CASH_DEPOSIT, 31_50),
    (33, 3, Op.CASH_DEPOSIT, 450_00),
    (12, 1, Op.CASH_WITHDRAW, 40_00),
)


def add_cash(
    tx: Transaction,
    members: Mapping[str, int],
    figures: Sequence[MemberFigure],
    people: Sequence[StaffFigure],
    staff: Mapping[str, int],
) -> None:
    """Fund the vaults of the staff's branches, open the drawer and work with it."""
    now, cashier = tx.now, next(person for person in people if person.username == CASHIER)
    maker = Maker(f"staff:{staff[CASHIER]}", CASHIER, cashier.branch, "demo", Channel.BRANCH.value, None)
    before = _last_message(tx)
    for branch in sorted({person.branch for person in people}):
        tx.now = now - timedelta(days=1)
        legs = (Leg(vault_account(tx, branch), house_account(tx, BANK, "EFECTIVO CON EL BANCO"), IN_VAULT),)
        _post(tx, f"vault {branch}", cash_kinds.VAULT_IN, legs, [["Bóveda", branch], ["Motivo", "Remesa del banco"]])
    tx.now = now - OPENED
    opening = CashCount.of(PIECES)
    account = drawer_account(tx, cashier.branch, staff[CASHIER], CASHIER)
    legs = (Leg(account, vault_account(tx, cashier.branch), opening.total),)
    key = _post(tx, "drawer", cash_kinds.OPEN, legs, [["Caja", CASHIER]], maker)
    drawer = Drawer(
        staff_id=staff[CASHIER],
        account_id=account,
        branch=cashier.branch,
        opened_at=tx.now,
        opening=opening.total,
        opening_count=count_text(opening),
        opening_key=key,
        opened_after=last_entry(tx, account),
    )
    tx.session.add(drawer)
    tx.session.flush()
    served = _with_savings(tx, members, figures)
    for minutes, neighbour, op, amount in MORNING:
        tx.now = now - timedelta(minutes=minutes)
        member_id, savings = served[neighbour]
        sides = (account, savings) if op is Op.CASH_DEPOSIT else (savings, account)
        wanted = Wanted(op, member_id, *sides, amount, "")
        execute(tx, Execution(wanted, moment_uuid(tx.now, f"cash {minutes}"), maker), agreed=lambda _shown: None)
    tx.now = now
    _messages_have_gone_out(tx, before, now)


def _post(
    tx: Transaction, name: str, kind: str, legs: tuple[Leg, ...], lines: list[list[str]], maker: Maker | None = None
) -> str:
    key = moment_uuid(tx.now, name)
    done = post(tx, Posting(key, kind, legs, shown={"receipt": lines}, maker=maker))
    tx.record(kind, about=done.id, detail=evidence(done))
    return key


def _with_savings(
    tx: Transaction, members: Mapping[str, int], figures: Sequence[MemberFigure]
) -> list[tuple[int, int]]:
    """Members of no story and a savings account of each that has something on it, in the order of their numbers."""
    neighbours = [members[figure.number] for figure in figures if not figure.story]
    query = (
        select(col(Account.member_id), col(Account.id))
        .where(col(Account.member_id).in_(neighbours), col(Account.product) == "06", col(Account.status) == "open")
        .where(col(Account.affiliated_at).is_not(None), col(Account.balance) >= 500_00)
        .order_by(col(Account.number))
    )
    found = {row.member_id: row.id for row in reversed(tx.connection.execute(query).all())}
    return [(member_id, found[member_id]) for member_id in neighbours if member_id in found]


def _last_message(tx: Transaction) -> int:
    """The number of the newest message in the outbox."""
    newest = tx.connection.execute(select(col(Outbox.id)).order_by(col(Outbox.id).desc()).limit(1)).scalar()
    return newest or 0


def _messages_have_gone_out(tx: Transaction, before: int, now: datetime) -> None:
    """Those of this morning's operations were sent: the demo's members find no mail about them when it opens."""
    gone = update(Outbox).where(col(Outbox.id) > before)
    tx.connection.execute(gone.values(state="sent", sealed=None, settled_at=now))
