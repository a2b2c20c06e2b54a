"""Emptying the outbox: retries, bounces, expiry, and one Message-ID whatever dies in between (req. 28)."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
import threading
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from services import delivery, faults
from services.delivery import LEASE, Drained, drain
from services.transports import PermanentFailure, TemporaryFailure, Transports
from tests.services.test_outbox import queue
from tests.services.world import World


class Recorder:
    """A mail transport that fails as told: one entry of `failures` a call."""

    def __init__(self, *failures: Exception | None) -> None:
        self.failures = list(failures)
        self.sent: list[EmailMessage] = []
        self.local = False

    def send(self, mail: EmailMessage, to: str) -> None:
        failure = self.failures.pop(0) if self.failures else None
        if failure is not None:
            raise failure
        self.sent.append(mail)


def only(world: World) -> dict[str, Any]:
    (row,) = world.rows("SELECT * FROM outbox")
    return row


def test_sent_is_wiped_and_told(world: World) -> None:
    member = world.member()
    queue(world, member_id=member)
    mail = Recorder()
    assert drain(world.uow, Transports(mail)) == Drained(sent=1)
    row = only(world)
    assert (row["state"], row["sealed"], row["attempts"], row["error"]) == ("sent", None, 1, None)
    assert mail.sent[0]["Message-ID"] == row["message_id"]
    (event,) = world.events("outbox.sent")
    assert event["member"] == member and event["object"] == f"outbox:{row['id']}"
    assert "itzel" not in str(world.events()) and "Kx7m" not in str(world.events())
    assert drain(world.uow, Transports(mail)) == Drained() and len(mail.sent) == 1


def test_a_temporary_failure_waits_longer_each_time_and_gives_up_in_the_end(world: World) -> None:
    queue(world, expires_at=world.clock.now() + timedelta(days=30))
    limits = world.uow.policy.outbox
    mail = Recorder(*[TemporaryFailure("smtp_451")] * 100)
    for attempt in range(1, limits.attempts):
        assert drain(world.uow, Transports(mail)) == Drained(deferred=1)
        row = only(world)
        assert (row["state"], row["attempts"], row["error"]) == ("pending", attempt, "smtp_451")
        least = limits.first_retry_seconds * 2 ** (attempt - 1)
        world.clock.advance(seconds=min(least, 3600) - 1)
        assert drain(world.uow, Transports(mail)) == Drained(), "too early"
        world.clock.advance(seconds=min(least, 3600) // 4 + 2)
    assert drain(world.uow, Transports(mail)) == Drained(failed=1)
    row = only(world)
    assert (row["state"], row["error"], row["sealed"]) == ("failed", "attempts", None)
    assert len(world.events("outbox.deferred")) == limits.attempts - 1


def test_a_retry_is_the_same_message(world: World) -> None:
    queue(world)
    mail = Recorder(TemporaryFailure("closed"))
    drain(world.uow, Transports(mail))
    world.clock.advance(minutes=5)
    drain(world.uow, Transports(mail))
    assert mail.sent[0]["Message-ID"] == only(world)["message_id"] and only(world)["attempts"] == 2


def test_a_bounce_keeps_a_code_and_nothing_else(world: World) -> None:
    queue(world)
    assert drain(world.uow, Transports(Recorder(PermanentFailure("smtp_550")))) == Drained(failed=1)
    row = only(world)
    assert (row["state"], row["error"], row["sealed"]) == ("failed", "smtp_550", None)
    assert world.events("outbox.failed")[0]["result"] == "failed"


def test_what_was_not_sent_in_time_is_wiped(world: World) -> None:
    queue(world, expires_at=world.clock.now() + timedelta(minutes=10))
    mail = Recorder(TemporaryFailure("refused"))
    drain(world.uow, Transports(mail))
    world.clock.advance(minutes=9, seconds=59)
    world.change("UPDATE outbox SET next_at = expires_at")
    assert drain(world.uow, Transports(mail)) == Drained()
    world.clock.advance(seconds=1)
    assert drain(world.uow, Transports(mail)) == Drained(expired=1)
    assert (only(world)["state"], only(world)["sealed"], mail.sent) == ("expired", None, [])


def test_a_tampered_row_never_goes_out(world: World) -> None:
    first, second = queue(world), queue(world, to="otra@example.com")
    world.change(
        "UPDATE outbox SET sealed = (SELECT sealed FROM outbox WHERE id = :second) WHERE id = :first",
        first=first,
        second=second,
    )
    mail = Recorder()
    assert drain(world.uow, Transports(mail)) == Drained(sent=1, failed=1)
    assert [sent["To"] for sent in mail.sent] == ["otra@example.com"]


def test_void_while_it_is_being_sent_stays_void(world: World) -> None:
    from services import outbox
    from services.operator import system_operator

    queued = queue(world)

    class Voiding(Recorder):
        def send(self, mail: EmailMessage, to: str) -> None:
            with world.uow.begin_system(system_operator("prueba")) as tx:  # also: no transaction is open meanwhile
                outbox.void(tx, queued, "replaced")
                tx.record()
                tx.commit()
            super().send(mail, to)

    assert drain(world.uow, Transports(Voiding())) == Drained()
    assert (only(world)["state"], only(world)["sealed"]) == ("void", None)


def test_a_text_message_without_a_gateway_waits(world: World) -> None:
    queue(world, kind="sms", to="+50761234567", template="access_unlocked", context={})
    assert drain(world.uow, Transports(Recorder())) == Drained(deferred=1)
    assert only(world)["error"] == "no_gateway"


def test_two_workers_never_send_the_same_message_twice(world: World) -> None:
    for _ in range(12):
        queue(world)
    mail = Recorder()
    barrier = threading.Barrier(3)
    rounds: list[Drained] = []

    def work() -> None:
        barrier.wait()
        rounds.append(drain(world.uow, Transports(mail)))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ids = [str(sent["Message-ID"]) for sent in mail.sent]
    assert len(ids) == len(set(ids)) == 12 == sum(done.sent for done in rounds)


def test_a_lapsed_claim_is_taken_over_and_the_late_one_settles_nothing(world: World) -> None:
    queue(world)

    class Slow(Recorder):
        def send(self, mail: EmailMessage, to: str) -> None:
            super().send(mail, to)
            world.clock.advance(seconds=LEASE.seconds)
            assert drain(world.uow, Transports(other)) == Drained(sent=1)

    slow, other = Slow(), Recorder()
    assert drain(world.uow, Transports(slow)) == Drained()
    assert slow.sent[0]["Message-ID"] == other.sent[0]["Message-ID"]
    assert (only(world)["state"], only(world)["attempts"], len(world.events("outbox.sent"))) == ("sent", 2, 1)


def test_who_lost_the_claim_settles_nothing_while_another_one_sends(world: World) -> None:
    queued = queue(world)
    first = delivery._claim(world.uow, queued)
    world.clock.advance(seconds=LEASE.seconds)
    second = delivery._claim(world.uow, queued)
    assert first is not None and second is not None and (first.attempts, second.attempts) == (1, 2)
    assert not delivery._settle(world.uow, first, delivery._Outcome("failed", "smtp_550"))
    assert (only(world)["state"], only(world)["sealed"] is None) == ("sending", False)
    assert delivery._settle(world.uow, second, delivery._Outcome("sent"))
    assert "Kx7m" not in repr(first)


@pytest.mark.parametrize("point", ["outbox_claimed", "outbox_sent", "before_commit"])
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL")
def test_a_killed_worker_loses_nothing_and_resends_the_same_message(world: World, tmp_path: Path, point: str) -> None:
    queue(world)
    folder = tmp_path / "correo"
    program = """
        import os, signal, sys
        from pathlib import Path
        from data.secrets import Argon2Params, Hasher, Secrets
        from services import delivery, faults
        from services.delivery import drain
        from services.maildir import MaildirMail
        from services.transports import Transports
        from tests.services.world import World

        url, folder, point = sys.argv[1:]
        secrets = Secrets(pepper=b"p" * 32, data_key=b"d" * 32, signing_key=b"s" * 32)
        World._insert = lambda *args, **values: 0  # the store has its id already
        world = World(url, secrets, Hasher(secrets.pepper, Argon2Params(1, 8, 1)))
        faults.hook = lambda name: os.kill(os.getpid(), signal.SIGKILL) if name == point else None
        drain(world.uow, Transports(MaildirMail(Path(folder))))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), world.url, str(folder), point],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    row = only(world)
    assert row["state"] == "sending" and row["sealed"] is not None and world.events("outbox.sent") == []
    sent_before = list((folder / "new").glob("*"))
    assert len(sent_before) == (0 if point == "outbox_claimed" else 1)
    mail = Recorder()
    assert drain(world.uow, Transports(mail)) == Drained(), "the claim still holds"
    world.clock.advance(seconds=LEASE.seconds)
    assert drain(world.uow, Transports(mail)) == Drained(sent=1)
    assert mail.sent[0]["Message-ID"] == row["message_id"]
    if sent_before:
        assert row["message_id"].encode() in sent_before[0].read_bytes()
    assert only(world)["state"] == "sent" and len(world.events("outbox.sent")) == 1


def test_an_error_that_is_ours_is_not_swallowed(sqlite_world: World) -> None:
    queue(sqlite_world)
    with pytest.raises(ZeroDivisionError):
        drain(sqlite_world.uow, Transports(Recorder(ZeroDivisionError())))
    assert only(sqlite_world)["state"] == "sending", "and the message is not lost"
    assert faults.hook is None
