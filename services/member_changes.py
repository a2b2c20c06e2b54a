"""What is asked for a member and a supervisor approves from their own seat: the second person that makes N3 of N2.

A new contact, reopening a suspended access, a credential in two halves. The caller stands verified at N2 when it is
asked for; the evidence stays with the request (req. 17, 26, 28, 43, C10).
"""

import secrets as random_source
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType
from typing import Any, Final

from data.secrets import Secret
from data.secrets.box import hmac
from data.tables import Access
from services import authorisation, outbox
from services.access_labels import state_label
from services.access_mending import resume_access
from services.access_states import AccessState, lock_access, lock_member
from services.activation import BEFORE_ACTIVATION, activation_steps
from services.contacts import FIELD_LABELS, ChangeContact, ContactField, look_at_change, register_change, shown_contact
from services.credentials import check_issue_limit, end_credentials, member_id_of, place, to_issued
from services.errors import InvalidInput
from services.operations import Op
from services.proposal_kinds import Change, Effect, ProposalKind, Told
from services.temporary_passwords import ALPHABET, DIGITS, UPPER, Prepared
from services.unit_of_work import Transaction, UnitOfWork

WIDE: Final = 4
"""Bytes drawn for one character: so many that none of the alphabet is likelier than another."""


@dataclass(frozen=True, slots=True)
class AskContact:
    """A new e-mail or phone, as the member says it."""

    member_id: int
    field: ContactField
    new: str


@dataclass(frozen=True, slots=True)
class AskResume:
    member_id: int


@dataclass(frozen=True, slots=True)
class AskHalves:
    """A temporary password without mail: the agent dictates one half, the supervisor the other."""

    member_id: int


class _MemberKind(ProposalKind):
    gives = Op.APPROVAL_GIVE
    why = "Requiere una segunda persona: quien llamó está verificado hasta N2."
    second_follows = True

    def member_of(self, command: Any) -> int:
        return int(command.member_id)

    def payload(self, command: Any) -> dict[str, Any]:
        return {"member_id": command.member_id}


class _Contact(_MemberKind):
    name, title, asks = "contact.change", "Cambio de contacto", Op.CONTACT_CHANGE

    def parse(self, payload: Mapping[str, Any]) -> AskContact:
        return AskContact(payload["member_id"], payload["field"], payload["new"])

    def payload(self, command: AskContact) -> dict[str, Any]:
        return {"member_id": command.member_id, "field": command.field, "new": command.new}

    def look(self, tx: Transaction, command: AskContact) -> Change:
        wanted = look_at_change(tx, _change_of(command))
        hours = tx.policy.verification.contact_wait_hours
        before, after = (shown_contact(command.field, value) for value in (wanted.old, wanted.new))
        lines = ((FIELD_LABELS[command.field].capitalize(), before, after), ("Vale", "—", f"{hours} h tras aprobarlo"))
        return Change(wanted.member.number, lines, {"old": wanted.old, "new": wanted.new})

    def apply(self, tx: Transaction, command: AskContact, prepared: None, told: Told) -> Effect:
        del prepared
        wanted = look_at_change(tx, _change_of(command))
        return Effect(register_change(tx, wanted, told.maker_id, told.reason, _detail(tx, told)).text)


class _Resume(_MemberKind):
    name, title, asks = "access.resume", "Reabrir un acceso", Op.ACCESS_RESUME

    def parse(self, payload: Mapping[str, Any]) -> AskResume:
        return AskResume(payload["member_id"])

    def look(self, tx: Transaction, command: AskResume) -> Change:
        member, access = lock_member(tx, command.member_id), lock_access(tx, command.member_id)
        if access.state != AccessState.SUSPENDED or access.state_before_block is None:
            raise InvalidInput("El acceso no está suspendido.")
        line = ("Acceso", state_label(access.state), state_label(access.state_before_block))
        return Change(member.number, (line,), {"state": access.state, "before": access.state_before_block})

    def apply(self, tx: Transaction, command: AskResume, prepared: None, told: Told) -> Effect:
        del prepared
        lock_member(tx, command.member_id)
        access = lock_access(tx, command.member_id)
        text, detail = resume_access(tx, access)
        tx.session.add(access)
        notice = outbox.notice(tx, command.member_id, "access_resumed", {})
        detail = detail | {"notice": notice} | _detail(tx, told)
        tx.record(Op.ACCESS_RESUME.value, reason=told.reason, detail=detail)
        return Effect(text)


