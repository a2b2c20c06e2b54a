"""What a change that waits for a second person must know of itself: how it is read, looked at and put into effect.

The kinds themselves stand beside their nouns: rights in services/staff_rights.py. services/proposals.py knows none.
"""

import hashlib
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from data.secrets import Secret
from services.audit_trail import canonical
from services.operations import Op
from services.unit_of_work import Transaction, UnitOfWork

Line = tuple[str, str, str]
"""Label, before, after; a line that only tells has nothing before."""


@dataclass(frozen=True, slots=True)
class Change:
    """What would change this moment.

    `subject`: what it is about, for a list. `state`: everything it rests on and replaces, for the fingerprint.
    `concerns`: the person of staff whose rights it changes; `about_member`: the member that this person is; both stay
    away from the decision.
    """

    subject: str
    lines: tuple[Line, ...]
    state: Mapping[str, Any]
    concerns: int | None = None
    about_member: int | None = None


@dataclass(frozen=True, slots=True)
class Effect:
    """What was done, in Spanish. `secret`: what the person in front is told once, and nobody else."""

    text: str
    secret: Secret | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Told:
    """What the event of the effect carries: why, and who asked for it under which proposal."""

    reason: str
    made_by: str
    proposal: str
    maker_id: int

    @property
    def detail(self) -> dict[str, Any]:
        """For the event."""
        return {"made_by": self.made_by, "proposal": self.proposal}


class ProposalKind(ABC):
    """One kind of change. `asks` and `gives`: the rights to propose it and to decide it."""

    name: str
    title: str
    asks: Op
    gives: Op
    why = "Da o cambia derechos: lo decide otra persona."
    second_follows = False
    """Whether the approver is the factor that lifts a caller's N2 to the N3 that `asks` wants (req. 17)."""

    def member_of(self, command: Any) -> int | None:
        """The member it is about."""
        del command
        return None

    @abstractmethod
    def parse(self, payload: Mapping[str, Any]) -> Any:
        """The command again. Raises TypeError, ValueError, KeyError for another's payload."""

    @abstractmethod
    def payload(self, command: Any) -> dict[str, Any]:
        """What is kept of the command: JSON values, no secrets."""

    @abstractmethod
    def look(self, tx: Transaction, command: Any) -> Change:
        """Look, change nothing; what it changes is held. Raises what stands in the way, also for the operator."""

    def told(self, uow: UnitOfWork, key: str) -> Secret | None:
        """What the maker is told once, when it is asked for."""
        del uow, key
        return None

    def prepare(self, uow: UnitOfWork, key: str) -> Any:
        """What takes long and needs no transaction, for `apply`."""
        del uow, key
        return None

    @abstractmethod
    def apply(self, tx: Transaction, command: Any, prepared: Any, told: Told) -> Effect:
        """Put it into effect, with its own event; the caller commits."""


def fingerprint(kind: ProposalKind, command: Any, change: Change) -> str:
    """Of what is asked for and of everything it replaces: who agrees to it agrees to exactly that."""
    lines = [list(line) for line in change.lines]
    whole = {"kind": kind.name, "command": kind.payload(command), "state": dict(change.state), "lines": lines}
    return hashlib.sha256(b"coop-tui proposal 1\0" + canonical(whole).encode()).hexdigest()
