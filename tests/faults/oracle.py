"""What must be true of a store after any crash, once the journal was worked off."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

from sqlalchemy import text

from data.engine import writing
from services.audit_proof import verify
from services.audit_trail import seal_pending
from services.ledger_check import check
from services.payment_kinds import KINDS
from services.receipts import BILLS
from services.unit_of_work import UnitOfWork

ACTIONS = {*(op.value for op in KINDS), *BILLS, "operation.reverse"}
#: Of payments: what is told of a bill that waits and of a schedule comes on top.
NOTICES = text(
    "SELECT count(*) FROM outbox WHERE template NOT IN ('bill_waiting', 'schedule_created', 'schedule_failed')"
)
#: What the members and the house have; not where the opening balances came from.
TOTAL = text(
    "SELECT sum(CASE WHEN a.tracked THEN a.balance ELSE (SELECT coalesce(sum(e.amount), 0) FROM entry e"
    " WHERE e.account_id = a.id) END) FROM account a WHERE a.number <> 'CTL-APERTURA'"
)


def judge(
    uow: UnitOfWork, total: int, acks: list[dict[str, Any]], resubmitted: list[str], minted: set[str]
) -> list[str]:
    """Everything that is wrong; empty if nothing is. `total` centésimos were there at the beginning; `minted` are the
    keys that forms had: an operation under another key was done twice."""
    problems = [f"ledger check: {finding}" for finding in check(uow)]  # sums, entries, holds, minima, bodies, events
    with uow.engine.connect() as connection:
        rows = connection.execute(
            text("SELECT seq, id, kind, outcome, body, settles_hold FROM operation WHERE kind <> 'opening'")
        ).all()
        told = connection.execute(text("SELECT object, action FROM audit_event WHERE result = 'ok'")).all()
        notices = connection.execute(NOTICES).scalar()
        found = connection.execute(TOTAL).scalar()
    if found != total:
        problems.append(f"the total is {found}, it was {total}")
    operations = {row.id: row for row in rows if row.settles_hold is None}  # the other half of a bill has no form
    ends = {row.settles_hold: row.outcome for row in rows}
    for ack in acks:
        problems += _missing(ack, operations, ends)
    for key in resubmitted:
        if key not in operations:
            problems.append(f"{key} was resubmitted and is not there")
    problems += [f"{key} is no form's key" for key in operations.keys() - minted]
    events = Counter(row.object for row in told if row.action in ACTIONS)
    posted = [row.id for row in rows if row.outcome == "posted"]
    if events != Counter(posted):
        problems.append(f"{len(posted)} operations, told of {sum(events.values())} times")
    # The payee is told as well; of a bill that was refused the payer is told.
    more = sum(row.outcome == "released" or (row.outcome == "posted" and row.kind.endswith("third")) for row in rows)
    if notices != len(posted) + more:
        problems.append(f"{len(posted)} operations, {notices} notices")
    return problems + chain(uow)


def _missing(ack: dict[str, Any], operations: dict[str, Any], ends: dict[str, str]) -> list[str]:
    """What was shown as done must be there, as it was shown."""
    row = operations.get(ack["key"])
    if row is None:
        return [f"{ack['key']} was acknowledged and is lost"]
    body, payload = json.loads(row.body), ack["payload"]
    legs = body["legs"]
    wrong = not ack["number"].endswith(f"{row.seq:07d}")
    if row.kind in BILLS:
        wrong = wrong or body["hold"] != {"account": payload["from_account"], "amount": payload["amount"]}
        return _not_told(ack, wrong or ack["outcome"] not in (row.outcome, ends.get(row.id)))
    wrong = wrong or row.outcome != ack["outcome"]
    if "amount" in payload:
        wrong = wrong or sum(leg["amount"] for leg in legs) != payload["amount"]
        wrong = wrong or {leg["debit"] for leg in legs} != {payload["from_account"]}
        # A loan's charges and interest go to the house.
        wrong = wrong or ("loan" not in row.kind and [leg["credit"] for leg in legs] != [payload["to_account"]])
    else:
        wrong = wrong or body["request"]["reversal_of"] != payload["operation_id"]
    return _not_told(ack, wrong)


def _not_told(ack: dict[str, Any], wrong: bool) -> list[str]:
    return [f"{ack['key']} is not what was acknowledged"] if wrong else []


def chain(uow: UnitOfWork) -> list[str]:
    """Every event sealed, every seal right."""
    with writing(uow.engine).begin() as connection:
        while seal_pending(connection):
            pass
    proof = verify(uow.engine, [], uow.secrets.signing_key)
    problems = [f"audit: {finding.text}" for finding in proof.findings]
    return problems + ([f"audit: {proof.pending} events are not sealed"] if proof.pending else [])
