"""The program's own rounds: deliver, run what waits, seal; a part that fails leaves the others alone."""

from __future__ import annotations

import threading
from email.message import EmailMessage

import pytest

from services.errors import StoreUnavailable
from services.transports import TemporaryFailure, Transports
from services.unit_of_work import UnitOfWork
from services.worker import Worker, run_once
from tests.services.test_delivery import Recorder
from tests.services.test_outbox import queue
from tests.services.world import World


def test_a_round_delivers_and_seals(world: World) -> None:
    queue(world)
    mail = Recorder()
    done = run_once(world.uow, Transports(mail))
    assert (done.drained.sent, done.failures) == (1, ())
    events = world.scalar("SELECT count(*) FROM audit_event")
    assert events == 2 == world.scalar("SELECT count(*) FROM audit_seal")
    assert done.sealed == (0 if world.dialect == "sqlite" else 2)


def test_what_a_task_queues_goes_out_in_the_same_round(sqlite_world: World) -> None:
    mail = Recorder()
    done = run_once(sqlite_world.uow, Transports(mail), [lambda uow: queue(sqlite_world)])
    assert done.drained.sent == 1 == len(mail.sent)


def test_a_task_that_fails_leaves_the_others_alone(sqlite_world: World) -> None:
    def fails(uow: UnitOfWork) -> None:
        raise StoreUnavailable

    ran: list[int] = []
    queue(sqlite_world)
    done = run_once(sqlite_world.uow, Transports(Recorder()), [fails, lambda uow: ran.append(1)])
    assert (done.failures, ran, done.drained.sent) == (("store_unavailable",), [1], 1)


def test_a_task_that_breaks_stops_nothing_and_tells_nothing(
    sqlite_world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """A row that no program of ours would write must not keep every member's mail from going out."""

    def breaks(uow: UnitOfWork) -> None:
        int("clave-secreta-77")

    queue(sqlite_world)
    done = run_once(sqlite_world.uow, Transports(Recorder()), [breaks])
    assert (done.failures, done.drained.sent) == (("fault",), 1)
    assert "breaks: ValueError at worker.py" in caplog.text and "clave-secreta" not in caplog.text


def test_a_nudge_starts_a_round_and_stop_ends_the_thread(sqlite_world: World) -> None:
    rounds = threading.Semaphore(0)
    mail = Recorder()
    worker = Worker(sqlite_world.uow, Transports(mail), interval=3600, after_round=lambda done: rounds.release())
    worker.start()
    try:
        assert rounds.acquire(timeout=30)
        queue(sqlite_world)
        worker.nudge()
        assert rounds.acquire(timeout=30)
        assert len(mail.sent) == 1
    finally:
        assert worker.stop()
    assert not rounds.acquire(blocking=False)


def test_a_nudge_during_a_round_is_not_lost(sqlite_world: World) -> None:
    rounds = threading.Semaphore(0)

    class Late(Recorder):
        """While the first message is on its way, another one is queued."""

        def send(self, mail: EmailMessage, to: str) -> None:
            super().send(mail, to)
            if len(self.sent) == 1:
                queue(sqlite_world)
                worker.nudge()

    mail = Late()
    worker = Worker(sqlite_world.uow, Transports(mail), interval=3600, after_round=lambda done: rounds.release())
    queue(sqlite_world)
    worker.start()
    try:
        assert rounds.acquire(timeout=30) and rounds.acquire(timeout=30)
        assert len(mail.sent) == 2
    finally:
        worker.stop()


def test_stop_before_start_and_a_server_that_is_away(sqlite_world: World) -> None:
    queue(sqlite_world)
    worker = Worker(sqlite_world.uow, Transports(Recorder(TemporaryFailure("refused"))))
    assert worker.run_once().drained.deferred == 1
    assert worker.stop()
    worker.run_forever()  # ends at once: it was told to
