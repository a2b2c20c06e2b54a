"""Issuing: the former dies with the new, three a day, nothing in clear anywhere (req. 27, 28; C9)."""

import threading
from pathlib import Path

import pytest

from data.secrets import Secret
from data.values.uuid7 import uuid7
from services.access_states import AccessPaused
from services.activation import Activate, activate
from services.credentials import (
    CredentialIssued,
    IssueCredential,
    LiftIssueLimit,
    PasswordInUse,
    issue_credential,
    lift_issue_limit,
)
from services.errors import IllegalStep, InvalidInput, IssueLimitReached, NotPermitted
from services.operator import Operator, Role
from services.temporary_passwords import TemporaryOutcome, check_temporary, match_temporary
from tests.services.access_cases import REASON, desk, last_password, live_credentials, mails, state_of
from tests.services.world import World


def issue(world: World, agent: Operator, member: int) -> CredentialIssued:
    return issue_credential(IssueCredential(member, REASON, uuid7()), agent, world.uow)


def test_a_resend_kills_the_former_and_its_unsent_mail(world: World) -> None:
    agent, member = desk(world)
    activate(Activate(member, REASON, uuid7()), agent, world.uow)
    former = last_password(world)
    issued = issue(world, agent, member)
    assert issued.replaced and live_credentials(world, member) == 1
    assert [mail["state"] for mail in mails(world, "temporary_credentials")] == ["void", "pending"]
    assert "to" not in mails(world, "temporary_credentials")[0]  # wiped, not only marked
    assert last_password(world) != former
    assert match_temporary(member, Secret(former), world.uow).credential_id is None
    ended = world.rows("SELECT end_reason FROM temporary_credential WHERE ended_at IS NOT NULL")
    assert ended == [{"end_reason": "replaced"}]


def test_an_interrupted_first_access_gets_another_credential(world: World) -> None:
    agent, member = desk(world, "primer_acceso", password_hash="x")
    issue(world, agent, member)
    assert state_of(world, member) == "credencial_emitida"
    assert world.scalar("SELECT password_hash FROM access") is None
    (event,) = world.events("credential.issue")
    assert (event["detail"]["before"], event["detail"]["after"]) == ("primer_acceso", "credencial_emitida")


@pytest.mark.parametrize(
    ("state", "error"),
    [
        ("activo", PasswordInUse),
        ("contrato_firmado", PasswordInUse),
        ("solicitado", IllegalStep),
        ("cerrado", IllegalStep),
        ("bloqueado", AccessPaused),
        ("suspendido", AccessPaused),
    ],
)
def test_no_credential_where_it_would_be_something_else(world: World, state: str, error: type[Exception]) -> None:
    before = "credencial_emitida" if state in ("bloqueado", "suspendido") else None
    agent, member = desk(world, state, state_before_block=before)
    with pytest.raises(error):
        issue(world, agent, member)
    assert state_of(world, member) == state and not mails(world)


def test_three_a_day_then_a_supervisor(world: World) -> None:
    agent, member = desk(world)
    activate(Activate(member, REASON, uuid7()), agent, world.uow)
    issue(world, agent, member)
    issue(world, agent, member)
    with pytest.raises(IssueLimitReached) as refused:
        issue(world, agent, member)
    assert refused.value.user_text == "Límite de envíos alcanzado; requiere supervisor."
    assert live_credentials(world, member) == 1  # the refused one ended nothing

    boss = world.staff("jefa", [Role.SUPERVISOR])
    with pytest.raises(NotPermitted):
        lift_issue_limit(LiftIssueLimit(member, REASON), agent, world.uow)
    assert lift_issue_limit(LiftIssueLimit(member, REASON), boss, world.uow).issues_left == 1
    with pytest.raises(InvalidInput):
        lift_issue_limit(LiftIssueLimit(member, REASON), boss, world.uow)
    issue(world, agent, member)
    with pytest.raises(IssueLimitReached):
        issue(world, agent, member)


def test_the_window_slides(world: World) -> None:
    agent, member = desk(world, "activado")
    for _ in range(3):
        issue(world, agent, member)
    world.clock.advance(hours=24)
    tomorrow = world.staff("jcastillo")
    world.lease(tomorrow, member)
    assert issue(world, tomorrow, member).replaced


def test_two_desks_at_once_leave_one_live_credential(world: World) -> None:
    agent, member = desk(world, "activado")
    keys = [uuid7() for _ in range(2)]
    outcomes: list[CredentialIssued] = []

    def desk_at_work(key: str) -> None:
        outcomes.append(issue_credential(IssueCredential(member, REASON, key), agent, world.uow))

    threads = [threading.Thread(target=desk_at_work, args=(key,)) for key in (*keys, *keys)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcome.existed for outcome in outcomes) == [False, False, True, True]
    assert live_credentials(world, member) == 1
    assert [mail["state"] for mail in mails(world, "temporary_credentials")] == ["void", "pending"]
    assert len(world.events("credential.issue")) == 2


def test_the_password_stands_nowhere_in_clear(sqlite_world: World) -> None:
    world = sqlite_world
    agent, member = desk(world)
    issued = activate(Activate(member, REASON, uuid7()), agent, world.uow)
    password = last_password(world)
    world.engine.dispose()
    files = list(Path(world.url.removeprefix("sqlite:///")).parent.glob("coop.db*"))
    assert files
    for path in files:
        assert password.encode() not in path.read_bytes(), path.name
    assert password not in repr(issued) + issued.text + str(world.events())
    assert world.scalar("SELECT secret_hash FROM temporary_credential").startswith("$argon2id$")


def test_first_use_ends_it(world: World) -> None:
    agent, member = desk(world, "activado")
    issue(world, agent, member)
    password = Secret(last_password(world))
    answers = []
    for _ in range(2):
        match = match_temporary(member, password, world.uow)
        with world.uow.begin_system(agent, member_id=member) as tx:
            answers.append(check_temporary(tx, member, match))
            tx.commit()
    assert [answer.outcome for answer in answers] == [TemporaryOutcome.ACCEPTED, TemporaryOutcome.USED]
    assert state_of(world, member) == "primer_acceso"
