"""For members whose mail never comes: slip or halves under a second person, critical in the trail (C9)."""

from __future__ import annotations

import os
import stat
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from data.secrets import Secret
from data.values.uuid7 import uuid7
from services.access_states import AccessPaused
from services.credential_fallback import Fallback, Form, Halves, SlipPrinted, fallback
from services.credentials import IssueCredential, issue_credential
from services.errors import (
    CoopError,
    InvalidInput,
    IssueLimitReached,
    KeyReused,
    NotPermitted,
    SecondPersonNeeded,
    SignInRefused,
    VerificationNeeded,
)
from services.operator import Operator, Role
from services.sealed_slip import SlipNotWritten, discard_slip, purge_slips
from services.temporary_passwords import TemporaryOutcome, check_temporary, match_temporary
from tests.services.access_cases import REASON, desk, live_credentials, mails, state_of
from tests.services.world import PASSWORD, World


def form(world: World, member: int, kind: Form = "halves", folder: Path | None = None, **changes: Any) -> Fallback:
    command = Fallback(member, REASON, uuid7(), kind, "jefa", Secret(PASSWORD), world.code(), folder)
    return replace(command, **changes)


@pytest.fixture
def boss(world: World) -> Operator:
    return world.staff("jefa", [Role.SUPERVISOR], full_name="Ana Jefa", sign_in=False)


def signs_in(world: World, member: int, password: str) -> bool:
    match = match_temporary(member, Secret(password), world.uow)
    with world.uow.begin_system(world.staff("portal", sign_in=False), member_id=member) as tx:
        answer = check_temporary(tx, member, match)
        tx.commit()
    return answer.outcome is TemporaryOutcome.ACCEPTED


def test_two_halves_make_one_password(world: World, boss: Operator) -> None:
    agent, member = desk(world, "credencial_emitida")
    issue_credential(IssueCredential(member, REASON, uuid7()), agent, world.uow)
    halves = fallback(form(world, member), agent, world.uow)
    assert isinstance(halves, Halves) and halves.first is not None and halves.second is not None
    assert (len(halves.first.reveal()), len(halves.second.reveal())) == (6, 6)
    assert halves.second_person == "Ana Jefa"
    password = halves.first.reveal() + halves.second.reveal()
    assert halves.first.reveal() not in repr(halves) and password not in str(world.events())
    assert live_credentials(world, member) == 1  # the mailed one is dead, its mail void
    assert mails(world, "temporary_credentials")[0]["state"] == "void"
    assert len(mails(world, "credential_handed")) == 1
    (event,) = world.events("credential.fallback")
    assert event["detail"]["critical"] is True and event["detail"]["second_person"] == "jefa"
    assert signs_in(world, member, password)


def test_a_slip_lies_sealed_until_it_is_printed(world: World, boss: Operator, tmp_path: Path) -> None:
    agent = world.staff()
    member = world.member(email=None)
    world.access(member)
    world.lease(agent, member)
    printed = fallback(form(world, member, "slip", tmp_path / "sobres"), agent, world.uow)
    assert isinstance(printed, SlipPrinted) and printed.path is not None
    if os.name == "posix":
        assert stat.S_IMODE(printed.path.stat().st_mode) == 0o600
        assert stat.S_IMODE(printed.path.parent.stat().st_mode) == 0o700
    assert printed.path.read_bytes().startswith(b"%PDF")
    assert state_of(world, member) == "credencial_emitida"  # activated on the way: there was no address to mail to
    assert world.events("credential.fallback")[0]["detail"]["before"] == "solicitado"
    assert signs_in(world, member, password_on(printed.path))

    discard_slip(printed.path)
    discard_slip(printed.path)
    assert list(printed.path.parent.iterdir()) == []


def password_on(path: Path) -> str:
    """What the member reads on the slip (the page isn't compressed)."""
    from services.temporary_passwords import ALPHABET

    text = path.read_bytes().decode("latin-1").split("Contrase")[1]
    return next(word for word in text.replace(")", " ").split() if len(word) == 12 and set(word) <= set(ALPHABET))


