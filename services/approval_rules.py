"""Who may approve what (req. 43): another person, unrelated, with a share that covers the amount."""

from data.driver_sql import DriverSql
from data.values.money import Money
from services.errors import LimitExceeded, NotPermitted
from services.operations import Op
from services.operator import ROLE_LABELS, Role
from services.payment_facts import RELATED
from services.payment_limits import limits_of_person
from services.policy import Policy
from services.unit_of_work import Transaction

OWN_REQUEST = "No puede aprobar una operación que usted registró. La decide otra persona; usted puede retirarla."
RELATIVE = (
    "No puede aprobar una operación de su propia cuenta ni de un familiar declarado. Pida a otra persona que apruebe."
)
#: One person who works here under two names is one person: both name the same member.
SAME_PERSON = DriverSql(
    "SELECT 1 FROM staff a JOIN staff m ON m.id = :maker_id WHERE a.id = :approver_id"
    " AND (a.id = m.id OR a.member_id = m.member_id)"
)


class ShareTooSmall(LimitExceeded):
    """Their role's share doesn't cover the amount either."""

    code = "share_too_small"


def over_share(policy: Policy, op: Op, amount: int, roles: frozenset[Role], own: int | None) -> bool:
    """Whether the amount is more than these roles may alone in one transaction. `own`: the person's narrower share."""
    return amount > _share(policy, op, roles, own)


def _share(policy: Policy, op: Op, roles: frozenset[Role], own: int | None) -> int:
    return limits_of_person(policy.limits[op], own, None).single_of(roles)


def check_somebody_may(policy: Policy, op: Op, amount: int) -> None:
    """Refuse at once what no role could approve. Raises LimitExceeded."""
    if not _roles_for(policy, op, amount):
        limits = policy.limits[op]
        most = max((limits.single.get(role, 0) for role in policy.operations[Op.APPROVAL_GIVE].roles), default=0)
        raise LimitExceeded(
            f"Nadie puede aprobar ese monto: lo más que se aprueba es {Money(most).with_symbol()}. "
            "Escriba un monto menor.",
            field="amount",
        )


def check_other_person(tx: Transaction, approver_id: int, maker_id: int, text: str = OWN_REQUEST) -> None:
    """Raises NotPermitted for the maker, under whatever user name and in whatever role."""
    if SAME_PERSON.first(tx.connection, {"approver_id": approver_id, "maker_id": maker_id}) is not None:
        raise NotPermitted(text)


def check_unrelated(tx: Transaction, approver_id: int, members: tuple[int | None, ...]) -> None:
    """Raises NotPermitted where one of the members is the approver or a declared relative."""
    for member_id in members:
        values = {"staff_id": approver_id, "member_id": member_id}
        if member_id is not None and RELATED.first(tx.connection, values) is not None:
            raise NotPermitted(RELATIVE)


def check_share(policy: Policy, op: Op, amount: int, roles: frozenset[Role], own: int | None) -> None:
    """What was over the maker's share must be within the approver's. Raises ShareTooSmall, which says who may."""
    if not over_share(policy, op, amount, roles, own):
        return
    share = Money(_share(policy, op, roles, own)).with_symbol()
    able = [ROLE_LABELS[role] for role in Role if role in _roles_for(policy, op, amount)]
    who = f"Lo puede aprobar: {', '.join(able)}." if able else "Nadie puede aprobar ese monto: rechácela."
    raise ShareTooSmall(f"Quien aprueba llega a {share} en este tipo de operación. {who}")


def _roles_for(policy: Policy, op: Op, amount: int) -> frozenset[Role]:
    limits = policy.limits[op]
    return frozenset(role for role in policy.operations[Op.APPROVAL_GIVE].roles if limits.single.get(role, 0) >= amount)
