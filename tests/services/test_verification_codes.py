"""One-time codes: made, bound, sent only to an old contact, ten minutes, three tries, once (req. 22, A7, C5)."""

from __future__ import annotations

import re
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from data.secrets import Secret
from services import verification as v
from services.delivery import drain
from services.errors import ContactMissing, ContactTooRecent, InvalidInput, RateLimited
from services.mail_messages import compose_sms
from services.maildir import MaildirMail, read_maildir
from services.one_time_codes import PURPOSES
from services.sandbox_sms import SandboxSms, read_sms
from services.transports import SmsGateway, Transports
from services.worker import end_codes
from tests.services.callers import answer_all, caller, check, send, sent_code, wait, wrong
from tests.services.world import World


def test_the_code_goes_out_and_comes_back(world: World, tmp_path: Path) -> None:
    agent, member = caller(world)
    answer_all(world, agent, member)
    state = v.send_code(v.SendCode(member, "email", "access.unlock"), agent, world.uow)
    assert state.code is not None and state.code.destination == "s•••@example.com"
    assert (state.code.operation, state.code.tries_left) == ("desbloquear su acceso en línea", 3)
    assert state.code.expires_at == world.clock.now() + timedelta(minutes=10) and state.code.delivery == "en cola"
    drain(world.uow, Transports(MaildirMail(tmp_path)))
    (mail,) = read_maildir(tmp_path)
    assert mail.to == "socio50012@example.com" and "desbloquear su acceso en línea" in mail.text
    code = re.search(r"Código: ([0-9]{6})\n", mail.text)
    assert code is not None and check(world, agent, member, f" {code[1][:3]} {code[1][3:]}-").level == 2


def test_the_code_goes_by_text_message(world: World, tmp_path: Path) -> None:
    agent, member = caller(world)
    v.send_code(v.SendCode(member, "phone", "transfer.own"), agent, world.uow)
    with SandboxSms(tmp_path) as sandbox:
        drain(world.uow, Transports(MaildirMail(tmp_path), SmsGateway(sandbox.url)))
    (message,) = read_sms(tmp_path)
    assert message.to == "+50760050012" and "transferir entre sus cuentas" in message.text
    code = re.search(r"[0-9]{6}", message.text)
    assert code is not None and check(world, agent, member, code[0]).outcome == "passed"


def test_a_planted_code_is_nowhere(
    sqlite_world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(0)
    monkeypatch.setattr("services.one_time_codes.secrets.randbelow", lambda limit: 86420)
    agent, member = caller(sqlite_world)
    states = [v.send_code(v.SendCode(member, "email", "access.unlock"), agent, sqlite_world.uow)]
    assert sent_code(sqlite_world) == "086420", "leading zeros stay"
    states += [check(sqlite_world, agent, member, "086421"), check(sqlite_world, agent, member, "086420")]
    assert [state.outcome for state in states] == [None, "failed", "passed"]
    command = v.CheckCode(member, Secret("086420"))
    folder = Path(str(sqlite_world.engine.url.database)).parent
    sqlite_world.close()
    whole = b"".join(path.read_bytes() for path in folder.glob("coop.db*"))
    assert b"one_time_code" in whole
    assert b"086420" not in whole and "086420" not in caplog.text + repr(states) + repr(command)


def test_codes_are_spread_over_the_whole_million(sqlite_world: World) -> None:
    agent, member = caller(sqlite_world)
    found = []
    for _ in range(60):
        sqlite_world.change("DELETE FROM one_time_code")
        found.append(send(sqlite_world, agent, member))
    assert all(re.fullmatch("[0-9]{6}", code) for code in found) and len(set(found)) > 55
    assert len(Counter(code[0] for code in found)) > 5


def test_ten_minutes_to_the_second(world: World) -> None:
    agent, member = caller(world)
    answer_all(world, agent, member)
    code = send(world, agent, member)
    wait(world, minutes=9, seconds=59)
    assert check(world, agent, member, wrong(code)).outcome == "failed"
    wait(world, seconds=1)
    with pytest.raises(InvalidInput) as refused:
        check(world, agent, member, code)
    assert "venció" in refused.value.user_text
    assert v.begin(v.BeginVerification(member), agent, world.uow).tries_left == 2, "a late code is no failure"


def test_a_code_is_good_once(world: World) -> None:
    agent, member = caller(world)
    code = send(world, agent, member)
    assert check(world, agent, member, code).outcome == "passed"
    with pytest.raises(InvalidInput):
        check(world, agent, member, code)


def test_three_tries_end_a_code(world: World) -> None:
    agent, member = caller(world)
    world.change("UPDATE service_case SET questions = '1 2'")
    code = send(world, agent, member)
    for left in (2, 1):
        state = check(world, agent, member, wrong(code))
        assert state.code is not None and (state.code.tries_left, state.tries_left) == (left, left)
    state = check(world, agent, member, wrong(code))
    assert state.code is None and state.blocked
    assert world.scalar("SELECT count(*) FROM one_time_code WHERE ended_at IS NULL") == 0


def test_a_new_code_ends_the_old_and_wipes_its_message(world: World) -> None:
    agent, member = caller(world)
    old = send(world, agent, member)
    new = send(world, agent, member)
    states = [row["state"] for row in world.rows("SELECT state FROM outbox ORDER BY id")]
    assert states == ["void", "pending"]
    if old != new:
        assert check(world, agent, member, old).outcome == "failed"
    assert check(world, agent, member, new).outcome == "passed"


def test_a_code_fits_its_own_case_and_member_only(world: World) -> None:
    agent, member = caller(world)
    code = send(world, agent, member)
    colleague, other = world.staff("jcastillo"), world.member("50013")
    world.case(colleague, member)
    world.case(agent, other)
    for desk, about in ((colleague, member), (agent, other)):
        with pytest.raises(InvalidInput):
            check(world, desk, about, code)
    world.change(  # a code's row moved to another case doesn't open there
        "UPDATE one_time_code SET case_id = (SELECT id FROM service_case WHERE staff_id = :staff)",
        staff=colleague.staff_id,
    )
    assert check(world, colleague, member, code).outcome == "failed"


def test_five_codes_a_case(world: World) -> None:
    agent, member = caller(world)
    for _ in range(5):
        send(world, agent, member)
    with pytest.raises(RateLimited):
        send(world, agent, member)
    assert world.scalar("SELECT count(*) FROM outbox WHERE state = 'pending'") == 1


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "12a456", "١٢٣٤٥٦", "12 34 5"])
def test_what_is_no_code_is_no_try(sqlite_world: World, typed: str) -> None:
    agent, member = caller(sqlite_world)
    send(sqlite_world, agent, member)
    with pytest.raises(InvalidInput) as refused:
        check(sqlite_world, agent, member, typed)
    assert refused.value.field == "code"
    assert v.begin(v.BeginVerification(member), agent, sqlite_world.uow).tries_left == 3


