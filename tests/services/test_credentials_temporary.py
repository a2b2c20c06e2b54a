"""Temporary passwords: what they are made of and how the first sign-in uses one up (req. 27)."""

import math
import threading

import pytest

from data.secrets import Hasher, Secret
from data.values.uuid7 import uuid7
from services.credentials import IssueCredential, issue_credential
from services.operator import system_operator
from services.temporary_passwords import (
    ALPHABET,
    DIGITS,
    UPPER,
    TemporaryCheck,
    TemporaryOutcome,
    check_temporary,
    entropy_bits,
    match_temporary,
    new_password,
    wipe_over,
)
from tests.services.access_cases import REASON, desk, last_password, state_of
from tests.services.world import World


def try_password(world: World, member: int, typed: str) -> TemporaryCheck:
    match = match_temporary(member, Secret(typed), world.uow)
    with world.uow.begin_system(system_operator("portal"), member_id=member) as tx:
        answer = check_temporary(tx, member, match)
        tx.commit()
    return answer


@pytest.fixture
def issued(world: World) -> tuple[World, int]:
    agent, member = desk(world, "activado")
    issue_credential(IssueCredential(member, REASON, uuid7()), agent, world.uow)
    return world, member


def test_what_a_password_is_made_of() -> None:
    assert len(set(ALPHABET)) == len(ALPHABET) == 57 and not set(ALPHABET) & set("0O1lI")
    seen = {new_password(12).reveal() for _ in range(500)}
    assert len(seen) == 500
    for password in seen:
        assert len(password) == 12 and set(password) <= set(ALPHABET)
        assert set(password) & set(UPPER) and set(password) & set(DIGITS)


def test_a_password_has_69_bits() -> None:
    count = 57**12 - 33**12 - 49**12 + 25**12  # those without upper case, without digit, without both
    assert 69.7 < math.log2(count) < 69.8
    assert entropy_bits(12) == 69 and entropy_bits(11) == 63
    # Counted by hand for two characters: 24 upper times 8 digits, in either order.
    assert entropy_bits(2) == math.floor(math.log2(2 * 24 * 8))
    with pytest.raises(ValueError, match="64 bits"):
        new_password(11)


def test_accepted_once_then_used(issued: tuple[World, int]) -> None:
    world, member = issued
    password = last_password(world)
    assert try_password(world, member, password).outcome is TemporaryOutcome.ACCEPTED
    assert state_of(world, member) == "primer_acceso"
    again = try_password(world, member, password)
    assert (again.outcome, again.user_text[:37]) == (
        TemporaryOutcome.USED,
        "Su contraseña temporal ya se usó. Par",
    )
    events = world.events("access.temporary_sign_in")
    assert [(event["result"], event["detail"]["outcome"]) for event in events] == [
        ("ok", "accepted"),
        ("failed", "used"),
    ]
    assert password not in str(events)


def test_after_a_day_it_is_expired(issued: tuple[World, int]) -> None:
    world, member = issued
    world.clock.advance(hours=24)
    answer = try_password(world, member, last_password(world))
    assert answer.user_text == "Su contraseña temporal venció. Llame al 205-0911."
    assert state_of(world, member) == "credencial_emitida"


def test_the_hash_of_an_old_one_is_gone_within_a_day_of_its_end(issued: tuple[World, int]) -> None:
    """Kept long enough to say «venció», then wiped; the row stays for the X-ray (req. 28, 53)."""
    world, member = issued
    password = last_password(world)
    world.clock.advance(hours=24 + 19)
    assert wipe_over(world.uow) == 0
    assert try_password(world, member, password).outcome is TemporaryOutcome.EXPIRED
    world.clock.advance(hours=2)
    assert wipe_over(world.uow) == 1 and wipe_over(world.uow) == 0
    assert world.rows("SELECT secret_hash, delivery FROM temporary_credential") == [
        {"secret_hash": "", "delivery": "mail"}
    ]
    for typed in (password, "", "otra cosa"):
        assert try_password(world, member, typed).outcome is TemporaryOutcome.WRONG
    assert [event["detail"] for event in world.events("credential.wiped")] == [{"wiped": 1}]


def test_wrong_tries_block_and_then_even_the_right_one_is_refused(issued: tuple[World, int]) -> None:
    world, member = issued
    password = last_password(world)
    for _ in range(5):
        assert try_password(world, member, "Incorrecta23").user_text == "Usuario o contraseña incorrectos."
    assert state_of(world, member) == "bloqueado"
    assert try_password(world, member, password).outcome is TemporaryOutcome.PAUSED
    blocking = world.events("access.temporary_sign_in")[4]["detail"]
    assert (blocking["before"], blocking["after"], blocking["failed"]) == ("credencial_emitida", "bloqueado", 5)


def test_a_right_one_starts_the_count_anew(issued: tuple[World, int]) -> None:
    world, member = issued
    for _ in range(4):
        try_password(world, member, "Incorrecta23")
    try_password(world, member, last_password(world))
    assert world.scalar("SELECT failed_count FROM access") == 0


def test_of_many_at_once_one_is_accepted(issued: tuple[World, int]) -> None:
    world, member = issued
    password = last_password(world)
    outcomes: list[TemporaryOutcome] = []

    def member_at_work() -> None:
        outcomes.append(try_password(world, member, password).outcome)

    threads = [threading.Thread(target=member_at_work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == sorted([TemporaryOutcome.ACCEPTED, *[TemporaryOutcome.USED] * 3])


def test_nobody_and_members_without_access_cost_the_same_work(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    member = world.member()
    work: list[str] = []

    def counted(self: Hasher, text: str = "") -> bool:
        work.append(text)
        return False

    monkeypatch.setattr(Hasher, "verify_dummy", counted)
    assert match_temporary(None, Secret("a"), world.uow).credential_id is None
    assert try_password(world, member, "b").outcome is TemporaryOutcome.WRONG
    assert work == ["a", "b"]


def test_the_match_of_another_member_is_refused(issued: tuple[World, int]) -> None:
    world, member = issued
    match = match_temporary(member, Secret(last_password(world)), world.uow)
    with (
        world.uow.begin_system(system_operator("portal")) as tx,
        pytest.raises(ValueError, match="another member"),
    ):
        check_temporary(tx, member + 1, match)
