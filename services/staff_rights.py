"""What a person of staff may: a new person, other rights, opening and resetting an access. Each takes two people.

One administrator alone could make both maker and checker of anything (req. 11, 43). So these are changes that another
person decides, and a temporary password is told in two halves: the first to who proposed it, the second to who
approved it. Neither of them can sign in with theirs.
"""

import secrets as random_source
from abc import ABC
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Final

from data.secrets import Secret
from data.secrets.box import hmac
from data.tables import Staff
from data.values.money import Money
from services.errors import InvalidInput
from services.operations import Op
from services.operator import ROLE_LABELS, Role
from services.passwords import TEMPORARY_ALPHABET
from services.proposal_kinds import Change, Effect, Line, ProposalKind, Told
from services.session_rows import end_sessions_of
from services.staff_changes import (
    check_branch,
    check_full_name,
    check_roles,
    check_username,
    give_temporary,
    member_with,
    require_another_administrator,
    someone_else,
    store_person,
    username_is_free,
)
from services.staff_proof import id_of
from services.unit_of_work import Transaction, UnitOfWork
from services.working_hours import parse_hours

HALF: Final = 8
"""Characters of a half: 39 bits. Five wrong tries lock."""
AT_ANY_TIME: Final = "a toda hora"
OF_ROLE: Final = "el de su rol"


@dataclass(frozen=True, slots=True)
class Rights:
    """Everything that decides what a person may. `hours`: see services/working_hours; limits in centésimos, None where
    nothing narrower than their roles holds."""

    roles: frozenset[Role]
    branch: str
    hours: str | None = None
    single_limit: int | None = None
    daily_limit: int | None = None


@dataclass(frozen=True, slots=True)
class AddPerson:
    """A new person. `member_number`: their own, if they are asociado: they can't serve themselves (req. 43)."""

    username: str
    full_name: str
    rights: Rights
    member_number: str | None = None


@dataclass(frozen=True, slots=True)
class ChangeRights:
    """All the rights that the person shall have from now on."""

    username: str
    rights: Rights


@dataclass(frozen=True, slots=True)
class EnablePerson:
    username: str


@dataclass(frozen=True, slots=True)
class ResetPerson:
    username: str


@dataclass(frozen=True, slots=True)
class HandOver:
    """The approver's half of a temporary password, and the hash of the whole."""

    half: Secret = field(repr=False)
    hashed: str = field(repr=False)


class _StaffKind(ProposalKind, ABC):
    asks = Op.STAFF_MANAGE
    gives = Op.STAFF_APPROVE


class _HandsOver(_StaffKind, ABC):
    """A kind that ends with a temporary password in two halves."""

    def told(self, uow: UnitOfWork, key: str) -> Secret:
        return first_half(uow, key)

    def prepare(self, uow: UnitOfWork, key: str) -> HandOver:
        half = _grouped(random_source.choice(TEMPORARY_ALPHABET) for _ in range(HALF))
        return HandOver(half, uow.hasher.hash(f"{first_half(uow, key).reveal()}-{half.reveal()}"))


class _Add(_HandsOver):
    name, title = "staff.add", "Persona nueva"

    def parse(self, payload: Mapping[str, Any]) -> AddPerson:
        return AddPerson(payload["username"], payload["full_name"], _rights(payload), payload["member_number"])

    def payload(self, command: AddPerson) -> dict[str, Any]:
        named = {"full_name": command.full_name, "member_number": command.member_number}
        return {"username": command.username} | named | _plain(command.rights)

    def look(self, tx: Transaction, command: AddPerson) -> Change:
        username, name = check_username(command.username), check_full_name(command.full_name)
        rights = check_rights(command.rights)
        username_is_free(tx, username)
        member = member_with(tx, command.member_number) if command.member_number else None
        lines: tuple[Line, ...] = (("Usuario", "—", username), ("Nombre", "—", name))
        lines += tuple((label, "—", after) for label, after in described(rights))
        if command.member_number:
            lines += (("N.º de asociado", "—", command.member_number),)
        return Change(username, lines, {"free": username, "member": member}, about_member=member)

    def apply(self, tx: Transaction, command: AddPerson, prepared: HandOver, told: Told) -> Effect:
        person = new_person(tx, command, prepared.hashed)
        give_temporary(tx, person, prepared.hashed)
        store_person(tx, person)
        _keep(tx, self.name, person, told, roles=person.roles.split(), branch=person.branch)
        return Effect(f"{person.username} quedó agregado.", prepared.half)


