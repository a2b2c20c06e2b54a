"""Signing in: equal answers, equal work, lock-out, the second factor, one session each (req. 11, 12, 14, 48)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from data.secrets import Hasher, Secret
from services.errors import NotPermitted, SecondFactorNeeded, SessionEnded, SetupNeeded, SignInRefused
from services.operations import Op
from services.operator import Channel, Operator, Role
from services.staff import UnlockStaff, unlock_staff
from services.staff_rights import ResetPerson
from services.staff_sessions import SignedIn, SignIn, sign_in
from tests.services.two_people import TwoPeople
from tests.services.world import PASSWORD, World

WRONG = "otra frase que no es la suya"


def enter(
    world: World, username: str = "mrodriguez", password: str = PASSWORD, code: Secret | None = None, **more: Channel
) -> SignedIn:
    return sign_in(SignIn(username, Secret(password), code, "T-7", **more), world.uow)


def fail(world: World, times: int, username: str = "mrodriguez") -> None:
    for _ in range(times):
        with pytest.raises(SignInRefused):
            enter(world, username, WRONG)


def reasons(world: World, action: str = "session.sign_in") -> list[str | None]:
    return [event.get("reason") for event in world.events(action)]


def test_a_session_opens(world: World) -> None:
    person = world.staff(sign_in=False)
    signed = enter(world, " MRodriguez ")
    assert (signed.operator.actor, signed.operator.terminal, signed.operator.roles) == (
        person.actor,
        "T-7",
        {Role.CIS_AGENT},
    )
    assert not signed.must_change_password and not signed.must_enrol_second_factor
    assert signed.idle_seconds == 300 and signed.absolute_ends_at == world.clock.now() + timedelta(hours=8)
    with world.uow.begin(signed.operator, Op.QUEUE_VIEW):
        pass
    (event,) = world.events("session.sign_in")
    assert (event["result"], event["actor"], event["session"]) == ("ok", person.actor, signed.operator.session_id[:16])
    assert len(signed.operator.session_id) == 64


def test_unknown_wrong_disabled_and_locked_look_the_same(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("ana", "disabled", "locked"):
        world.staff(name, sign_in=False, enabled=name != "disabled")
    fail(world, 5, "locked")
    work: list[str] = []
    verify = Hasher.verify
    monkeypatch.setattr(Hasher, "verify", lambda self, stored, text: work.append("v") or verify(self, stored, text))
    seen = set()
    for name, password in (
        ("nobody", PASSWORD),
        ("ana", WRONG),
        ("disabled", PASSWORD),
        ("locked", PASSWORD),
        ("locked", WRONG),
        ("ana", "x" * 5000),
        ("", ""),
        ("\x00\x1b\ud800", PASSWORD),
    ):
        work.clear()
        with pytest.raises(SignInRefused) as refused:
            enter(world, name, password)
        seen.add((type(refused.value), refused.value.user_text, refused.value.field, len(work)))
    assert seen == {(SignInRefused, "Usuario o contraseña incorrectos.", None, 1)}


def test_five_failures_lock_for_thirty_minutes(world: World) -> None:
    world.staff(sign_in=False)
    fail(world, 4)
    enter(world)
    fail(world, 5)
    (locked,) = world.events("staff.lock")
    assert locked["detail"] == {"user": "mrodriguez", "failures": 5, "minutes": 30}
    with pytest.raises(SignInRefused):
        enter(world)
    assert reasons(world)[-2:] == ["wrong_password", "locked"]
    assert world.scalar("SELECT failed_count FROM staff") == 5, "a locked attempt isn't counted"
    world.clock.advance(minutes=29, seconds=59)
    with pytest.raises(SignInRefused):
        enter(world)
    world.clock.advance(seconds=1)
    enter(world)
    assert world.scalar("SELECT failed_count FROM staff") == 0


def test_a_lock_that_ran_out_starts_five_anew(world: World) -> None:
    world.staff(sign_in=False)
    fail(world, 5)
    world.clock.advance(minutes=30)
    fail(world, 4)
    enter(world)


def test_a_supervisor_unlocks(world: World) -> None:
    world.staff(sign_in=False)
    supervisor = world.staff("sgomez", [Role.SUPERVISOR])
    fail(world, 5)
    unlock_staff(UnlockStaff("mrodriguez", "Confirmó su identidad"), supervisor, world.uow)
    enter(world)
    (event,) = world.events("staff.unlock")
    assert (event["actor"], event["reason"], event["result"]) == (supervisor.actor, "Confirmó su identidad", "ok")


def test_guesses_at_once_count_as_one_by_one(world: World) -> None:
    world.staff(sign_in=False)
    with ThreadPoolExecutor(12) as pool:
        outcomes = list(pool.map(lambda _: _outcome(world, WRONG), range(12)))
    assert outcomes == ["SignInRefused"] * 12
    assert world.scalar("SELECT failed_count FROM staff") == 5
    assert len(world.events("staff.lock")) == 1


def _outcome(world: World, password: str) -> str:
    try:
        enter(world, password=password)
    except SignInRefused as error:
        return type(error).__name__
    return "in"


def test_a_password_changed_meanwhile_is_the_old_one(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.staff(sign_in=False)
    verify = Hasher.verify

    def slow(self: Hasher, stored: str, text: str) -> bool:
        world.change("UPDATE staff SET password_hash = :new", new=world.hasher.hash("una frase nueva y larga"))
        return verify(self, stored, text)

    monkeypatch.setattr(Hasher, "verify", slow)
    with pytest.raises(SignInRefused):
        enter(world)
    assert world.scalar("SELECT count(*) FROM staff_session") == 0


def test_an_unknown_name_leaves_a_mark_and_not_its_text(world: World) -> None:
    typed = "MiClaveSecreta-2026"
    for _ in range(2):
        with pytest.raises(SignInRefused):
            enter(world, typed)
    first, second = world.events("session.sign_in")
    assert first["actor"] == "anonymous" and first["user"] == second["user"] and first["user"].startswith("#")
    assert typed.casefold() not in str(world.events()).casefold()


def test_a_planted_password_is_nowhere(sqlite_world: World, caplog: pytest.LogCaptureFixture, tmp_path: Path) -> None:
    planted, world = "planta-9f3c-oculta-del-patio", sqlite_world
    caplog.set_level(0)
    world.staff(sign_in=False, password=planted)
    signed = enter(world, password=planted)
    for username in ("mrodriguez", planted):
        with pytest.raises(SignInRefused) as refused:
            enter(world, username, planted + "!")
        assert planted not in repr(refused.value) + str(refused.value)
    assert planted not in repr(signed) + repr(SignIn("ana", Secret(planted), None, "T"))
    world.close()
    stored = b"".join(file.read_bytes() for file in tmp_path.rglob("coop.db*"))
    assert b"mrodriguez" in stored and b"planta-9f3c" not in stored
    assert "planta-9f3c" not in caplog.text


def test_the_code_is_asked_only_after_the_right_password(world: World) -> None:
    world.staff("sgomez", [Role.SUPERVISOR], sign_in=False)
    with pytest.raises(SignInRefused):
        enter(world, "sgomez", WRONG, world.code())
    with pytest.raises(SecondFactorNeeded):
        enter(world, "sgomez")
    assert world.scalar("SELECT failed_count FROM staff") == 1, "asking for the code settles nothing"
    assert enter(world, "sgomez", code=world.code()).operator.username == "sgomez"
    assert reasons(world) == ["wrong_password", "code_needed", None]


def test_a_code_is_good_once_and_near_its_time(world: World) -> None:
    world.staff("sgomez", [Role.SUPERVISOR], sign_in=False)
    enter(world, "sgomez", code=world.code())
    for refused in (world.code(), world.code(-1), world.code(2), world.code(-2), Secret("12345"), Secret("٣٣٣٣٣٣")):
        world.change("UPDATE staff SET failed_count = 0")
        with pytest.raises(SignInRefused):
            enter(world, "sgomez", code=refused)
    enter(world, "sgomez", code=world.code(1))
    world.clock.advance(seconds=90)
    enter(world, "sgomez", code=world.code(-1))


def test_wrong_codes_lock_too(world: World) -> None:
    world.staff("sgomez", [Role.SUPERVISOR], sign_in=False)
    for _ in range(5):
        with pytest.raises(SignInRefused):
            enter(world, "sgomez", code=world.code(-5))
    with pytest.raises(SignInRefused):
        enter(world, "sgomez", code=world.code())
    assert reasons(world) == ["wrong_code"] * 5 + ["locked"]


def test_a_new_session_ends_the_former(world: World) -> None:
    world.staff(sign_in=False)
    first = enter(world).operator
    member = world.member()
    case = world.lease(first, member)
    second = enter(world).operator
    with pytest.raises(SessionEnded), world.uow.begin(first, Op.QUEUE_VIEW):
        pass
    with world.uow.begin(second, Op.QUEUE_VIEW):
        pass
    (row,) = world.rows("SELECT end_reason FROM staff_session WHERE ended_at IS NOT NULL")
    assert row["end_reason"] == "replaced"
    assert world.scalar("SELECT end_reason FROM verification_lease WHERE case_id = :id", id=case) == "replaced"
    assert world.scalar("SELECT outcome FROM service_case WHERE id = :id", id=case) == "session_ended"
    (event,) = world.events("session.end")
    assert (event["reason"], event["detail"]["sessions"]) == ("replaced", [first.session_id[:16]])


def test_a_temporary_password_opens_nothing_but_its_change_and_expires(world: World) -> None:
    world.staff(sign_in=False)
    given = TwoPeople.of(world).do(ResetPerson("mrodriguez"))
    assert given is not None
    signed = enter(world, password=given.reveal())
    assert signed.must_change_password and signed.password_minimum == 15
    with pytest.raises(SetupNeeded), world.uow.begin(signed.operator, Op.QUEUE_VIEW):
        pass
    world.clock.advance(hours=24)
    with pytest.raises(SignInRefused) as refused:
        enter(world, password=given.reveal())
    assert "venció" in refused.value.user_text
    with pytest.raises(SignInRefused) as wrong:
        enter(world, password=WRONG)
    assert "venció" not in wrong.value.user_text


def test_a_missing_second_factor_stands_before_work(world: World) -> None:
    world.staff("sgomez", [Role.SUPERVISOR], sign_in=False, totp_sealed=None)
    signed = enter(world, "sgomez")
    assert signed.must_enrol_second_factor and not signed.must_change_password
    with pytest.raises(SetupNeeded), world.uow.begin(signed.operator, Op.QUEUE_VIEW):
        pass


def test_an_old_hash_is_made_anew_at_sign_in(world: World) -> None:
    from data.secrets import Argon2Params

    old = Hasher(world.uow.secrets.pepper, Argon2Params(time_cost=2, memory_cost=8, parallelism=1)).hash(PASSWORD)
    world.staff(sign_in=False)
    world.change("UPDATE staff SET password_hash = :old", old=old)
    enter(world)
    fresh = world.scalar("SELECT password_hash FROM staff")
    assert fresh != old and not world.hasher.needs_rehash(fresh) and world.hasher.verify(fresh, PASSWORD)


@pytest.mark.parametrize(
    ("roles", "branch", "wanted", "given"),
    [
        ([Role.CIS_AGENT], "000", None, Channel.CIS),
        ([Role.CIS_AGENT], "018", None, Channel.CIS),
        ([Role.CIS_AGENT], "018", Channel.BRANCH, None),
        ([Role.CASHIER], "018", None, Channel.BRANCH),
        ([Role.CASHIER], "018", Channel.CIS, Channel.CIS),
        ([Role.CASHIER], "000", Channel.BRANCH, None),
        ([Role.CASHIER], "777", None, Channel.BRANCH),
        ([Role.CASHIER], "018", Channel.WEB, None),
        ([Role.CASHIER, Role.CIS_AGENT], "018", None, Channel.BRANCH),
    ],
)
def test_nobody_claims_to_serve_in_person_from_a_telephone(
    sqlite_world: World, roles: list[Role], branch: str, wanted: Channel | None, given: Channel | None
) -> None:
    sqlite_world.staff(roles=roles, branch=branch, sign_in=False)
    command = SignIn("mrodriguez", Secret(PASSWORD), None, "T-1", wanted)
    if given is None:
        with pytest.raises(NotPermitted):
            sign_in(command, sqlite_world.uow)
        assert sqlite_world.scalar("SELECT count(*) FROM staff_session") == 0
        assert reasons(sqlite_world) == ["not_permitted"]
    else:
        operator: Operator = sign_in(command, sqlite_world.uow).operator
        assert operator.channel is given
