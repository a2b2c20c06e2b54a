"""The kinds of change that take two people."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from services import member_changes, policy_changes, staff_rights
from services.proposal_kinds import ProposalKind

OF_COMMAND: Mapping[type[Any], ProposalKind] = MappingProxyType(
    {**staff_rights.KINDS, **policy_changes.KINDS, **member_changes.KINDS}
)
KINDS: Mapping[str, ProposalKind] = MappingProxyType({kind.name: kind for kind in OF_COMMAND.values()})


def kind_of(name: str) -> ProposalKind:
    """Who knows how to do it. Raises LookupError for a kind of another program's version."""
    return KINDS[name]


def kind_of_command(command: Any) -> ProposalKind:
    """The kind that a command belongs to. Raises LookupError."""
    return OF_COMMAND[type(command)]