class _Change(_StaffKind):
    name, title = "staff.rights", "Cambio de derechos"

    def parse(self, payload: Mapping[str, Any]) -> ChangeRights:
        return ChangeRights(payload["username"], _rights(payload))

    def payload(self, command: ChangeRights) -> dict[str, Any]:
        return {"username": command.username} | _plain(command.rights)

    def look(self, tx: Transaction, command: ChangeRights) -> Change:
        rights = check_rights(command.rights)
        person = someone_else(tx, command.username)
        if Role.ADMINISTRATOR not in rights.roles and person.enabled:
            require_another_administrator(tx, person)
        before = rights_of(person)
        pairs = zip(described(before), described(rights), strict=True)
        lines = tuple((label, old, new) for (label, old), (_, new) in pairs)
        return Change(person.username, lines, _state(person), id_of(person), person.member_id)

    def apply(self, tx: Transaction, command: ChangeRights, prepared: None, told: Told) -> Effect:
        del prepared
        person = someone_else(tx, command.username)
        before, after = rights_of(person), check_rights(command.rights)
        give_rights(person, after)
        tx.session.add(person)
        ended = end_sessions_of(tx, id_of(person), "rights_changed")
        _keep(tx, self.name, person, told, before=_plain(before), after=_plain(after), sessions=ended)
        return Effect(f"{person.username} tiene otros derechos; sus sesiones terminaron.")


class _Enable(_StaffKind):
    name, title = "staff.enable", "Habilitar a una persona"

    def parse(self, payload: Mapping[str, Any]) -> EnablePerson:
        return EnablePerson(payload["username"])

    def payload(self, command: EnablePerson) -> dict[str, Any]:
        return {"username": command.username}

    def look(self, tx: Transaction, command: EnablePerson) -> Change:
        person = someone_else(tx, command.username)
        if person.enabled:
            raise InvalidInput("Ese usuario ya está habilitado.", field="username")
        lines = (("Acceso", "deshabilitado", "habilitado"), *_same(rights_of(person)))
        return Change(person.username, lines, _state(person), id_of(person), person.member_id)

    def apply(self, tx: Transaction, command: EnablePerson, prepared: None, told: Told) -> Effect:
        del prepared
        person = someone_else(tx, command.username)
        person.enabled = True
        tx.session.add(person)
        _keep(tx, self.name, person, told)
        return Effect(f"{person.username} quedó habilitado.")


class _Reset(_HandsOver):
    name, title = "staff.reset", "Restablecer un acceso"

    def parse(self, payload: Mapping[str, Any]) -> ResetPerson:
        return ResetPerson(payload["username"])

    def payload(self, command: ResetPerson) -> dict[str, Any]:
        return {"username": command.username}

    def look(self, tx: Transaction, command: ResetPerson) -> Change:
        person = someone_else(tx, command.username)
        factor = "registrado" if person.totp_sealed is not None else "ninguno"
        lines = (("Contraseña", "la suya", "temporal"), ("Segundo factor", factor, "ninguno"))
        return Change(
            person.username, lines + _same(rights_of(person)), _state(person), id_of(person), person.member_id
        )

    def apply(self, tx: Transaction, command: ResetPerson, prepared: HandOver, told: Told) -> Effect:
        person = someone_else(tx, command.username)
        give_temporary(tx, person, prepared.hashed)
        person.totp_sealed = None
        person.totp_last_step = None
        tx.session.add(person)
        ended = end_sessions_of(tx, id_of(person), "reset")
        _keep(tx, self.name, person, told, sessions=ended)
        return Effect(f"{person.username} tiene contraseña temporal.", prepared.half)


