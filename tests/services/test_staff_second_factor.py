"""Registering a second factor (req. 11, 15)."""

from __future__ import annotations

import pyotp
import pytest
import segno

from data.secrets import SealBroken, Secret
from services import second_factor
from services.errors import InvalidInput, NotPermitted, ReauthenticationNeeded, SecondFactorNeeded, SessionLocked
from services.operations import Op
from services.operator import Role
from services.staff_sessions import (
    ConfirmSecondFactor,
    SignIn,
    begin_second_factor,
    confirm_second_factor,
    lock,
    sign_in,
    touch,
)
from tests.services.world import PASSWORD, START, World

SECRET = Secret("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")


def code_of(secret: Secret, world: World, steps: int = 0) -> Secret:
    return Secret(pyotp.TOTP(secret.reveal()).at(world.clock.now(), counter_offset=steps))


def test_from_offer_to_work(world: World) -> None:
    world.staff("sgomez", [Role.SUPERVISOR], sign_in=False, totp_sealed=None)
    signed = sign_in(SignIn("sgomez", Secret(PASSWORD), None, "T-1"), world.uow)
    offer = begin_second_factor(signed.operator, world.uow)
    assert world.scalar("SELECT totp_sealed FROM staff") is None, "nothing is stored before a code comes back"
    read = pyotp.parse_uri(offer.uri.reveal())
    assert (read.secret, read.name, read.issuer) == (offer.secret.reveal(), "sgomez", "Cooperativa")
    used = code_of(offer.secret, world)
    confirm_second_factor(ConfirmSecondFactor(offer.secret, used), signed.operator, world.uow)
    with world.uow.begin(signed.operator, Op.QUEUE_VIEW):
        pass
    with pytest.raises(SecondFactorNeeded):
        sign_in(SignIn("sgomez", Secret(PASSWORD), None, "T-1"), world.uow)
    with pytest.raises(Exception, match="sign_in_refused"):
        sign_in(SignIn("sgomez", Secret(PASSWORD), used, "T-1"), world.uow)
    again = sign_in(SignIn("sgomez", Secret(PASSWORD), code_of(offer.secret, world, 1), "T-1"), world.uow)
    assert not again.must_enrol_second_factor and again.password_minimum == 12
    assert [event["result"] for event in world.events("staff.enrol_second_factor")] == ["ok"]


def test_nothing_of_it_is_stored_or_shown_in_clear(world: World) -> None:
    agent = world.staff()
    offer = begin_second_factor(agent, world.uow)
    code = code_of(offer.secret, world)
    confirm_second_factor(ConfirmSecondFactor(offer.secret, code), agent, world.uow)
    stored = bytes(world.scalar("SELECT totp_sealed FROM staff"))
    assert offer.secret.reveal().encode() not in stored
    shown = repr(offer) + repr(ConfirmSecondFactor(offer.secret, code)) + str(world.events())
    assert offer.secret.reveal() not in shown and code.reveal() not in shown and "█" not in shown


def test_a_sealed_secret_opens_for_its_owner_alone(sqlite_world: World) -> None:
    sealed = second_factor.seal_secret(sqlite_world.uow.secrets, 7, SECRET)
    assert second_factor.unseal_secret(sqlite_world.uow.secrets, 7, sealed) == SECRET
    with pytest.raises(SealBroken):
        second_factor.unseal_secret(sqlite_world.uow.secrets, 8, sealed)


def test_a_wrong_code_registers_nothing(world: World) -> None:
    agent = world.staff()
    offer = begin_second_factor(agent, world.uow)
    for secret, code, field in (
        (offer.secret, code_of(offer.secret, world, 5), "code"),
        (offer.secret, Secret(""), "code"),
        (Secret("AAAA"), Secret("123456"), "secret"),
        (Secret("a" * 32), code_of(offer.secret, world), "secret"),
    ):
        with pytest.raises(InvalidInput) as refused:
            confirm_second_factor(ConfirmSecondFactor(secret, code), agent, world.uow)
        assert refused.value.field == field
    assert world.scalar("SELECT totp_sealed FROM staff") is None


def test_it_needs_a_fresh_password_an_open_station_and_no_other_factor(world: World) -> None:
    supervisor = world.staff("sgomez", [Role.SUPERVISOR])
    with pytest.raises(NotPermitted):
        begin_second_factor(supervisor, world.uow)
    agent = world.staff()
    offer = begin_second_factor(agent, world.uow)
    world.clock.advance(minutes=4)
    touch(agent, world.uow)
    world.clock.advance(minutes=1, seconds=1)
    for refused in (
        lambda: begin_second_factor(agent, world.uow),
        lambda: confirm_second_factor(
            ConfirmSecondFactor(offer.secret, code_of(offer.secret, world)), agent, world.uow
        ),
    ):
        with pytest.raises(ReauthenticationNeeded):
            refused()
    lock(agent, world.uow)
    with pytest.raises(SessionLocked):
        begin_second_factor(agent, world.uow)
    assert {event["reason"] for event in world.events("staff.enrol_second_factor")} == {
        "not_permitted",
        "reauthentication_needed",
        "session_locked",
    }


def test_the_window_is_one_step_to_either_side() -> None:
    totp = pyotp.TOTP(SECRET.reveal())
    now = totp.timecode(START)
    for distance, taken in ((-2, False), (-1, True), (0, True), (1, True), (2, False)):
        code = Secret(totp.at(START, counter_offset=distance))
        step = second_factor.matching_step(SECRET, code, START, None)
        assert step == (now + distance if taken else None)
    code = Secret(totp.at(START))
    assert second_factor.matching_step(SECRET, code, START, now - 1) == now
    assert second_factor.matching_step(SECRET, code, START, now) is None
    spaced = Secret(f"{code.reveal()[:3]} {code.reveal()[3:]}")
    assert second_factor.matching_step(SECRET, spaced, START, None) == now


@pytest.mark.parametrize("username", ["ana", "mrodriguez", "u" * 32])
def test_the_picture_fits_a_terminal_and_is_the_code(username: str) -> None:
    uri = second_factor.provisioning_uri(SECRET, username)
    rows = second_factor.qr_rows(uri)
    assert len(rows) <= 22 and len({len(row) for row in rows}) == 1 and len(rows[0]) <= 45
    halves: list[str] = []
    for row in rows:
        halves.append("".join("1" if char in "█▀" else "0" for char in row))
        halves.append("".join("1" if char in "█▄" else "0" for char in row))
    code = segno.make(uri.reveal(), error="l", micro=False, boost_error=False)
    size, margin = code.symbol_size(border=0)[0], (len(rows[0]) - code.symbol_size(border=0)[0]) // 2
    assert margin >= 1
    drawn = [half[margin : margin + size] for half in halves[margin : margin + size]]
    assert drawn == ["".join(str(bit) for bit in row) for row in code.matrix]
    around = halves[:margin] + halves[margin + size :]
    assert all(set(half) == {"0"} for half in around)