def test_the_same_form_again_shows_nothing_twice(world: World, boss: Operator, tmp_path: Path) -> None:
    agent, member = desk(world, "activado")
    command = form(world, member)
    fallback(command, agent, world.uow)
    again = fallback(command, agent, world.uow)
    assert isinstance(again, Halves) and again.existed and again.first is None and again.second is None
    with pytest.raises(KeyReused):
        fallback(replace(command, form="slip", folder=tmp_path), agent, world.uow)
    with pytest.raises(KeyReused):
        issue_credential(IssueCredential(member, REASON, command.key), agent, world.uow)
    world.clock.advance(seconds=30)
    slip = form(world, member, "slip", tmp_path)
    first = fallback(slip, agent, world.uow)
    second = fallback(slip, agent, world.uow)
    assert isinstance(first, SlipPrinted) and isinstance(second, SlipPrinted)
    assert second.existed and second.path == first.path
    assert first.path is not None
    discard_slip(first.path)
    third = fallback(slip, agent, world.uow)
    assert isinstance(third, SlipPrinted) and third.existed and third.path is None
    assert len(world.events("credential.fallback")) == 2 + 1  # and the refused one


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"password": Secret("otra")}, SignInRefused),
        ({"username": "nadie"}, SignInRefused),
        ({"username": "mrodriguez"}, NotPermitted),  # the agent themself
        ({"username": "jcastillo", "code": None}, NotPermitted),  # another agent
    ],
)
def test_the_second_person_is_another_who_may(
    world: World, boss: Operator, changes: dict[str, object], error: type[CoopError], tmp_path: Path
) -> None:
    agent, member = desk(world, "activado")
    world.staff("jcastillo", sign_in=False)
    with pytest.raises(error):
        fallback(form(world, member, "slip", tmp_path, **changes), agent, world.uow)
    assert live_credentials(world, member) == 0 and state_of(world, member) == "activado"
    assert list(tmp_path.glob("sobre-*")) == []


@pytest.mark.parametrize("how", ["relative", "own"])
def test_the_second_person_is_no_relative(world: World, how: str, tmp_path: Path) -> None:
    agent, member = desk(world, "activado")
    boss = world.staff("jefa", [Role.SUPERVISOR], sign_in=False, member_id=member if how == "own" else None)
    if how == "relative":
        world.relative(boss, member)
    with pytest.raises(SecondPersonNeeded):
        fallback(form(world, member, "slip", tmp_path), agent, world.uow)
    assert live_credentials(world, member) == 0
    assert list(tmp_path.glob("sobre-*")) == []  # the slip of a credential that came to nothing is gone


def test_nothing_is_asked_of_the_second_person_where_it_is_refused_anyway(world: World, boss: Operator) -> None:
    agent, member = desk(world, "activado", level=2)
    with pytest.raises(VerificationNeeded):
        fallback(form(world, member), agent, world.uow)
    world.change("UPDATE verification_lease SET level = 3")
    with pytest.raises(InvalidInput):
        fallback(form(world, member, "slip", None), agent, world.uow)
    with pytest.raises(InvalidInput):
        fallback(form(world, member, reason="no"), agent, world.uow)
    assert world.events("second_person.give") == []


def test_the_limit_counts_every_form(world: World, boss: Operator) -> None:
    agent, member = desk(world, "activado")
    for _ in range(3):
        issue_credential(IssueCredential(member, REASON, uuid7()), agent, world.uow)
    with pytest.raises(IssueLimitReached):
        fallback(form(world, member), agent, world.uow)


def test_a_forgotten_password_may_be_handed_over_and_a_pause_stays(world: World, boss: Operator) -> None:
    agent, member = desk(world, "activo", password_hash="x")
    fallback(form(world, member), agent, world.uow)
    assert state_of(world, member) == "credencial_emitida"
    assert world.scalar("SELECT password_hash FROM access") is None
    other = world.member("50013")
    world.access(other, "suspendido", state_before_block="credencial_emitida")
    world.lease(agent, other)
    world.clock.advance(seconds=30)
    with pytest.raises(AccessPaused):
        fallback(form(world, other), agent, world.uow)


def test_a_slip_that_cannot_be_written_issues_nothing(world: World, boss: Operator, tmp_path: Path) -> None:
    agent, member = desk(world, "activado")
    in_the_way = tmp_path / "sobres"
    in_the_way.write_bytes(b"a file where the folder should be")
    with pytest.raises(SlipNotWritten):
        fallback(form(world, member, "slip", in_the_way), agent, world.uow)
    assert live_credentials(world, member) == 0 and state_of(world, member) == "activado"


def test_old_slips_are_purged(sqlite_world: World, tmp_path: Path) -> None:
    folder = tmp_path / "sobres"
    folder.mkdir()
    now = sqlite_world.clock.now().timestamp()
    ages = {"sobre-a.pdf": 24 * 3600 + 1, "sobre-b.pdf": 24 * 3600 - 1, "carta.pdf": 10**6}
    for name, age in ages.items():
        (folder / name).write_bytes(b"x")
        os.utime(folder / name, (now - age, now - age))
    assert purge_slips(folder, sqlite_world.uow) == 1
    assert sorted(path.name for path in folder.iterdir()) == ["carta.pdf", "sobre-b.pdf"]
