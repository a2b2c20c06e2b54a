"""Through the door: a proven member gets a session and hears what comes next (req. 25, 30; S64, S76, S77)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from data.secrets import Secret
from data.tables import Access, Member
from services.access_states import AccessState, walk
from services.contracts import must_sign
from services.first_access_steps import first_missing
from services.masking import full_name
from services.member_sessions import Opening, open_session
from services.operator import Operator
from services.portal_place import PortalPlace
from services.unit_of_work import Transaction

Stage = Literal["wizard", "full"]


@dataclass(frozen=True, slots=True)
class SignedInMember:
    """A member inside. `must`: the step of the first access that comes next, None when all is done. `last_visit_at`:
    before this one (UTC). `device_token`: what the device keeps, if it was to be remembered."""

    operator: Operator
    stage: Stage
    must: str | None
    last_visit_at: datetime | None
    greeting_name: str
    device_token: Secret | None = None


def enter(
    tx: Transaction, access: Access, place: PortalPlace, *, stage: Stage, answered: bool, token: Secret | None = None
) -> SignedInMember:
    """Open the session. `full`: with the member's own data, which is the re-login of the first access; after a renewed
    password the access goes back to where it was. The caller records and commits."""
    member = tx.session.get(Member, access.member_id)
    if member is None:
        raise LookupError("an access without its member")
    last_visit_at = access.last_visit_at
    access.failed_count = 0
    if stage == "full":
        access.last_visit_at = tx.now
        access.relogin_at = access.relogin_at or tx.now
        if access.state == AccessState.FIRST_ACCESS and access.contract_at is not None:
            walk(tx, access, AccessState.CONTRACT_SIGNED, AccessState.ACTIVE)
        elif access.state == AccessState.CONTRACT_SIGNED:
            walk(tx, access, AccessState.ACTIVE)
    tx.session.add(access)
    tx.session.flush()
    opening = Opening(
        member_id=access.member_id,
        number=member.number,
        full_name=full_name(member.given_names, member.surnames),
        stage=stage,
        answered=answered,
        previous_visit_at=last_visit_at,
    )
    operator = open_session(tx, opening, place)
    must = first_missing(access) or ("contract" if must_sign(tx.connection, access.member_id, tx.now) else None)
    names = member.given_names.split()
    return SignedInMember(operator, stage, must, last_visit_at, names[0] if names else member.number, token)
