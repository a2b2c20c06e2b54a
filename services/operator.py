"""Who does it, from where and in which session. Every use case takes one."""

from dataclasses import dataclass, field
from enum import StrEnum


class Role(StrEnum):
    """What a person of staff may be; one person may be several (req. 10)."""

    CIS_AGENT = "agente_cis"
    CASHIER = "cajero"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    ADMINISTRATOR = "administrador"
    COMPLIANCE = "cumplimiento"


ROLE_LABELS = {
    Role.CIS_AGENT: "Agente CIS",
    Role.CASHIER: "Cajero",
    Role.SUPERVISOR: "Supervisor",
    Role.AUDITOR: "Auditor",
    Role.ADMINISTRATOR: "Administrador",
    Role.COMPLIANCE: "Cumplimiento",
}


class Channel(StrEnum):
    """Where the contact takes place; every operation carries it (req. 46)."""

    CIS = "cis"
    BRANCH = "sucursal"
    CHAPTER = "capitulo"
    KIOSK = "kiosco"
    WEB = "web"
    SYSTEM = "sistema"


IN_PERSON = frozenset({Channel.BRANCH, Channel.CHAPTER})


@dataclass(frozen=True, slots=True)
class Operator:
    """A signed-in person of staff, a member in the portal, or the program itself.

    `actor` is `staff:7`, `member:12` or `system`, as it stands in operations and events. `session_id` is the key of the
    session's row, not the token; it is left out of the repr all the same.
    """

    actor: str
    username: str
    roles: frozenset[Role]
    branch: str
    terminal: str
    channel: Channel
    session_id: str = field(repr=False, default="")
    full_name: str = ""

    @property
    def staff_id(self) -> int:
        """The id of the person of staff. Raises ValueError for anybody else."""
        kind, _, number = self.actor.partition(":")
        if kind != "staff":
            raise ValueError("not a person of staff")
        return int(number)

    @property
    def is_member(self) -> bool:
        """Whether it is a member in the portal."""
        return self.actor.startswith("member:")

    @property
    def member_id(self) -> int:
        """The id of the member in the portal. Raises ValueError for anybody else."""
        kind, _, number = self.actor.partition(":")
        if kind != "member":
            raise ValueError("not a member")
        return int(number)


def system_operator(task: str, terminal: str = "local") -> Operator:
    """The program at work by itself: the worker, an import, a migration."""
    return Operator("system", task, frozenset(), "000", terminal, Channel.SYSTEM)
