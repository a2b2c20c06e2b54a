"""A day of ours against the gateway's own file of it: what differs, in words, and what to do about it.

The file is of the gateway's decisions, by its clock. What is still open here and decided there is settled first; what
then differs is kept as a line until somebody has attended to it.
"""

import hashlib
from collections.abc import Callable, Iterable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import func, insert, select
from sqlmodel import col

from data.tables import BillerOrder, Operation, Reconciliation, ReconciliationLine, Transfer
from data.types import utc_text
from data.values.dates import format_date, panama_date
from services.audit_trail import canonical
from services.biller_contract import BadSettlement, GatewayFailure, OrderRecord
from services.biller_gateway import BillerGateway
from services.biller_orders import OPEN, attempt
from services.biller_payments import NoGateway
from services.errors import CoopError, InvalidInput
from services.operations import Op
from services.operator import Operator
from services.reconciliation_lines import Difference, Reconciled, compare, missing_there, read_reconciliation
from services.unit_of_work import Transaction, UnitOfWork

#: What the ledger paid for an order, which is what was ordered unless a person settled another charge.
PAID = func.coalesce(
    select(func.sum(col(Transfer.amount)))
    .join(Operation, col(Operation.id) == col(Transfer.operation_id))
    .where(col(Operation.settles_hold) == col(BillerOrder.id))
    .correlate(BillerOrder)
    .scalar_subquery(),
    col(BillerOrder.amount),
)
AT_ONCE = 500  # ids of one question to the database
DAY_TO_COME = "Ese día aún no ha llegado. Escriba hoy o un día anterior."


class NoFile(CoopError):
    code = "no_settlement_file"
    default = "La pasarela no entregó el archivo del día. Intente más tarde."


class BadFile(CoopError):
    code = "bad_settlement_file"


@dataclass(frozen=True, slots=True)
class Reconcile:
    """`day` in Panama, today at the latest; a day that is not over can be compared again."""

    day: date


def reconcile(command: Reconcile, operator: Operator, gateway: BillerGateway | None, uow: UnitOfWork) -> Reconciled:
    """Compare a day and keep what differs.

    Raises InvalidInput (a day to come), NoGateway, NoFile, BadFile, and what authorisation raises.
    """
    begin = partial(uow.begin, operator, Op.BILLER_RECONCILE)
    with begin() as tx:
        if command.day > panama_date(tx.now):
            raise InvalidInput(DAY_TO_COME, field="day")
        if gateway is None:
            raise NoGateway
        tx.record(result="started", detail={"day": command.day.isoformat()})
        tx.commit()
    return _reconcile(command.day, gateway, uow, begin)


def reconcile_by_itself(day: date, operator: Operator, gateway: BillerGateway, uow: UnitOfWork) -> Reconciled:
    """The same as the program's own work. Raises NoFile, BadFile."""
    return _reconcile(day, gateway, uow, partial(uow.begin_system, operator))


def _reconcile(
    day: date, gateway: BillerGateway, uow: UnitOfWork, begin: Callable[[], AbstractContextManager[Transaction]]
) -> Reconciled:
    # Read before the file: an order that is decided while the file is on its way is missing from nowhere.
    before = _rows(uow, col(BillerOrder.decided_on) == day)
    records = _file(gateway, day)
    ours = _settle_open(uow, gateway, _by_ids(uow, [record.id for record in records]))
    found = [difference for record in records if (difference := compare(record, ours.get(record.id)))]
    told = {record.id for record in records}
    found += [missing_there(row) for row in before.values() if row.id not in told]
    with begin() as tx:
        reconciliation_id = _keep(tx, day, records, before | ours, found)
        summary = {"day": day.isoformat(), "orders": len(records), "differences": len(found)}
        tx.record(Op.BILLER_RECONCILE.value, about=f"reconciliation:{reconciliation_id}", detail=summary)
        answer = read_reconciliation(tx, reconciliation_id)
        tx.commit()
    return answer


def _file(gateway: BillerGateway, day: date) -> list[OrderRecord]:
    """The whole file: nothing of it counts before its last line came."""
    try:
        return list(gateway.settlements(day))
    except BadSettlement as error:
        raise BadFile(
            f"El archivo del {format_date(day)} está mal formado (línea {error.line}); no se usó nada de él."
            " Pida a la pasarela que lo corrija."
        ) from None
    except GatewayFailure:
        raise NoFile from None


def _settle_open(uow: UnitOfWork, gateway: BillerGateway, ours: Mapping[str, Any]) -> dict[str, Any]:
    """What the gateway has decided and is open here takes its next step before it counts as a difference."""
    still_open = [row.id for row in ours.values() if row.state in OPEN]
    for order_id in still_open:
        attempt(order_id, gateway, uow, at_once=True)
    return dict(ours) | _by_ids(uow, still_open)


def _by_ids(uow: UnitOfWork, ids: list[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for start in range(0, len(ids), AT_ONCE):
        found |= _rows(uow, col(BillerOrder.id).in_(ids[start : start + AT_ONCE]))
    return found


def _rows(uow: UnitOfWork, which: Any) -> dict[str, Any]:
    with uow.engine.connect() as connection:
        rows = connection.execute(select(BillerOrder.__table__, PAID.label("paid")).where(which)).all()  # type: ignore[attr-defined]
    return {row.id: row for row in rows}


def _keep(
    tx: Transaction, day: date, records: list[OrderRecord], ours: Mapping[str, Any], found: Iterable[Difference]
) -> int:
    """Write it down; a difference that was attended to in an earlier comparison of the day stays so."""
    before = _attended(tx, day)
    values = {
        "day": day,
        "at": tx.now,
        "actor": tx.operator.actor,
        "orders": len(records),
        "file_sha256": _digest(records),
        "ours": sum(int(row.paid) for row in ours.values() if row.state == "paid" and row.decided_on == day),
        "theirs": sum(record.amount or 0 for record in records),
    }
    made = tx.connection.execute(insert(Reconciliation).values(**values)).inserted_primary_key
    reconciliation_id = int(made[0]) if made else 0
    for one in found:
        line = asdict(one)
        row = before.get((one.order_id, one.difference, one.ours, one.theirs))
        line |= {name: getattr(row, name) for name in ("settled_at", "settled_by", "note")} if row else {}
        tx.connection.execute(insert(ReconciliationLine).values(reconciliation_id=reconciliation_id, **line))
    return reconciliation_id


def _attended(tx: Transaction, day: date) -> dict[tuple[str, ...], Any]:
    names = ("order_id", "difference", "ours", "theirs", "settled_at", "settled_by", "note")
    query = (
        select(*(col(getattr(ReconciliationLine, name)) for name in names))
        .join(Reconciliation, col(Reconciliation.id) == col(ReconciliationLine.reconciliation_id))
        .where(col(Reconciliation.day) == day, col(ReconciliationLine.settled_at).is_not(None))
        .order_by(col(ReconciliationLine.id))
    )
    rows = tx.connection.execute(query).all()
    return {(row.order_id, row.difference, row.ours, row.theirs): row for row in rows}


def _digest(records: list[OrderRecord]) -> str:
    """SHA-256, hex, over the records as they were read, in the file's order."""
    lines = [canonical(asdict(record) | {"at": utc_text(record.at)}) for record in records]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
