"""Who the member is, field by field, as far as the caller's verification lets see (req. 16, ASVS 8.2.3)."""

from dataclasses import dataclass
from datetime import date

from data.catalog.branches import load_branches
from data.values.dates import age_on, format_date
from services.masking import HIDDEN, full_name, masked_cedula, masked_email, masked_name, masked_phone
from services.record_rows import MemberRow

KIND_LABELS = {"asociado": "Asociado", "tercero": "Tercero"}


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """The panel of identity, texts for the screen. E-mail and phone are masked at every level.

    Staff never need them.
    """

    cedula: str
    birth_date: str
    age: str
    email: str
    phone: str
    branch: str
    since: str


def shown_name(member: MemberRow, level: int) -> str:
    """`ITZEL P••••` below N1, the whole name from there on."""
    name = masked_name if level < 1 else full_name
    return name(member.given_names, member.surnames)


def identity(member: MemberRow, level: int, today: date) -> Identity:
    """The fields at a level; below N1 nothing but masked values."""
    email, phone = masked_email(member.email), masked_phone(member.phone)
    if level < 1:
        return Identity(masked_cedula(member.cedula), HIDDEN, "", email, phone, HIDDEN, "")
    return Identity(
        cedula=member.cedula,
        birth_date=format_date(member.birth_date),
        age=str(age_on(member.birth_date, today)),
        email=email,
        phone=phone,
        branch=f"{member.branch} {load_branches().name_of(member.branch)}",
        since=str(member.joined_on.year) if member.joined_on else "",
    )