KINDS: Mapping[type[Any], ProposalKind] = MappingProxyType(
    {AddPerson: _Add(), ChangeRights: _Change(), EnablePerson: _Enable(), ResetPerson: _Reset()}
)


def rights_of(person: Staff) -> Rights:
    """What a person on record may."""
    roles = frozenset(Role(name) for name in person.roles.split())
    return Rights(roles, person.branch, person.hours, person.single_limit, person.daily_limit)


def give_rights(person: Staff, rights: Rights) -> None:
    """Write checked rights into the row."""
    person.roles, person.branch, person.hours = check_roles(rights.roles), rights.branch, rights.hours
    person.single_limit, person.daily_limit = rights.single_limit, rights.daily_limit


def check_rights(rights: Rights) -> Rights:
    """The rights in the form that is stored. Raises InvalidInput (roles, branch, hours, single_limit, daily_limit)."""
    check_roles(rights.roles)
    hours = parse_hours(rights.hours).text if rights.hours else None
    for name in ("single_limit", "daily_limit"):
        value = getattr(rights, name)
        if value is not None and value < 0:
            raise InvalidInput("El tope no puede ser negativo.", field=name)
    return Rights(rights.roles, check_branch(rights.branch), hours, rights.single_limit, rights.daily_limit)


def described(rights: Rights) -> tuple[tuple[str, str], ...]:
    """Label and Spanish text of each right, always the same five."""
    return (
        ("Roles", ", ".join(ROLE_LABELS[role] for role in Role if role in rights.roles)),
        ("Sucursal", rights.branch),
        ("Horario", rights.hours or AT_ANY_TIME),
        ("Tope por operación", _amount(rights.single_limit)),
        ("Tope por día", _amount(rights.daily_limit)),
    )


def new_person(tx: Transaction, command: AddPerson, hashed: str) -> Staff:
    """The row of a new person, checked, not stored yet. Raises InvalidInput by field."""
    person = Staff(
        username=check_username(command.username),
        full_name=check_full_name(command.full_name),
        roles="",
        branch="",
        password_hash=hashed,
        created_at=tx.now,
        member_id=member_with(tx, command.member_number) if command.member_number else None,
    )
    give_rights(person, check_rights(command.rights))
    return person


def first_half(uow: UnitOfWork, key: str) -> Secret:
    """The half that the maker tells. Drawn from the pepper, so that it needs no place in the database."""
    drawn = hmac(uow.secrets.pepper, "coop-tui first half 1", key.encode())
    return _grouped(TEMPORARY_ALPHABET[byte % len(TEMPORARY_ALPHABET)] for byte in drawn[:HALF])


def _grouped(characters: Any) -> Secret:
    text = "".join(characters)
    return Secret(f"{text[:4]}-{text[4:]}")


def _amount(centesimos: int | None) -> str:
    return OF_ROLE if centesimos is None else Money(centesimos).with_symbol()


def _same(rights: Rights) -> tuple[Line, ...]:
    return tuple((label, text, text) for label, text in described(rights))


def _state(person: Staff) -> dict[str, Any]:
    """What a change of the person rests on: if any of it is another by then, it is looked at again."""
    return {"id": person.id, "enabled": person.enabled, "member": person.member_id} | _plain(rights_of(person))


def _plain(rights: Rights) -> dict[str, Any]:
    return {
        "roles": sorted(role.value for role in rights.roles),
        "branch": rights.branch,
        "hours": rights.hours,
        "single_limit": rights.single_limit,
        "daily_limit": rights.daily_limit,
    }


def _rights(payload: Mapping[str, Any]) -> Rights:
    roles = frozenset(Role(name) for name in payload["roles"])
    return Rights(roles, payload["branch"], payload["hours"], payload["single_limit"], payload["daily_limit"])


def _keep(tx: Transaction, action: str, person: Staff, told: Told, **detail: object) -> None:
    about = f"staff:{person.id}"
    tx.record(action, about=about, reason=told.reason, detail={"user": person.username} | told.detail | detail)
