"""The contract signed in the portal: in order, once, with evidence; copy by mail; new versions again (req. 36–37)."""

from __future__ import annotations

import json
import pickle
import signal
import subprocess
import sys
import textwrap
import threading
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import DBAPIError

from data.catalog import contract as catalog
from data.catalog.contract import parse_contract, template_bytes
from data.secrets.signing import Signer
from services import first_access as fa
from services.contract_copies import my_contract
from services.contract_evidence import check_record
from services.contracts import SignContract, current_contract, record_of, sign_contract
from services.delivery import Drained, drain
from services.errors import CoopError, DataChanged, InvalidInput, NotFound, SetupNeeded
from services.movements import LastMovements, last_movements
from services.operator import Operator
from services.transports import TemporaryFailure, Transports
from tests.services.portal_door import configured, issued, member_inside, sign, sign_in, with_temporary
from tests.services.test_delivery import Recorder
from tests.services.world import World


def before_the_contract(world: World) -> tuple[Operator, int]:
    """A member who signed in with their own data and has the contract before them."""
    member = configured(world)
    inside = sign_in(world)
    assert inside.must == "contract"
    return inside.operator, member


def command_of(world: World, operator: Operator) -> SignContract:
    shown = current_contract(operator, world.uow)
    now = world.clock.now()
    return SignContract(shown.version, shown.text_sha256, now - timedelta(seconds=0), now)


def signatures(world: World) -> list[dict[str, Any]]:
    return world.rows("SELECT * FROM contract_signature")


def newer_version(monkeypatch: pytest.MonkeyPatch, day: str = "2026-11-24") -> None:
    old = catalog.load_contracts()["2026-11"]
    source = template_bytes("2026-11").replace(b'"2026-11"', b'"2026-12"').replace(b"2026-11-01", day.encode())
    new = parse_contract(source, "2026-12.toml")
    both = {old.version: old, new.version: new}
    monkeypatch.setattr(catalog, "load_contracts", lambda: both)


def test_signing_opens_the_accounts_and_leaves_evidence_that_fits(world: World) -> None:
    operator, member = before_the_contract(world)
    account = world.account(member, affiliated_at=world.clock.now())
    with pytest.raises(SetupNeeded, match="setup_needed"):
        last_movements(LastMovements(account, 10), operator, world.uow)
    shown = current_contract(operator, world.uow)
    assert shown.date_line.endswith("a los 23 días del mes Noviembre del año 2026.") and not shown.signed
    world.clock.advance(seconds=50)
    scrolled = world.clock.now()
    world.clock.advance(seconds=4)
    ticked = world.clock.now()
    world.clock.advance(seconds=2)
    done = sign_contract(SignContract(shown.version, shown.text_sha256, scrolled, ticked), operator, world.uow)
    assert not done.existed and done.copy_to.endswith("@example.com")
    (access,) = world.rows("SELECT state, contract_at FROM access")
    assert access["state"] == "activo" and access["contract_at"] is not None
    last_movements(LastMovements(account, 10), operator, world.uow)
    assert current_contract(operator, world.uow).signed

    with world.engine.connect() as connection:
        record = record_of(connection, done.id)
    assert record.text == shown.text and record.signed_at == world.clock.now()
    key = Signer(world.uow.secrets.signing_key).public_key
    assert check_record(record, template_bytes(record.version), key) == ()
    told = json.loads(record.evidence)
    assert [proof["action"] for proof in told["proofs"]][:1] == ["portal.begin"]
    assert {"portal.answer", "portal.sign_in", "contract.read"} <= {proof["action"] for proof in told["proofs"]}
    assert told["session"] == operator.session_id[:16] and told["terminal"] == operator.terminal
    assert told["copy"]["to"] == done.copy_to
    (event,) = world.events("contract.sign")
    assert event["object"] == f"contract:{done.id}" and event["detail"]["evidence_sha256"] == record.evidence_sha256
    assert record.member_id == member and "8-700" not in str(world.events())


def test_a_second_enter_signs_once(world: World) -> None:
    operator, _ = before_the_contract(world)
    command = command_of(world, operator)
    first = sign_contract(command, operator, world.uow)
    world.clock.advance(seconds=1)
    again = sign_contract(command, operator, world.uow)
    assert again == replace(first, existed=True, copy_to="") and len(signatures(world)) == 1
    assert len(world.rows("SELECT id FROM outbox WHERE template = 'contract_signed'")) == 1


