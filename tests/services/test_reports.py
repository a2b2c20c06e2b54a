"""Accesses, handling time, channels and marked cash as reports: figures computed another way, rights, and nobody named
where nobody has to be."""

from __future__ import annotations

import itertools
import json
from collections import Counter as Tally
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import update

from coop_tui.cli.report import NAMES
from data.engine import writing
from data.tables import StaffSession
from data.values.uuid7 import uuid7
from services.cases import CloseCase, close_case
from services.document_pdf import points_of
from services.errors import NotPermitted, ReauthenticationNeeded
from services.operations import Op
from services.operator import Channel, Operator, Role
from services.payments import confirm
from services.record_rows import access_facts
from services.records import OpenRecord, open_record
from services.report_access import AGENTS, FUNNEL, ROUTES, STUCK
from services.report_cash import MARKS
from services.report_channels import BY_CHANNEL, BY_KIND, BY_MONTH, BY_PERSON, months_of
from services.report_document import Report, Table, middle
from services.report_files import widths_of
from services.report_handling import BY_AGENT
from services.report_handling import BY_KIND as BY_REASON
from services.report_periods import PeriodKind, parse_period, period_of
from services.reports import REPORTS, MakeReport, make_report
from services.reversals import Reverse, reverse
from services.timeline_words import CHANNELS
from tests.services.counters import Counter
from tests.services.test_cash_marks import FUNDS, stating
from tests.services.test_payments_own import Desk
from tests.services.world import START, World

TODAY = date(2026, 11, 23)


def made(world: World, who: Operator, name: str, period: str, **more: Any) -> Report:
    return make_report(MakeReport(name, parse_period(period), **more), who, world.uow)


# ---------------------------------------------------------------- channels


def busy_half(world: World) -> Operator:
    """Transfers by the call centre in three months and in the first half, one undone, cash over the counter."""
    desk = Desk(world)
    for amount in (75_00, 20_00, 12_34):
        receipt = confirm(desk.form(amount), desk.agent, world.uow)
    boss = world.staff("jefe", [Role.SUPERVISOR])
    reverse(Reverse(receipt.operation_id, "Se equivocó de cuenta", uuid7()), boss, world.uow)
    for key, day in zip(
        world.rows("SELECT id FROM operation WHERE kind = 'transfer.own' ORDER BY seq"),
        ("2026-06-30", "2026-07-01", "2026-12-31"),
        strict=True,
    ):
        move(world, key["id"], day)
    return boss


def move(world: World, key: str, day: str) -> None:
    """Put an operation on another day, behind the guards."""
    from tests.services.test_ledger_check import tamper

    tamper(world, "UPDATE operation SET value_date = :day WHERE id = :key", day=date.fromisoformat(day)
           if world.dialect == "postgresql" else day, key=key)  # fmt: skip


def test_channels_of_a_half_year(world: World) -> None:
    boss = busy_half(world)
    second = made(world, boss, "canales", "2026-2")
    # By another way: the sealed bodies, counted in Python.
    found: Tally[str] = Tally()
    for row in world.rows("SELECT channel, body, kind, member_id, CAST(value_date AS text) AS day FROM operation"):
        if row["member_id"] is not None and row["kind"] == "transfer.own" and row["day"] >= "2026-07-01":
            found[CHANNELS[row["channel"]]] += sum(leg["amount"] for leg in json.loads(row["body"])["legs"])
    rows = {str(row[0]): row for row in second.table(BY_CHANNEL).rows}
    assert {name: row[3] for name, row in rows.items()} == dict(found) == {"CIS": 32_34}
    assert rows["CIS"][1:] == (1, 2, 32_34, 1, 12_34)
    for title in (BY_KIND, BY_MONTH, BY_PERSON):
        table = second.table(title)
        assert table.total is not None and table.total[-4:] == (2, 32_34, 1, 12_34)
    assert [row[0] for row in second.table(BY_MONTH).rows] == ["2026-07 julio", "2026-12 diciembre"]
    first = made(world, boss, "canales", "2026-1")
    assert first.table(BY_CHANNEL).rows == (("CIS", 1, 1, 75_00, 0, 0),)
    assert made(world, boss, "canales", "2026-2", branch="999").table(BY_CHANNEL).rows == ()


