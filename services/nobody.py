"""The store's share of a portal step for people whom it doesn't know (req. 12, 35).

Beside one slow hash it is a hundredth of the work, and still the same statements run: what a known person's step locks,
counts, writes and queues is asked for, counted and written for nobody, in rows that no one reads and the throttles'
purge drops.
"""

from sqlalchemy import insert, select, update
from sqlmodel import col

from data.tables import Access, Outbox, PortalTry
from services.unit_of_work import Transaction

#: No row has this id.
NOBODY = 0
KIND = "nobody"


def keep(tx: Transaction) -> None:
    """In the place of a row that a known person's step would write."""
    tx.connection.execute(insert(PortalTry).values(kind=KIND, mark="", at=tx.now))


def wrong_try(tx: Transaction) -> dict[str, object]:
    """In the place of counting a wrong try: nothing is counted, and the event says nothing of it."""
    tx.connection.execute(update(Access).where(col(Access.member_id) == NOBODY).values(failed_count=0))
    return {}


def queued(tx: Transaction) -> None:
    """In the place of reading a message back that was queued."""
    tx.connection.execute(select(col(Outbox.state)).where(col(Outbox.id) == NOBODY)).first()
