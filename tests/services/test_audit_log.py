"""The audit is read page by page, by filter, by who may; each look is an event; the chain is proven on a key."""

from datetime import date
from pathlib import Path

import pytest

from services.audit_filter import AuditFilter, parse_filter
from services.audit_log import ReadAudit, VerifyTrail, read_audit, verify_trail
from services.errors import InvalidInput, NotPermitted
from services.operations import Op
from services.operator import Operator, Role
from tests.services.world import World


def auditor(world: World) -> Operator:
    return world.staff("auditora", (Role.AUDITOR,))


def note(world: World, operator: Operator, count: int = 1, **values: object) -> None:
    """Some events of an agent."""
    for _ in range(count):
        with world.uow.begin(operator, Op.QUEUE_VIEW) as tx:
            tx.record(**values)  # type: ignore[arg-type]
            tx.commit()


def test_pages_follow_each_other_without_gap(world: World) -> None:
    reader, agent = auditor(world), world.staff()
    note(world, agent, 7)
    first = read_audit(ReadAudit(AuditFilter(who="mrodriguez"), limit=4), reader, world.uow)
    second = read_audit(
        ReadAudit(AuditFilter(who="mrodriguez"), before_id=first.rows[-1].event_id, limit=4), reader, world.uow
    )
    ids = [row.event_id for row in first.rows + second.rows]
    assert len(ids) == 7 and ids == sorted(ids, reverse=True)
    assert (first.more, second.more) == (True, False)
    assert {row.who for row in first.rows} == {"mrodriguez"}


def test_a_page_never_holds_more_than_two_hundred(sqlite_world: World) -> None:
    reader, agent = auditor(sqlite_world), sqlite_world.staff()
    with sqlite_world.uow.begin(agent, Op.QUEUE_VIEW) as tx:
        for _ in range(230):
            tx.record()
        tx.commit()
    page = read_audit(ReadAudit(limit=10_000), reader, sqlite_world.uow)
    assert len(page.rows) == 200 and page.more


def test_a_look_is_an_event_with_its_filter(world: World) -> None:
    reader = auditor(world)
    member_id = world.member("50012")
    read_audit(ReadAudit(parse_filter("socio:50012 desde:01/11/2026")), reader, world.uow)
    (event,) = world.events("audit.read")
    assert event["user"] == "auditora"
    assert event["detail"]["filter"] == {"member_number": "50012", "since": "2026-11-01"}
    assert member_id


def test_filters_by_result_action_member_and_day(world: World) -> None:
    reader, agent = auditor(world), world.staff()
    member_id = world.member("50012")
    note(world, agent, result="refused", member=member_id, reason="not_permitted")
    note(world, agent)
    page = read_audit(ReadAudit(parse_filter("resultado:negado socio:50012 acción:espera")), reader, world.uow)
    (row,) = page.rows
    assert (row.member_number, row.result, row.action) == ("50012", "negado", "Vio la lista de espera")
    assert read_audit(ReadAudit(AuditFilter(since=date(2026, 11, 24))), reader, world.uow).rows == ()
    today = read_audit(ReadAudit(AuditFilter(since=date(2026, 11, 23), until=date(2026, 11, 23))), reader, world.uow)
    assert today.rows


def test_the_body_is_told_in_spanish_and_cleaned(world: World) -> None:
    reader, agent = auditor(world), world.staff()
    note(world, agent, reason="lo pidió\x1b[31m ella", detail={"before": ["a"], "after": ["b"], "odd": True})
    row = next(row for row in read_audit(ReadAudit(), reader, world.uow).rows if row.reason)
    assert "\x1b" not in "".join((*row.lines, row.reason or ""))
    assert "Usuario: mrodriguez" in row.lines
    assert "Hora: 23/11/2026 09:00:00 (Panamá)" in row.lines
    assert "  Cambio: a → b" in row.lines and "  odd: sí" in row.lines


def test_only_supervisors_and_auditors_read(world: World) -> None:
    agent = world.staff()
    with pytest.raises(NotPermitted):
        read_audit(ReadAudit(), agent, world.uow)
    assert world.events("audit.read")[0]["result"] == "refused"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("credencial", "«credencial»"),
        ("color:azul", "«color:»"),
        ("agnte:x", "«agente:»"),
        ("desde:31/02/2026", "Fecha"),
        ("desde:02/11/2026 hasta:01/11/2026", "posterior"),
        ("día:01/11/2026 desde:01/11/2026", "los tres"),
        ("acción:xyz", "xyz"),
        ("monto:7.555", "Monto"),
        ("evento:0", "«0»"),
        ("evento:²", "«²»"),
        ("agente:a agente:b", "dos veces"),
    ],
)
def test_a_filter_that_is_not_understood_is_named(typed: str, said: str) -> None:
    with pytest.raises(InvalidInput, match="invalid_input") as refused:
        parse_filter(typed)
    assert said in refused.value.user_text and refused.value.field == "filter"


@pytest.mark.parametrize("unknown", [AuditFilter(who="nadie"), AuditFilter(member_number="99")])
def test_unknown_people_are_told(world: World, unknown: AuditFilter) -> None:
    with pytest.raises(InvalidInput):
        read_audit(ReadAudit(unknown), auditor(world), world.uow)


def test_quoted_values_keep_their_blanks() -> None:
    assert parse_filter('acción:"vio la ficha"').actions == ("record.view",)


def test_the_trail_is_proven_and_the_proof_recorded(sqlite_world: World, tmp_path: Path) -> None:
    world = sqlite_world
    reader, agent = auditor(world), world.staff()
    note(world, agent, 3)
    told: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> bool:
        told.append((done, total))
        return True

    proof = verify_trail(VerifyTrail(tmp_path / "none.jsonl"), reader, world.uow, progress=progress)
    assert proof.intact and told and told[-1][0] == told[-1][1]
    world.change("DROP TRIGGER audit_event_no_update")
    world.change("UPDATE audit_event SET body = replace(body, 'mrodriguez', 'otro') WHERE id = 2")
    broken = verify_trail(VerifyTrail(tmp_path / "none.jsonl"), reader, world.uow)
    assert not broken.intact and "evento 2" in broken.summary
    assert [event["result"] for event in world.events("audit.verify")] == ["ok", "failed"]


def test_agents_do_not_prove(sqlite_world: World, tmp_path: Path) -> None:
    with pytest.raises(NotPermitted):
        verify_trail(VerifyTrail(tmp_path / "x"), sqlite_world.staff(), sqlite_world.uow)
