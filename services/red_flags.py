"""Signs that somebody else is on the line: ticked by the agent or raised by the program (C3, req. 23)."""

from datetime import timedelta

from sqlalchemy import func, select, update
from sqlmodel import col

from data.catalog.flags import load_flags
from data.tables import Case, ContactChange, Factor, Member
from services.errors import InvalidInput
from services.factors import COUNTED, window_start
from services.unit_of_work import Transaction
from services.verification_state import Flag

RECENT_CONTACT = "contacto-reciente"
FAILED_BEFORE = "intentos-fallidos"


def automatic_flags(tx: Transaction, member: Member, case_id: str) -> frozenset[str]:
    """What the records say this moment: a contact changed (or asked to) in 72 h; failed tries in other contacts."""
    found = set()
    if _contact_is_recent(tx, member):
        found.add(RECENT_CONTACT)
    if _failures_elsewhere(tx, member, case_id) >= tx.policy.verification.failures_before_block - 1:
        found.add(FAILED_BEFORE)
    return frozenset(found)


def refresh_flags(tx: Transaction, member: Member, case_id: str, flags: str) -> str:
    """Bring the automatic flags of a case up to date; answers all its flags. A change leaves an event."""
    catalogue = load_flags()
    chosen = [name for name in flags.split() if (known := catalogue.get(name)) is None or not known.automatic]
    return _keep(tx, case_id, flags, {*chosen, *automatic_flags(tx, member, case_id)}, "case.flag")


def choose_flags(tx: Transaction, case_id: str, flags: str, chosen: tuple[str, ...]) -> str:
    """Set what the agent ticked; the automatic ones stay. Raises InvalidInput for what is not theirs to tick."""
    catalogue = load_flags()
    own = {flag.id for flag in catalogue.for_agent()}
    if not set(chosen) <= own:
        raise InvalidInput("Esa señal de alerta no está en la lista o la marca el programa.", field="flags")
    return _keep(tx, case_id, flags, {*chosen, *(set(flags.split()) - own)}, None)


def checklist(flags: str) -> tuple[Flag, ...]:
    """The whole checklist, with what is up."""
    up = set(flags.split())
    return tuple(
        Flag(flag.id, flag.text, flag.help, flag.id in up, flag.automatic) for flag in load_flags().by_id.values()
    )


def _keep(tx: Transaction, case_id: str, before: str, after: set[str], action: str | None) -> str:
    order = list(load_flags().by_id)
    kept = " ".join(sorted(after, key=lambda name: (order.index(name) if name in order else len(order), name)))
    if kept != before:
        tx.connection.execute(update(Case).where(col(Case.id) == case_id).values(flags=kept))
    if kept != before or action is None:
        detail = {"before": before.split(), "after": kept.split(), "automatic": action is not None}
        tx.record(action or "verification.flags", about=f"case:{case_id}", detail=detail)
    return kept


def _contact_is_recent(tx: Transaction, member: Member) -> bool:
    oldest = tx.now - timedelta(hours=tx.policy.verification.contact_wait_hours)
    if any(since is not None and since > oldest for since in (member.email_since, member.phone_since)):
        return True
    asked = select(col(ContactChange.id)).where(
        col(ContactChange.member_id) == member.id,
        col(ContactChange.state) != "cancelled",
        col(ContactChange.requested_at) > oldest,
    )
    return tx.connection.execute(asked.limit(1)).first() is not None


def _failures_elsewhere(tx: Transaction, member: Member, case_id: str) -> int:
    """Wrong answers, codes and data in other cases. Failed sign-ins don't count: they are why honest members call."""
    return tx.connection.execute(
        select(func.count())
        .select_from(Factor)
        .where(
            col(Factor.member_id) == member.id,
            col(Factor.case_id) != case_id,
            col(Factor.result) == "failed",
            col(Factor.kind).in_(COUNTED),
            col(Factor.at) > window_start(tx, member.id or 0),
        )
    ).scalar_one()