@pytest.mark.parametrize(("to", "column"), [("email", "email_since"), ("phone", "phone_since")])
def test_only_to_a_contact_that_has_been_there_for_72_hours(world: World, to: str, column: str) -> None:
    agent, member = caller(world, **{column: world.clock.now() - timedelta(hours=72) + timedelta(seconds=1)})
    with pytest.raises(ContactTooRecent):
        send(world, agent, member, to)
    assert world.scalar("SELECT count(*) FROM outbox") == 0
    world.clock.advance(seconds=1)
    assert check(world, agent, member, send(world, agent, member, to)).outcome == "passed"


@pytest.mark.parametrize(
    ("columns", "to"),
    [
        ({"email": None}, "email"),
        ({"phone": None}, "phone"),
        ({"phone": "+5072050911"}, "phone"),
        ({"email": "x"}, "email"),
    ],
)
def test_no_contact_no_code(world: World, columns: dict[str, Any], to: Any) -> None:
    agent, member = caller(world, **columns)
    with pytest.raises(ContactMissing):
        send(world, agent, member, to)
    offers = {offer.kind: offer for offer in v.begin(v.BeginVerification(member), agent, world.uow).offers}
    assert offers[f"code_{to}"].reason_disabled is not None


@pytest.mark.parametrize(
    ("to", "purpose"), [("email", "Gane un premio: http://x"), ("email", ""), ("fax", "access.unlock")]
)
def test_no_agent_writes_into_the_message(sqlite_world: World, to: Any, purpose: str) -> None:
    agent, member = caller(sqlite_world)
    with pytest.raises(InvalidInput):
        send(sqlite_world, agent, member, to, purpose)


def test_every_operation_that_wants_a_code_has_its_words(sqlite_world: World) -> None:
    wanted = {op for op, rule in sqlite_world.uow.policy.operations.items() if rule.level >= 1}
    assert wanted <= set(PURPOSES)
    for words in PURPOSES.values():
        text = compose_sms("one_time_code", {"code": "123456", "operation": words, "minutes": "10"})
        assert words in text and "…" not in text and text.endswith("Vence en 10 min.")


def test_the_worker_ends_late_codes_and_drops_old_ones(world: World) -> None:
    agent, member = caller(world)
    send(world, agent, member)
    assert end_codes(world.uow) == 0
    world.clock.advance(minutes=10)
    assert (end_codes(world.uow), end_codes(world.uow)) == (1, 0)
    world.clock.advance(hours=12)
    end_codes(world.uow)
    assert world.scalar("SELECT count(*) FROM one_time_code") == 0
    assert world.events("code.expired")[-1]["detail"] == {"ended": 0, "dropped": 1}
