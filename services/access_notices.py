"""Notices that go beside the usual way (req. 26, 44): to the phone when the mail says it already, to a contact that is
about to leave the record."""

from collections.abc import Mapping
from datetime import timedelta

from data.tables import Member
from services import outbox
from services.unit_of_work import Transaction


def tell_by_phone(tx: Transaction, member: Member, template: str) -> int | None:
    """A text message to the mobile on record, as the second channel of what a mail also tells; None without one."""
    return tell(tx, member, "sms", member.phone, template, {})


def tell(
    tx: Transaction,
    member: Member,
    kind: outbox.Kind,
    to: str | None,
    template: str,
    context: Mapping[str, str],
) -> int | None:
    """One message to a destination that need not be on record any more or yet; None if nothing can go there."""
    if not to or not outbox.is_deliverable(kind, to):
        return None
    return outbox.enqueue(
        tx,
        kind=kind,
        template=template,
        member_id=member.id,
        to=to,
        context=context,
        expires_at=tx.now + timedelta(hours=tx.policy.outbox.notice_hours),
    )
