"""What the program itself notices in a case: a change of contact and a reset in one contact is how accounts are taken
over (C3, req. 23)."""

from dataclasses import replace

from sqlmodel import col, select

from data.tables import AuditEvent, Case
from services import authorisation
from services.operations import Op
from services.unit_of_work import Transaction

CHANGE_AND_RESET = "cambio-y-reinicio"
RESETS = frozenset(
    {
        Op.QUESTIONS_RESET,
        Op.IMAGE_RESET,
        Op.PASSWORD_RESET,
        Op.CREDENTIAL_ISSUE,
        Op.CREDENTIAL_FALLBACK,
    }
)


def flag_change_and_reset(tx: Transaction) -> None:
    """Raise the flag if this operation makes the pair complete, and decide anew under it. Call it before the work.

    Raises VerificationNeeded when, with this flag, the caller isn't verified enough (req. 23). The flag stays in the
    case with what was done; a refused try leaves its event, and the next try meets the flag again.
    """
    if tx.op is Op.CONTACT_CHANGE:
        others = RESETS
    elif tx.op in RESETS:
        others = frozenset({Op.CONTACT_CHANGE})
    else:
        return
    if tx.case_id is None or tx.standing is None or tx.member_id is None or not _done_in_case(tx, others):
        return
    case = tx.session.get(Case, tx.case_id)
    if case is None or CHANGE_AND_RESET in case.flags.split():
        return
    flags = [*case.flags.split(), CHANGE_AND_RESET]
    case.flags = " ".join(flags)
    tx.session.add(case)
    raised = replace(tx.standing, flags=len(flags))
    authorisation.decide(
        tx.op,
        tx.rule,
        raised,
        member_id=tx.member_id,
        now=tx.now,
        policy=tx.policy,
        second_follows=tx.second_follows,
    )
    tx.standing = raised
    tx.record("case.flag", about=f"flag:{CHANGE_AND_RESET}", detail={"automatic": True})


def _done_in_case(tx: Transaction, operations: frozenset[Op]) -> bool:
    query = (
        select(AuditEvent.id)
        .where(
            col(AuditEvent.member_id) == tx.member_id,
            col(AuditEvent.case_id) == tx.case_id,
            col(AuditEvent.action).in_([op.value for op in operations]),
            col(AuditEvent.result) == "ok",
        )
        .limit(1)
    )
    return tx.connection.execute(query).first() is not None