def test_months_cover_a_period_without_gaps() -> None:
    half = parse_period("2028-1")
    months = months_of(half.first, half.last)
    assert len(months) == 6 and months[0][0] == half.first and months[-1][1] == half.last
    assert all(after[0] - before[1] == timedelta(days=1) for before, after in itertools.pairwise(months))
    week = period_of(PeriodKind.WEEK, date(2026, 12, 31))
    assert months_of(week.first, week.last) == [
        (date(2026, 12, 28), date(2026, 12, 31)), (date(2027, 1, 1), date(2027, 1, 3))
    ]  # fmt: skip


# ---------------------------------------------------------------- access


def test_the_funnel_and_who_is_stuck_where(world: World) -> None:
    """Each access is judged as the record judges it; the counts are taken from the records one by one."""
    agent, boss = world.staff(), world.staff("jefa", [Role.SUPERVISOR])
    now = START
    states: list[tuple[str, dict[str, Any]]] = [
        ("solicitado", {}),
        ("solicitado", {"requested_at": now - timedelta(days=2)}),
        ("primer_acceso", steps(now, agent, "password_at")),
        ("primer_acceso", steps(now, agent, "password_at", "username_at", "image_at")),
        ("activo", steps(now, agent, *WAY)),
        ("bloqueado", steps(now, agent, *WAY) | {"state_before_block": "activo", "blocked_at": now}),
        ("cerrado", {"closed_at": now}),
    ]
    members = [world.member(f"{50012 + number}") for number in range(len(states))]
    for member, (state, columns) in zip(members, states, strict=True):
        world.access(member, state, **columns)
    world.member("50999")  # never asked
    report = made(world, boss, "accesos", "11/2026")
    funnel = {row[0]: row[1:] for row in report.table(FUNNEL).rows}
    assert [funnel[name][0] for name in ("solicitado", "activado", "contraseña", "imagen", "contrato")] == [
        7,
        4,
        4,
        3,
        2,
    ]
    assert [funnel[name][2] for name in ("activado", "usuario", "preguntas")] == [2, 1, 1]
    assert funnel["activado"][4] == 2 * 24 * 3600 and funnel["solicitado"][1] == 100
    stuck = {(row[0], row[2]): row[3] for row in report.table(STUCK).rows}
    assert stuck == {
        ("activado", "Activar"): 2,
        ("usuario", "Esperar al asociado"): 1,
        ("preguntas", "Esperar al asociado"): 1,
        ("bloqueado", "Desbloquear"): 1,
        ("cerrado", "Esperar al asociado"): 1,
    }
    assert report.table(AGENTS).rows == (("mrodriguez", 4),)
    ((route, asked, activated, finished, *_),) = report.table(ROUTES).rows
    assert (route, asked, activated, finished) == ("web", 7, 4, 1)
    # By another way: the record's own facts, member by member.
    with world.uow.begin(boss, Op.AUDIT_READ) as tx:
        from services.access_xray import diagnose
        from services.record_rows import member_row

        seen = [diagnose(access_facts(tx, member, member_row(tx, member))) for member in members]
        tx.record()
        tx.commit()
    counted = Tally(stage.label for one in seen for stage in one.stages if stage.status == "done")
    assert {label: cells[0] for label, cells in funnel.items()} == {label: counted[label] for label in funnel}
    said = json.dumps([table.rows for table in report.sections if isinstance(table, Table)])
    assert "Itzel" not in said and "50012" not in said


WAY = (
    "password_at", "username_at", "image_at", "questions_at", "services_at", "relogin_at", "contract_at"
)  # fmt: skip


def steps(now: Any, agent: Operator, *names: str) -> dict[str, Any]:
    """Activated an hour ago, and each step a minute after the one before."""
    times = {name: now - timedelta(minutes=50 - number) for number, name in enumerate(names)}
    return times | {
        "requested_at": now - timedelta(hours=2),
        "activated_at": now - timedelta(hours=1),
        "activated_by": agent.staff_id,
    }


# ---------------------------------------------------------------- handling time


