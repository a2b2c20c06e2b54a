"""The policy's versions: proposed by one, approved by another, in force everywhere at one moment (req. 42, 48)."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from sqlalchemy.exc import DBAPIError

from services.approval_rows import AlreadyDecided
from services.errors import CoopError, DataChanged, InvalidInput, NotFound, NotPermitted
from services.operations import Op
from services.operator import Operator, Role, system_operator
from services.policy import PolicyError, packaged_policy, read_document
from services.policy_changes import ChangePolicy
from services.policy_store import LEAD, LOOK_EVERY
from services.policy_text import check_text, complete, differences, line_of, values_of
from services.policy_trail import adopt_policy, fall_back
from services.policy_versions import Compare, ViewPolicy, compare_policies, text_in_force, view_policy
from services.policy_words import place_words, section_words
from services.unit_of_work import UnitOfWork
from tests.services.two_people import TwoPeople
from tests.services.world import World

SHIPPED = packaged_policy().decode()
REASON = "Acuerdo de la Junta de Directores"


def draft(name: str = "2027-01", **changes: str) -> str:
    """The shipped document under another name, with lines `key = value` put in the place of those of that key."""
    lines = []
    for line in SHIPPED.splitlines():
        key = line.split(" = ")[0]
        lines.append(f"{key} = {changes[key]}" if key in changes else line)
    return "\n".join(lines).replace('version = "2026-11-23"', f'version = "{name}"') + "\n"


@pytest.fixture
def two(world: World) -> TwoPeople:
    adopt_policy(world.uow, packaged_policy(), source="packaged")
    return TwoPeople.of(world)


def another(world: World) -> UnitOfWork:
    """Another process on the same store."""
    uow = UnitOfWork(
        world.engine, clock=world.clock, policy=world.uow.policy, secrets=world.uow.secrets, hasher=world.hasher
    )
    adopt_policy(uow, packaged_policy(), source="packaged")
    return uow


def test_a_store_begins_with_a_version_of_its_own(world: World) -> None:
    first = world.uow
    assert adopt_policy(first, draft("propia").encode(), source="file")
    assert not adopt_policy(another(world), packaged_policy(), source="packaged")
    assert first.policy.version == another(world).policy.version == "propia"
    assert text_in_force(first) == draft("propia")
    (event,) = world.events("policy.change")
    assert (event["detail"]["source"], event["detail"]["after"]) == ("file", first.policy.sha256)


def test_a_version_takes_two_people_and_holds_everywhere_at_its_time(world: World, two: TwoPeople) -> None:
    other = another(world)
    start = world.clock.now() + timedelta(hours=1)
    proposal = two.ask(ChangePolicy(draft(lock_minutes="45"), start), reason=REASON)
    assert world.scalar("SELECT count(*) FROM policy_version") == 1
    seen = two.see(proposal)
    assert seen.row.title == "Cambio de política" and seen.row.member == "2027-01"
    assert seen.differences == (
        ("Vale desde", "—", "23/11/2026 10:00"),
        ("Nombre de la versión: Nombre de la versión", "2026-11-23", "2027-01"),
        ("Sesión del personal: Minutos que dura ese bloqueo", "30", "45"),
    )
    two.agree(proposal)
    for moment, minutes in ((start - timedelta(seconds=1), 30), (start, 45)):
        world.clock.moment = moment
        assert [uow.policy.session.lock_minutes for uow in (world.uow, _looked(other), _looked(world.uow))] == [
            minutes
        ] * 3
    kept = world.rows("SELECT name, source, proposed_by, approved_by, proposal_id FROM policy_version ORDER BY id")[1]
    assert kept == {
        "name": "2027-01",
        "source": "proposal",
        "proposed_by": two.maker.staff_id,
        "approved_by": two.checker.staff_id,
        "proposal_id": proposal,
    }
    with other.begin_system(system_operator("prueba")) as tx:
        tx.record("prueba.evento")
        tx.commit()
    assert world.events("prueba.evento")[0]["policy"] == "2027-01"
    assert world.events("proposal.ask")[0]["policy"] == "2026-11-23"


def _looked(uow: UnitOfWork) -> UnitOfWork:
    """After any transaction: that is when a process asks for news."""
    with uow.begin_system(system_operator("prueba")):
        return uow


def test_nothing_holds_before_every_process_knows(world: World, two: TwoPeople) -> None:
    assert LEAD > LOOK_EVERY * 2
    two.agree(two.ask(ChangePolicy(draft(lock_minutes="45"))))
    begins = world.rows("SELECT from_at FROM policy_version ORDER BY id")[1]["from_at"]
    begins = datetime.fromisoformat(begins) if isinstance(begins, str) else begins
    assert begins == world.clock.now() + LEAD
    assert _looked(world.uow).policy.session.lock_minutes == 30
    world.clock.advance(seconds=30)
    assert _looked(world.uow).policy.session.lock_minutes == 45


def test_a_transaction_keeps_the_policy_that_it_began_with(world: World, two: TwoPeople) -> None:
    two.agree(two.ask(ChangePolicy(draft(lock_minutes="45"))))
    with world.uow.begin(two.checker, Op.POLICY_VIEW) as tx:
        world.clock.advance(seconds=60)
        assert _now(world.uow) == 45 and tx.policy.session.lock_minutes == 30
        tx.record()
        tx.commit()
    assert world.events("policy.view")[-1]["policy"] == "2026-11-23"


def _now(uow: UnitOfWork) -> int:
    if uow.policies is not None:
        uow.policies.current(uow.clock.now())
    return uow.policy.session.lock_minutes


def test_the_last_approved_version_wins_over_an_earlier_future_one(world: World, two: TwoPeople) -> None:
    later = world.clock.now() + timedelta(hours=2)
    two.agree(two.ask(ChangePolicy(draft("futura", lock_minutes="45"), later)))
    two.agree(two.ask(ChangePolicy(draft("urgente", lock_minutes="60"))))
    world.clock.advance(minutes=3)
    assert _now(world.uow) == 60
    world.clock.advance(hours=3)
    assert _now(world.uow) == 60


def test_what_was_approved_between_is_asked_again(world: World, two: TwoPeople) -> None:
    one, other = two.ask(ChangePolicy(draft("a"))), two.ask(ChangePolicy(draft("b", lock_minutes="45")))
    shown = two.see(other).hash
    two.agree(one)
    with pytest.raises(DataChanged):
        two.agree(other, shown=shown)
    two.agree(other)
    with pytest.raises(InvalidInput):  # its name is taken: the same text is no new version
        two.ask(ChangePolicy(draft("b", lock_minutes="50")))


def test_nobody_makes_a_policy_alone(world: World, two: TwoPeople) -> None:
    whole = world.staff("todo", list(Role))
    proposal = two.ask(ChangePolicy(draft()), maker=whole)
    shown = two.see(proposal).hash
    with pytest.raises(NotPermitted):
        two.agree(proposal, whole, shown=shown)
    for role in Role:
        if role not in world.uow.policy.operations[Op.POLICY_APPROVE].roles:
            with pytest.raises(NotPermitted):
                two.agree(proposal, world.staff(f"de_{role.value}", [role]), shown=shown)
    with pytest.raises(NotPermitted):
        two.ask(ChangePolicy(draft()), maker=two.checker)
    assert world.scalar("SELECT count(*) FROM policy_version") == 1


def test_two_approvals_at_once_are_one_version(world: World, two: TwoPeople) -> None:
    other = world.staff("jefa", [Role.SUPERVISOR])
    proposal = two.ask(ChangePolicy(draft()))
    shown, ready = two.see(proposal).hash, Barrier(2)

    def act(checker: Operator) -> str:
        ready.wait()
        try:
            two.agree(proposal, checker, shown=shown)
        except CoopError as error:
            return error.code
        return "ok"

    with ThreadPoolExecutor(2) as pool:
        outcomes = sorted(pool.map(act, (two.checker, other)))
    assert outcomes == [AlreadyDecided.code, "ok"]
    assert world.scalar("SELECT count(*) FROM policy_version") == 2


@pytest.mark.parametrize(
    ("wrong", "line", "told"),
    [
        (lambda text: text.replace("lock_minutes = 30", "lock_minutes = 0"), "lock_minutes = 0", "1 o más"),
        (lambda text: text.replace("lock_minutes = 30", "lock_minutes = treinta"), "lock_minutes = treinta", ""),
        (lambda text: text.replace("[reversal]", "[reversals]"), "[reversals]", "reversals"),
        (lambda text: text.replace("lease_minutes", "leese_minutes"), "leese_minutes = 15", "leese_minutes"),
        (
            lambda text: text.replace('"note.add" = { roles = ["agente_cis"', '"note.add" = { roles = ["agente"'),
            '"note.add" = { roles = ["agente"',
            "agente",
        ),
        (lambda text: text.replace("maximum = 500_00,", "maximum = 0,"), '"biller.top_up" = {', "minimum"),
        (lambda text: text.replace('version = "2027-01"', 'version = ""'), "version", "Línea 1"),
    ],
)
def test_a_draft_is_refused_at_its_line(world: World, two: TwoPeople, wrong, line: str, told: str) -> None:  # type: ignore[no-untyped-def]
    text = wrong(draft())
    assert text != draft()
    with pytest.raises(InvalidInput) as refused:
        two.ask(ChangePolicy(text))
    assert refused.value.field == "text" and told in refused.value.user_text
    number = int(refused.value.user_text.split()[1].rstrip(":"))
    if "version" not in line:
        assert text.splitlines()[number - 1].startswith(line), (number, refused.value.user_text)
    assert world.scalar("SELECT count(*) FROM proposal") == 0


@pytest.mark.parametrize("operation", ["policy.propose", "policy.approve", "staff.manage", "staff.approve"])
def test_no_policy_shuts_itself_in(world: World, two: TwoPeople, operation: str) -> None:
    """Roles that nobody has, or that the same one person has on both sides."""
    line = next(line for line in SHIPPED.splitlines() if line.startswith(f'"{operation}"'))
    same = ('["administrador"]',) if operation.endswith("approve") else ()
    for roles in ('["cumplimiento"]', "[]", *same):
        begin, _, end = line.partition("roles = [")
        text = draft().replace(line, f"{begin}roles = {roles}{end.partition(']')[2]}")
        assert text != draft()
        with pytest.raises(InvalidInput):
            two.ask(ChangePolicy(text))
    assert world.scalar("SELECT count(*) FROM proposal") == 0


def test_the_console_goes_back_to_the_shipped_policy(world: World, two: TwoPeople) -> None:
    console = system_operator("policy.fallback (root)")
    with pytest.raises(InvalidInput):
        fall_back(world.uow, console, REASON)
    two.agree(two.ask(ChangePolicy(draft(lock_minutes="45"))))
    world.clock.advance(minutes=1)
    assert _now(world.uow) == 45
    assert fall_back(world.uow, console, REASON) == "2026-11-23+2"
    world.clock.advance(seconds=5)
    assert _now(world.uow) == 30
    (event,) = world.events("policy.fallback")
    assert (event["actor"], event["reason"], event["detail"]["critical"]) == ("system", REASON, True)


def test_an_older_document_is_completed_and_told(world: World) -> None:
    old = SHIPPED.replace('outside_hours = "supervisor"\n', "").replace("[baskets]\nmost_items = 10\n", "")
    old = old.replace("lock_minutes = 30", "lock_minutes = 45\nforgotten = 1")
    policy, changed = complete(old, "0" * 64)
    assert (policy.session.lock_minutes, policy.session.outside_hours, policy.baskets.most_items) == (
        45,
        "supervisor",
        10,
    )
    assert sorted(changed) == ["baskets", "session.forgotten", "session.outside_hours"]
    world.uow.policies = None
    with pytest.raises(PolicyError):
        check_text(old)


def test_a_broken_stored_policy_leaves_the_way_back(world: World, two: TwoPeople) -> None:
    broken = SHIPPED.replace("lock_minutes = 30", "lock_minutes = 0").replace("2026-11-23", "rota", 1)
    from services.policy_store import keep_version

    with world.uow.begin_system(system_operator("prueba")) as tx:
        keep_version(tx.connection, name="rota", text=broken, source="proposal", from_at=tx.now, at=tx.now, reason="x")
        tx.record("prueba.rota")
        tx.commit()
    with pytest.raises(PolicyError):
        another(world)
    bare = UnitOfWork(
        world.engine, clock=world.clock, policy=world.uow.policy, secrets=world.uow.secrets, hasher=world.hasher
    )
    fall_back(bare, system_operator("policy.fallback (root)"), REASON)
    assert another(world).policy.session.lock_minutes == 30


def test_versions_are_seen_and_compared(world: World, two: TwoPeople) -> None:
    two.agree(two.ask(ChangePolicy(draft(lock_minutes="45", reportable="5_000_00")), reason=REASON))
    view = view_policy(ViewPolicy(), two.checker, world.uow)
    assert [(row.name, row.state, row.approved_by) for row in view.versions] == [
        ("2027-01", "futura", "revisora"),
        ("2026-11-23", "en vigor", ""),
    ]
    words = {row.place: (row.section, row.words, row.value) for row in view.values}
    assert words["cash.reportable"] == ("Efectivo", "Monto que se reporta", "B/.10,000.00")
    assert "solo, en una operación, Cajero: B/.5,000.00" in words["limits.transfer.third"][2]
    assert words["operations.contact.change"][1] == "Pidió un cambio de contacto"
    assert "nivel de verificación: 3 · pide la contraseña: sí" in words["operations.contact.change"][2]
    older, newer = (row.version_id for row in reversed(view.versions))
    assert ("Efectivo: Monto que se reporta", "B/.10,000.00", "B/.5,000.00") in compare_policies(
        Compare(older, newer), two.checker, world.uow
    )
    with pytest.raises(NotFound):
        view_policy(ViewPolicy(99), two.checker, world.uow)
    with pytest.raises(NotPermitted):
        view_policy(ViewPolicy(), world.staff("agente"), world.uow)


def test_every_value_has_its_words() -> None:
    missing = [
        ".".join(place)
        for place, _ in values_of(read_document(packaged_policy()))
        if place_words(place) == ".".join(place[1:]) or section_words(place[0]) == place[0]
    ]
    assert missing == []


def test_differences_and_lines() -> None:
    assert differences(SHIPPED, SHIPPED) == []
    assert differences(SHIPPED, draft(days="2"))[1:] == [(("reversal", "days"), 1, 2)]
    assert line_of("a\nb", "algo sin lugar") == 1


@pytest.mark.parametrize("statement", ["DELETE FROM policy_version", "UPDATE policy_version SET text = ''"])
def test_versions_are_never_rewritten(world: World, two: TwoPeople, statement: str) -> None:
    del two
    with pytest.raises(DBAPIError):
        world.change(statement)
