"""A member's history: who did what, on whose side, in Spanish, and no looks unless asked (req. 48)."""

from __future__ import annotations

import pytest

from services.errors import NotFound, NotPermitted, VerificationNeeded
from services.notes import AddNote, add_note
from services.operations import Op
from services.operator import Channel, Operator, Role, system_operator
from services.records import OpenRecord, open_record
from services.timeline import MemberTimeline, TimelineRow, member_timeline, what_text
from services.timeline_words import WORDS
from tests.services.world import World


@pytest.fixture
def agent(world: World) -> Operator:
    return world.staff("mrodriguez")


def whats(rows: tuple[TimelineRow, ...]) -> list[str]:
    return [row.what for row in rows]


def test_what_staff_member_and_program_did(world: World, agent: Operator) -> None:
    member = world.member()
    open_record(OpenRecord(member), agent, world.uow)
    world.clock.advance(minutes=1)
    add_note(AddNote(member, "nota"), agent, world.uow)
    portal = Operator(f"member:{member}", "Uprueba01", frozenset(), "018", "kiosco-1", Channel.KIOSK)
    with world.uow.begin_system(portal, member_id=member) as tx:
        tx.record("access.temporary_sign_in", result="failed")
        tx.commit()
    with world.uow.begin_system(system_operator("worker"), member_id=member) as tx:
        tx.record("outbox.sent")
        tx.commit()
    rows = member_timeline(MemberTimeline(member), agent, world.uow)
    assert [(row.who, row.kind, row.what, row.result, row.channel) for row in rows] == [
        ("worker", "sistema", "Mensaje enviado", "hecho", "Sistema"),
        ("Uprueba01", "asociado", "Ingreso con contraseña temporal", "falló", "Kiosco"),
        ("mrodriguez", "personal", "Escribió una nota", "hecho", "CIS"),
        ("mrodriguez", "personal", "Abrió un caso", "hecho", "CIS"),
    ]
    assert rows[0].at == world.clock.now() and rows[0].at.utcoffset() is not None
    assert len(world.events("timeline.view")) == 1


def test_looks_are_shown_when_asked_for(world: World, agent: Operator) -> None:
    member = world.member()
    open_record(OpenRecord(member), agent, world.uow)
    assert whats(member_timeline(MemberTimeline(member), agent, world.uow)) == ["Abrió un caso"]
    shown = whats(member_timeline(MemberTimeline(member, views=True), agent, world.uow))
    assert shown == ["Vio la historia", "Vio la ficha", "Abrió un caso"]


def test_refusals_show_with_their_reason(world: World, agent: Operator) -> None:
    member = world.member()
    with pytest.raises(VerificationNeeded), world.uow.begin(agent, Op.ACCESS_UNLOCK, member_id=member):
        pass
    with pytest.raises(NotFound), world.uow.begin(agent, Op.RECORD_VIEW, member_id=member):
        raise NotFound
    row, unlock = member_timeline(MemberTimeline(member), agent, world.uow)
    assert (unlock.what, unlock.result, unlock.reason) == ("Desbloqueó el acceso", "negado", "verification_needed")
    assert row.reason == "No hay un registro con esos datos."


def test_the_reason_that_the_agent_gave(world: World, agent: Operator) -> None:
    member = world.member()
    with world.uow.begin(agent, Op.ACCESS_SUSPEND, member_id=member) as tx:
        tx.record(reason="Lo pidió [/] \x1b[2J")
        tx.commit()
    (row,) = member_timeline(MemberTimeline(member), agent, world.uow)
    assert row.what == "Suspendió el acceso" and row.reason == "Lo pidió [/] ·[2J"


def test_limits_and_others_stay_out(world: World, agent: Operator) -> None:
    member, other = world.member("50012"), world.member("50013")
    for owner in (member, other, member, member):
        add_note(AddNote(owner, "nota"), agent, world.uow)
    assert len(member_timeline(MemberTimeline(member), agent, world.uow)) == 3
    assert len(member_timeline(MemberTimeline(member, limit=2), agent, world.uow)) == 2
    assert len(member_timeline(MemberTimeline(member, limit=-5), agent, world.uow)) == 1
    assert len(member_timeline(MemberTimeline(other, limit=10**9), agent, world.uow)) == 1


def test_rights_and_nobody(world: World, agent: Operator) -> None:
    assert member_timeline(MemberTimeline(world.member()), world.staff("a", roles=(Role.AUDITOR,)), world.uow) == ()
    with pytest.raises(NotFound):
        member_timeline(MemberTimeline(9_999), agent, world.uow)
    with pytest.raises(NotPermitted):
        member_timeline(MemberTimeline(1), world.staff("b", roles=(Role.ADMINISTRATOR,)), world.uow)


def test_everything_that_concerns_a_member_has_words() -> None:
    house = (
        "audit.",
        "staff.",
        "import.",
        "ledger.",
        "pattern.",
        "report.",
        "breach.",
        "policy.",
        "privacy.view",
        "recording.",
    )
    unnamed = {op.value for op in Op if not op.value.startswith(house)} - WORDS.keys()
    assert unnamed == set()
    assert what_text("otra\x1bcosa") == "otra·cosa"
    assert what_text("verification.step", {"kind": "code"}) == "Verificación: código de un solo uso"
    assert what_text("verification.step", {"kind": "x"}) == "Verificación"