def test_handling_time_by_reason_and_agent(world: World) -> None:
    boss = world.staff("jefa", [Role.SUPERVISOR])
    agents = [world.staff("uno"), world.staff("dos")]
    for number, minutes in enumerate((3, 5, 10)):
        agent, member = agents[number % 2], world.member(f"{50012 + number}")
        world.access(member)
        open_record(OpenRecord(member), agent, world.uow)
        if number:
            world.clock.advance(minutes=1)
            with world.uow.begin(agent, Op.NOTE_ADD, member_id=member) as tx:
                tx.record("access.unlock")
                tx.commit()
        world.clock.advance(minutes=minutes - bool(number))
        awake(world)
        close_case(CloseCase(member), agent, world.uow)
    open_record(OpenRecord(world.member("50100")), agents[0], world.uow)
    report = made(world, boss, "tiempos", "23/11/2026")
    reasons = {row[0]: row[1:] for row in report.table(BY_REASON).rows}
    assert reasons["Desbloqueo"] == (2, 0, 600, 600, 600, 900)
    assert reasons["Consulta"] == (2, 1, 180, 180, 180, 180)
    by_agent = {row[0]: row[1:3] for row in report.table(BY_AGENT).rows}
    assert by_agent == {"uno": (3, 1), "dos": (1, 0)}
    assert report.table(BY_AGENT).total is not None and report.table(BY_AGENT).total[-1] == 3 * 60 + 300 + 600  # type: ignore[index]


def test_the_middle() -> None:
    assert (middle([]), middle([7]), middle([3, 1, 2]), middle(range(1, 11), 90)) == (None, 7, 2, 10)


# ---------------------------------------------------------------- cash


def test_marked_cash_is_compliance_s_alone(world: World) -> None:
    counter = Counter(world)
    counter.open(500_00)
    counter.confirm(stating(counter.form(Op.CASH_DEPOSIT, 10_000_00)))
    officer = world.staff("cumple", [Role.COMPLIANCE])
    report = made(world, officer, "efectivo", "11/2026")
    (row,) = report.table(MARKS).rows
    assert (row[3], row[7], row[9], row[10]) == ("50012", 10_000_00, 10_000_00, FUNDS)
    assert report.table("Sumas").rows[0] == ("Entradas", 1, 10_000_00)
    for who in (counter.boss, counter.cashier):
        with pytest.raises(NotPermitted):
            made(world, who, "efectivo", "11/2026")
    world.clock.advance(minutes=6)  # older than the policy allows; the desk was not idle
    awake(world)
    with pytest.raises(ReauthenticationNeeded):
        made(world, officer, "efectivo", "11/2026")
    told = [event for event in world.events() if event["user"] == "cumple"]
    assert "50012" not in json.dumps(told) and FUNDS not in json.dumps(told)


def awake(world: World) -> None:
    """Nobody's station locks itself meanwhile."""
    with writing(world.engine).begin() as connection:
        connection.execute(update(StaffSession).values(last_seen_at=world.clock.now()))


def test_each_report_for_its_roles_and_no_other(sqlite_world: World) -> None:
    people = {role: sqlite_world.staff(role.value, [role], channel=Channel.BRANCH) for role in Role}
    rules = sqlite_world.uow.policy.operations
    assert tuple(REPORTS) == NAMES  # what the command line offers before it loads anything
    for kind in REPORTS.values():
        period = period_of(kind.periods[0], TODAY)
        for role, person in people.items():
            if role in rules[kind.op].roles:
                assert make_report(MakeReport(kind.word, period), person, sqlite_world.uow).title == kind.title
            else:
                with pytest.raises(NotPermitted):
                    make_report(MakeReport(kind.word, period), person, sqlite_world.uow)


WORDS = st.text("abcdeñ 0123456789-", min_size=0, max_size=60)


@given(st.integers(1, 14).flatmap(lambda many: st.lists(st.tuples(*[WORDS] * many), min_size=1, max_size=6)),
       st.sampled_from([504, 684]))  # fmt: skip
def test_columns_of_a_page_fill_it_and_cut_no_word_that_has_room(rows: list[tuple[str, ...]], room: int) -> None:
    widths = widths_of(rows, room)
    assert sum(widths) == room and len(widths) == len(rows[0])
    words = [[(word, number == 0) for number, row in enumerate(rows) for word in row[place].split() or [""]]
             for place in range(len(widths))]  # fmt: skip
    least = [max(points_of(word, strong=head) for word, head in column) for column in words]
    if sum(least) <= room:
        assert all(width >= small for width, small in zip(widths, least, strict=True))
