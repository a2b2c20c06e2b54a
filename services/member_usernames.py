"""What a member may be called at the door (req. 32; S51–S53)."""

import re

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import col

from data.tables import Access, Member
from services.errors import InvalidInput
from services.policy import Policy
from services.text_cleaning import fold
from services.unit_of_work import Transaction

_ALLOWED = re.compile(r"[A-Za-z0-9._-]+")
TAKEN = "Ese usuario no está disponible."


def check_username(typed: str, member: Member, policy: Policy) -> str:
    """The user as it will be kept. Raises InvalidInput that says what to change.

    8–32 letters, digits, dots, hyphens and low lines; not digits alone, which are members' numbers; neither the own
    number nor the cédula, however it is spelt.
    """
    limits = policy.portal
    name = typed.strip()
    if not limits.username_min <= len(name) <= limits.username_max:
        text = f"Escriba entre {limits.username_min} y {limits.username_max} caracteres."
    elif _ALLOWED.fullmatch(name) is None:
        text = "Use letras sin tilde, números, punto, guion y guion bajo, sin espacios."
    elif not any(char.isalpha() for char in name):
        text = "Incluya al menos una letra."
    elif _plain(name) in (_plain(member.number), _plain(member.cedula)):
        text = "No use su número de asociado ni su cédula."
    else:
        return name
    raise InvalidInput(text, field="username")


def keep_username(tx: Transaction, access: Access, name: str) -> None:
    """Write it; whoever else has it, in whatever case, keeps it. Raises InvalidInput: TAKEN."""
    folded = name.casefold()
    taken = tx.connection.execute(
        select(col(Access.member_id)).where(
            col(Access.username_folded) == folded, col(Access.member_id) != access.member_id
        )
    ).first()
    if taken is not None:
        raise InvalidInput(TAKEN, field="username")
    try:
        tx.connection.execute(
            update(Access)
            .where(col(Access.member_id) == access.member_id)
            .values(username=name, username_folded=folded, username_at=tx.now)
        )
    except IntegrityError:  # somebody else, in this very moment
        raise InvalidInput(TAKEN, field="username") from None


def _plain(text: str) -> str:
    return re.sub(r"[^a-z0-9]", "", fold(text))
