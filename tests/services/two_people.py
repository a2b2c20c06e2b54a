"""A change of rights through both hands: one proposes it, the other looks at it and approves."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from data.secrets import Secret
from data.values.uuid7 import uuid7
from services.approval_inbox import approval_detail
from services.approval_views import ApprovalDetail, GetApproval
from services.operator import Operator, Role
from services.proposal_kinds import Effect
from services.proposals import Agree, Propose, agree, propose
from services.staff_rights import AddPerson, ChangeRights, Rights
from services.unit_of_work import UnitOfWork
from tests.services.world import World

REASON = "Pedido de Recursos Humanos"


def rights(*roles: Role, branch: str = "018", **more: Any) -> Rights:
    return Rights(frozenset(roles), branch, **more)


def person(username: str = "jcastillo", *roles: Role, name: str = "Juan Castillo", **more: Any) -> AddPerson:
    return AddPerson(username, name, rights(*(roles or (Role.CASHIER,))), **more)


@dataclass
class TwoPeople:
    """An administrator who proposes, and a supervisor who approves."""

    uow: UnitOfWork
    maker: Operator
    checker: Operator

    @classmethod
    def of(cls, world: World) -> TwoPeople:
        checker = world.staff("revisora", [Role.SUPERVISOR], branch="001")
        return cls(world.uow, world.staff("admin", [Role.ADMINISTRATOR]), checker)

    def ask(self, command: Any, *, maker: Operator | None = None, key: str = "", reason: str = REASON) -> str:
        return propose(Propose(command, reason, key or uuid7()), maker or self.maker, self.uow).proposal_id

    def ask_rights(self, username: str, *roles: Role, **more: Any) -> str:
        return self.ask(ChangeRights(username, rights(*roles, **more)))

    def see(self, proposal_id: str, checker: Operator | None = None) -> ApprovalDetail:
        return approval_detail(GetApproval(proposal_id), checker or self.checker, self.uow)

    def agree(self, proposal_id: str, checker: Operator | None = None, shown: str | None = None) -> Effect:
        checker = checker or self.checker
        shown = self.see(proposal_id, checker).hash if shown is None else shown
        return agree(Agree(proposal_id, shown), checker, self.uow)

    def do(self, command: Any) -> Secret | None:
        """Through both hands; answers the whole temporary password, where there is one."""
        asked = propose(Propose(command, REASON, uuid7()), self.maker, self.uow)
        second = self.agree(asked.proposal_id).secret
        if asked.told is None or second is None:
            return None
        return Secret(f"{asked.told.reveal()}-{second.reveal()}")
