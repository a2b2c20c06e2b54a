"""What a person needs to try the demo: who signs in with what, and whom to call up with which answers.

All of it is invented, public and the same on every machine: a demo's passwords protect nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from data.catalog.branches import load_branches
from data.catalog.questions import load_questions
from data.demo_figures import (
    MemberFigure,
    StaffFigure,
    demo_password,
    load_members,
    load_staff,
    portal_password,
)
from data.values.dates import format_date
from services.demo_access import LADDER, username_of
from services.operator import ROLE_LABELS, Role
from services.policy import SessionPolicy


@dataclass(frozen=True, slots=True)
class DemoStaff:
    """One who can sign in. `totp_secret` (base32) is set where a code is asked for as well."""

    username: str
    full_name: str
    roles: str
    branch: str
    enabled: bool
    totp_secret: str | None


@dataclass(frozen=True, slots=True)
class DemoMember:
    """One member of the cast. `answers` are (question, answer) in the order of their positions."""

    number: str
    name: str
    cedula: str
    birth_date: str
    stage: str
    purpose: str
    answers: tuple[tuple[str, str], ...]
    portal: str = ""  # how they come into the portal, in Spanish; empty for who can't


@dataclass(frozen=True, slots=True)
class DemoSheet:
    """The demo on one sheet. `password` is that of all staff."""

    password: str
    staff: tuple[DemoStaff, ...]
    members: tuple[DemoMember, ...]

    def person(self, username: str) -> DemoStaff:
        """The person of staff with this username. Raises LookupError."""
        found = next((person for person in self.staff if person.username == username), None)
        if found is None:
            raise LookupError("no such person of staff in the demo")
        return found

    def member(self, number: str) -> DemoMember:
        """The member with this number. Raises LookupError."""
        found = next((member for member in self.members if member.number == number), None)
        if found is None:
            raise LookupError("no such member in the demo's cast")
        return found


def has_second_factor(figure: StaffFigure, session: SessionPolicy) -> bool:
    """Whether the person's codes are set up: where the policy asks for them, and for two people in any case."""
    return figure.second_factor or bool(set(figure.roles) & set(session.second_factor_roles))


def demo_sheet(session: SessionPolicy) -> DemoSheet:
    """The sheet of a demo that was built under this policy."""
    members = [_member(figure) for figure in load_members() if figure.story]
    return DemoSheet(demo_password(), tuple(_staff(figure, session) for figure in load_staff()), tuple(members))


def _staff(figure: StaffFigure, session: SessionPolicy) -> DemoStaff:
    return DemoStaff(
        figure.username,
        figure.name,
        ", ".join(_labels(figure.roles)),
        f"{figure.branch} {load_branches().name_of(figure.branch)}",
        figure.enabled,
        figure.totp_secret if has_second_factor(figure, session) else None,
    )


def _labels(roles: Iterable[str]) -> list[str]:
    return [ROLE_LABELS[Role(role)] for role in roles]


def _member(figure: MemberFigure) -> DemoMember:
    catalogue = load_questions()
    return DemoMember(
        figure.number,
        f"{figure.given_names} {figure.surnames}",
        figure.cedula,
        format_date(figure.birth_date),
        str(figure.more.get("over", figure.stage)),
        figure.purpose,
        tuple((catalogue.by_id[question].text, answer) for question, answer in figure.answers),
        _portal(figure),
    )


def _portal(figure: MemberFigure) -> str:
    """User and password, or what the first access asks for."""
    steps = list(LADDER)
    reached = steps.index(figure.stage) if figure.stage in steps else -1
    if figure.more.get("over") or reached < steps.index("contrasena"):
        return ""
    if reached < steps.index("servicios"):
        return f"Portal: número {figure.number}, contraseña {portal_password()}, cédula y fecha de nacimiento"
    return f"Portal: usuario {username_of(figure)}, contraseña {portal_password()}"