@dataclass(frozen=True, slots=True)
class _HandOver:
    half: Secret = field(repr=False)
    hashed: str = field(repr=False)


class _Halves(_MemberKind):
    name, title, asks = "credential.fallback", "Credencial en mitades", Op.CREDENTIAL_FALLBACK

    def parse(self, payload: Mapping[str, Any]) -> AskHalves:
        return AskHalves(payload["member_id"])

    def told(self, uow: UnitOfWork, key: str) -> Secret:
        return _first_half(uow, key)

    def prepare(self, uow: UnitOfWork, key: str) -> _HandOver:
        first = _first_half(uow, key).reveal()
        while True:
            half = "".join(random_source.choice(ALPHABET) for _ in range(uow.policy.credential.length - len(first)))
            if set(first + half) & set(UPPER) and set(first + half) & set(DIGITS):
                return _HandOver(Secret(half), uow.hasher.hash(first + half))

    def look(self, tx: Transaction, command: AskHalves) -> Change:
        member, access = lock_member(tx, command.member_id), lock_access(tx, command.member_id)
        self._check(tx, access)
        check_issue_limit(tx, command.member_id)
        after = state_label(AccessState.ISSUED.value)
        lines = (("Acceso", state_label(access.state), after), ("Entrega", "—", "en mitades, sin correo"))
        return Change(member.number, lines, {"state": access.state})

    def apply(self, tx: Transaction, command: AskHalves, prepared: _HandOver, told: Told) -> Effect:
        member, access = lock_member(tx, command.member_id), lock_access(tx, command.member_id)
        check_issue_limit(tx, command.member_id)
        before = AccessState(access.state)
        detail = activation_steps(tx, access) if before in BEFORE_ACTIVATION else to_issued(tx, access)
        replaced = end_credentials(tx, command.member_id, "replaced")
        made = Prepared(told.proposal, prepared.half, prepared.hashed)
        expires_at = tx.now + timedelta(hours=tx.policy.credential.valid_hours)
        place(tx, member, access, made, delivery="halves", outbox_id=None, expires_at=expires_at)
        outbox.notice(tx, member_id_of(member), "credential_handed", {})
        detail = detail | {"critical": True, "delivery": "halves", "replaced": replaced} | _detail(tx, told)
        tx.record(Op.CREDENTIAL_FALLBACK.value, about=f"credential:{told.proposal}", reason=told.reason, detail=detail)
        return Effect("Credencial emitida: dicte su mitad; la primera la dicta quien la pidió.", prepared.half)

    def _check(self, tx: Transaction, access: Access) -> None:
        """What the state makes of it, activation or reset, asks for its own rights on top, of who asks for it."""
        state = AccessState(access.state)
        if state in (AccessState.BLOCKED, AccessState.SUSPENDED, AccessState.CLOSED):
            raise InvalidInput("Con el acceso en ese estado no se entrega una credencial.")
        op = Op.ACCESS_ACTIVATE if state in BEFORE_ACTIVATION else Op.PASSWORD_RESET
        asks = state in BEFORE_ACTIVATION or state in (AccessState.CONTRACT_SIGNED, AccessState.ACTIVE)
        if tx.second_follows and asks and tx.standing is not None:
            rule = tx.policy.operations[op]
            authorisation.decide(
                op, rule, tx.standing, member_id=tx.member_id, now=tx.now, policy=tx.policy, second_follows=True
            )


KINDS: Mapping[type[Any], ProposalKind] = MappingProxyType(
    {AskContact: _Contact(), AskResume: _Resume(), AskHalves: _Halves()}
)


def _change_of(command: AskContact) -> ChangeContact:
    return ChangeContact(command.member_id, command.field, command.new, "")


def _detail(tx: Transaction, told: Told) -> dict[str, Any]:
    return told.detail | {"second_person": tx.operator.username}


def _first_half(uow: UnitOfWork, key: str) -> Secret:
    """The half that the agent dictates. Drawn from the pepper, so that it needs no place in the database."""
    length = uow.policy.credential.length // 2
    drawn = b"".join(
        hmac(uow.secrets.pepper, "coop-tui member half 1", f"{key}:{part}".encode()) for part in range(length)
    )
    numbers = (int.from_bytes(drawn[32 * at : 32 * at + WIDE], "big") for at in range(length))
    return Secret("".join(ALPHABET[number % len(ALPHABET)] for number in numbers))
