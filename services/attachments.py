"""The documents that go along with messages, made when the message is sent: the outbox keeps their names, not them.

They are made from what never changes (a signed contract, entries of the ledger up to a day), so that a message that
goes out twice carries the same bytes.
"""

from collections.abc import Callable, Mapping

from data.catalog.messages import load_messages
from services.contract_copies import contract_attachment
from services.errors import NotFound
from services.mail_messages import Attachment
from services.statements import card_attachment, general_attachment
from services.unit_of_work import UnitOfWork

#: By the name in the message catalogue. Takes the store, the member to whom the message goes, and the message's values.
MAKERS: Mapping[str, Callable[[UnitOfWork, int, Mapping[str, str]], Attachment]] = {
    "contract": contract_attachment,
    "statement": general_attachment,
    "card_statement": card_attachment,
}


def attachment_of(
    uow: UnitOfWork, template: str, member_id: int | None, context: Mapping[str, str]
) -> Attachment | None:
    """The document of one queued message, or None for a message without. It is the addressee's own, or NotFound."""
    kind = load_messages().get(template).attachment
    if not kind:
        return None
    if member_id is None:
        raise NotFound
    return MAKERS[kind](uow, member_id, context)
