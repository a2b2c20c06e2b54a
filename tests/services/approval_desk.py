"""A desk whose agent has a payment that somebody else must approve, and the people who might."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from data.secrets import Secret
from data.types import utc_text
from data.values.uuid7 import uuid7
from services.approval_views import ApprovalDetail, GetApproval, approval_detail
from services.approvals import (
    Approve,
    RequestApproval,
    Requested,
    approve,
    confirm_with_second_person,
    request_approval,
)
from services.operations import Op
from services.operator import Operator, Role
from services.payment_codes import CheckPaymentCode, SendPaymentCode, check_payment_code, send_payment_code
from services.payments import ConfirmPayment, Prepared, PreparePayment, prepare
from services.receipts import Receipt
from tests.services.callers import sent_code
from tests.services.world import PASSWORD, World

NOTE = "Compra de un terreno, trae la escritura"
SHARE = 100_00
BIG = 150_00


def tighten(world: World, op: Op = Op.TRANSFER_OWN, **limits: Any) -> None:
    """Make the policy's limits of one kind smaller."""
    policy = world.uow.policy
    narrow = {op: replace(policy.limits[op], **limits)}
    world.uow.policy = replace(policy, limits=policy.limits | narrow)  # type: ignore[operator]


class ApprovalDesk:
    """`agent` may B/.100.00 alone, a supervisor B/.1,000.00; the member has B/.500.00 and an empty account."""

    def __init__(self, world: World, *, op: Op = Op.TRANSFER_OWN, roles: Iterable[Role] = (Role.CIS_AGENT,)) -> None:
        self.world, self.op = world, op
        shares = dict.fromkeys((Role.CIS_AGENT, Role.CASHIER), SHARE) | {Role.SUPERVISOR: 1_000_00}
        tighten(world, op, single=shares)
        self.agent = world.staff(roles=roles)
        self.member = world.member()
        self.case = world.lease(self.agent, self.member, level=2, factors=("question", "code"))
        self.first = world.account(self.member, balance=500_00)
        self.holder = self.member
        if op.value.endswith("third"):
            self.holder = world.member("50099", given_names="Rubén", surnames="Ríos")
        self.second = world.account(self.holder)

    def supervisor(self, username: str = "sgomez", **options: Any) -> Operator:
        return self.world.staff(username, [Role.SUPERVISOR], **options)

    def prepare(self, amount: int = BIG, memo: str = "") -> Prepared:
        asked = PreparePayment(self.op, self.member, self.first, self.second, amount, memo)
        return prepare(asked, self.agent, self.world.uow)

    def form(self, amount: int = BIG, memo: str = "") -> ConfirmPayment:
        """A reviewed form with a key of its own."""
        shown = self.prepare(amount, memo)
        return ConfirmPayment(uuid7(), shown.hash, self.op, self.member, self.first, self.second, amount, memo)

    def code(self, amount: int = BIG) -> None:
        """The member says the code of this very payment."""
        sent = SendPaymentCode(self.op, self.member, self.first, self.second, amount, "email")
        send_payment_code(sent, self.agent, self.world.uow)
        said = CheckPaymentCode(self.member, Secret(sent_code(self.world)))
        assert check_payment_code(said, self.agent, self.world.uow)

    def ask(self, command: ConfirmPayment | None = None, note: str = NOTE) -> Requested:
        return request_approval(RequestApproval(command or self.form(), note), self.agent, self.world.uow)

    def detail(self, request_id: str, operator: Operator) -> ApprovalDetail:
        return approval_detail(GetApproval(request_id), operator, self.world.uow)

    def approve(self, request_id: str, operator: Operator, shown: str | None = None) -> Receipt:
        """Look, and agree to what was seen."""
        shown = self.detail(request_id, operator).hash if shown is None else shown
        return approve(Approve(request_id, shown), operator, self.world.uow)

    def here(self, command: ConfirmPayment, username: str = "sgomez", code: Secret | None = None) -> Receipt:
        """The second person signs at the agent's desk."""
        code = code or self.world.code()
        return confirm_with_second_person(command, username, Secret(PASSWORD), code, self.agent, self.world.uow)

    def state(self, request_id: str) -> str:
        return str(self.world.scalar("SELECT state FROM approval_request WHERE id = :id", id=request_id))

    def later(self, **by: float) -> None:
        """Time passes; everybody who is signed in has just typed a password."""
        self.world.clock.advance(**by)
        now = self.world.clock.now()
        stored = utc_text(now) if self.world.dialect == "sqlite" else now
        self.world.change(
            "UPDATE staff_session SET started_at = :now, last_seen_at = :now, authenticated_at = :now", now=stored
        )

    def posted(self) -> int:
        return int(
            self.world.scalar(
                "SELECT count(*) FROM operation WHERE kind = :kind AND outcome = 'posted'", kind=self.op.value
            )
        )