def test_two_desks_at_once_sign_once(world: World) -> None:
    operator, _ = before_the_contract(world)
    command = command_of(world, operator)
    done: list[Any] = []
    threads = [
        threading.Thread(target=lambda: done.append(sign_contract(command, operator, world.uow))) for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({one.id for one in done}) == 1 and len(done) == 4
    assert len(signatures(world)) == 1 and sorted(one.existed for one in done) == [False, True, True, True]


@pytest.mark.parametrize(
    "unread",
    [
        {"scrolled_at": None},
        {"ticked_at": None},
        {"scrolled_at": 3},  # after the tick
        {"ticked_at": 60},  # in the future
        {"scrolled_at": -3600},  # before this session
    ],
)
def test_unread_or_unticked_is_refused(world: World, unread: dict[str, int | None]) -> None:
    operator, _ = before_the_contract(world)
    command = command_of(world, operator)
    now = world.clock.now()
    moved = {name: None if by is None else now + timedelta(seconds=by) for name, by in unread.items()}
    with pytest.raises(InvalidInput) as caught:
        sign_contract(replace(command, **moved), operator, world.uow)
    assert caught.value.field == "accept" and "hasta el final" in caught.value.user_text
    assert not signatures(world) and world.scalar("SELECT state FROM access") == "primer_acceso"
    assert not world.rows("SELECT id FROM outbox WHERE template = 'contract_signed'")


def test_another_text_than_todays_is_refused(world: World) -> None:
    operator, _ = before_the_contract(world)
    command = command_of(world, operator)
    for other in (replace(command, text_sha256="0" * 64), replace(command, version="2025-01")):
        with pytest.raises(DataChanged):
            sign_contract(other, operator, world.uow)
    assert not signatures(world)


def test_a_text_read_before_midnight_is_not_signed_after_it(world: World) -> None:
    configured(world)
    world.clock.advance(hours=14, minutes=59)  # 23:59 in Panama
    operator = sign_in(world).operator
    command = command_of(world, operator)
    world.clock.advance(minutes=2)
    with pytest.raises(DataChanged):
        sign_contract(command, operator, world.uow)
    sign(world, operator)
    assert "24 días del mes Noviembre" in signatures(world)[0]["text"]


def test_out_of_order_it_is_refused(world: World) -> None:
    _, _, password = issued(world)
    wizard = with_temporary(world, password).operator
    for call in (lambda: current_contract(wizard, world.uow), lambda: sign(world, wizard)):
        with pytest.raises(SetupNeeded):
            call()
    assert not signatures(world)


def test_a_new_version_is_asked_for_at_the_next_access_and_the_old_text_stays(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    operator, member = member_inside(world)
    account = world.account(member, affiliated_at=world.clock.now())
    newer_version(monkeypatch)
    last_movements(LastMovements(account, 10), operator, world.uow)
    world.clock.advance(days=1)
    inside = sign_in(world)
    assert inside.must == "contract"
    assert fa.next_step(inside.operator, world.uow).step == "contract"
    with pytest.raises(SetupNeeded, match="setup_needed") as caught:
        last_movements(LastMovements(account, 10), inside.operator, world.uow)
    assert caught.value.user_text == "Lea y firme primero el contrato."
    assert not current_contract(inside.operator, world.uow).signed
    done = sign(world, inside.operator)
    assert done.version == "2026-12" and not done.existed
    last_movements(LastMovements(account, 10), inside.operator, world.uow)
    assert sign_in(world).must is None
    kept = {row["version"]: row["text"] for row in signatures(world)}
    assert "23 días del mes Noviembre" in kept["2026-11"] and "24 días del mes Noviembre" in kept["2026-12"]
    assert world.scalar("SELECT state FROM access") == "activo"


def test_who_signed_nothing_signs_even_if_the_row_says_otherwise(world: World) -> None:
    """A time in the access opens nothing: the signature does."""
    operator, member = before_the_contract(world)
    now = world.scalar("SELECT relogin_at FROM access")
    world.change("UPDATE access SET state = 'activo', contract_at = :now", now=now)
    account = world.account(member, affiliated_at=world.clock.now())
    with pytest.raises(SetupNeeded):
        last_movements(LastMovements(account, 10), operator, world.uow)
    assert sign_in(world).must == "contract"


class BreaksOff(Recorder):
    """A server that takes a mail and breaks off before it says so, the first time."""

    def send(self, mail: EmailMessage, to: str) -> None:
        self.sent.append(mail)
        if len([one for one in self.sent if one["Message-ID"] == mail["Message-ID"]]) == 1:
            raise TemporaryFailure("closed")


def test_the_copy_goes_out_as_pdf_and_twice_the_same(world: World) -> None:
    operator, _ = member_inside(world)
    server = BreaksOff()
    drain(world.uow, Transports(server))
    world.clock.advance(minutes=2)
    own = my_contract(operator, world.uow)
    drain(world.uow, Transports(server))
    first, second = (mail for mail in server.sent if mail["Subject"].startswith("Su Contrato"))
    assert first["Message-ID"] == second["Message-ID"]
    for mail in (first, second):
        (part,) = list(mail.iter_attachments())
        assert part.get_filename() == own.name == "contrato-2026-11.pdf"
        assert part.get_content_type() == "application/pdf"
        assert part.get_content() == own.content and own.content.startswith(b"%PDF")


def test_a_copy_is_never_sent_to_somebody_else(world: World) -> None:
    member_inside(world)
    other = world.member("50099")
    world.change("UPDATE outbox SET member_id = :other WHERE template = 'contract_signed'", other=other)
    sent = Recorder()
    assert drain(world.uow, Transports(sent)).failed == 1
    assert not [mail for mail in sent.sent if mail["Subject"].startswith("Su Contrato")]
    (row,) = world.rows("SELECT state, error FROM outbox WHERE template = 'contract_signed'")
    assert (row["state"], row["error"]) == ("failed", "document")


def test_without_address_it_is_signed_all_the_same(world: World) -> None:
    operator, member = before_the_contract(world)
    world.change("UPDATE member SET email = NULL, phone = NULL WHERE id = :id", id=member)
    done = sign(world, operator)
    assert done.copy_to == "" and json.loads(signatures(world)[0]["evidence"])["copy"] is None
    assert my_contract(operator, world.uow).content.startswith(b"%PDF")


def test_nobody_else_reads_or_signs_it(world: World) -> None:
    agent = world.staff("mperez")
    operator, _ = before_the_contract(world)
    posing = replace(operator, actor=f"member:{world.member('50077')}")
    for who in (agent, posing, replace(operator, terminal="otra")):
        with pytest.raises((CoopError, ValueError)):
            sign(world, who)
    assert not signatures(world)


def test_a_signature_is_append_only(world: World) -> None:
    member_inside(world)
    for statement in (
        "UPDATE contract_signature SET text = 'otro'",
        "UPDATE contract_signature SET signed_at = signed_at",
        "DELETE FROM contract_signature",
    ):
        with pytest.raises(DBAPIError, match="append-only"):
            world.change(statement)
    assert len(signatures(world)) == 1


def test_there_is_no_copy_before_the_first_signature(world: World) -> None:
    operator, _ = before_the_contract(world)
    with pytest.raises(SetupNeeded):
        my_contract(operator, world.uow)
    with world.engine.connect() as connection, pytest.raises(NotFound):
        record_of(connection, "nada")
    assert drain(world.uow, Transports(Recorder())) != Drained()


@pytest.mark.parametrize(("point", "kept"), [("before_commit", 0), ("after_commit", 1)])
def test_killed_while_signing_leaves_all_or_nothing(world: World, point: str, kept: int) -> None:
    operator, _ = before_the_contract(world)
    command = command_of(world, operator)
    program = """
        import os, pickle, signal, sys
        from data.secrets import Argon2Params, Hasher, Secrets
        from services import faults
        from services.contracts import sign_contract
        from tests.services.world import World

        url, point = sys.argv[1:]
        command, operator, now = pickle.loads(sys.stdin.buffer.read())
        secrets = Secrets(pepper=b"p" * 32, data_key=b"d" * 32, signing_key=b"s" * 32)
        World._insert = lambda *args, **values: 0  # the store has its id already
        world = World(url, secrets, Hasher(secrets.pepper, Argon2Params(1, 8, 1)))
        world.clock.moment = now
        faults.hook = lambda name: os.kill(os.getpid(), signal.SIGKILL) if name == point else None
        sign_contract(command, operator, world.uow)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), world.url, point],
        cwd=Path(__file__).parents[2],
        input=pickle.dumps((command, operator, world.clock.now())),
        capture_output=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    mails = world.rows("SELECT id FROM outbox WHERE template = 'contract_signed'")
    assert len(signatures(world)) == len(mails) == len(world.events("contract.sign")) == kept
    assert world.scalar("SELECT state FROM access") == ("activo" if kept else "primer_acceso")
    again = sign_contract(command, operator, world.uow)
    assert again.existed is bool(kept) and len(signatures(world)) == 1
    assert len(world.rows("SELECT id FROM outbox WHERE template = 'contract_signed'")) == 1
