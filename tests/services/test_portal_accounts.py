"""What the member sees: greeting, last visit, groups and columns of the guide, affiliated accounts alone (S74–S92)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from data.values.dates import format_last_visit
from services.affiliation import Affiliate, affiliate
from services.errors import CoopError, InvalidInput, NotFound, SessionEnded, SetupNeeded
from services.member_presence import sign_out
from services.movements import LastMovements, last_movements
from services.portal_accounts import COLUMNS, GetDetail, account_detail, link_of, overview
from tests.services.portal_door import configured, member_inside, sign, sign_in
from tests.services.world import World

#: The rows of the guide's own picture, in its order (S81–S87).
GUIDE = (
    ("01-002-50012-1-7", "01", "APORTACIONES", 250_00, None),
    ("02-002-50012-1-2", "02", "CAPITAL EXTERNO", 526_95, None),
    ("03-002-50012-1-1", "03", "FONDO DE INCAPACIDAD TEMPORAL", 75_00, None),
    ("04-002-50012-1-7", "04", "SERVICIO DE MORTUORIA", 50_00, None),
    ("05-002-50012-1-4", "05", "PLAN SOLIDARIO DE CANCER", 75_00, None),
    ("0090703-50012-6", "31", "SEG.VIDA", -62_68, None),
    ("5216-XXXX-XXXX-2019", "41", "MASTERCARD CLASICA PROFECARD", -1_322_64, "2019"),
)


def with_the_guides_accounts(world: World, member: int) -> dict[str, int]:
    ids = {}
    for number, product, label, balance, last4 in GUIDE:
        columns: dict[str, Any] = {"number": number, "label": label, "card_last4": last4}
        low = min(0, balance)
        account = world.account(
            member, product=product, affiliated_at=world.clock.now(), floor=low, min_balance=low, **columns
        )
        if balance:
            world.fund(account, balance)
        ids[product] = account
    return ids


def test_the_page_of_the_guide(world: World) -> None:
    operator, member = member_inside(world)
    with_the_guides_accounts(world, member)
    page = overview(operator, world.uow)
    assert COLUMNS == ("No. cuenta", "Descripción", "Saldo", "Movimientos")
    assert [group.title for group in page.groups] == ["Cuentas de Aportes", "Seguros", "Tarjetas de Crédito"]
    shown = [(row.number, row.label, row.balance, link_of(row)) for group in page.groups for row in group.rows]
    assert shown == [
        ("01-002-50012-1-7", "APORTACIONES", "250.00", "Últimos 10, 20, 30"),
        ("02-002-50012-1-2", "CAPITAL EXTERNO", "526.95", "Últimos 10, 20, 30"),
        ("03-002-50012-1-1", "FONDO DE INCAPACIDAD TEMPORAL", "75.00", "Últimos 10, 20, 30"),
        ("04-002-50012-1-7", "SERVICIO DE MORTUORIA", "50.00", "Últimos 10, 20, 30"),
        ("05-002-50012-1-4", "PLAN SOLIDARIO DE CANCER", "75.00", "Últimos 10, 20, 30"),
        ("0090703-50012-6", "SEG.VIDA", "62.68", "Ver detalle"),
        ("5216-XXXX-XXXX-2019", "MASTERCARD CLASICA PROFECARD", "1,322.64", "Extracto de tarjeta"),
    ]
    (event,) = world.events("portal.overview")
    assert event["actor"] == f"member:{member}" and event["detail"] == {"accounts": 7}


@pytest.mark.parametrize(("hours", "hello"), [(0, "Buenos días, "), (3, "Buenas tardes, "), (9, "Buenas noches, ")])
def test_the_greeting_follows_the_hour_in_panama(world: World, hours: int, hello: str) -> None:
    configured(world)
    world.clock.advance(hours=hours)  # from 09:00
    operator = sign_in(world).operator
    sign(world, operator)
    assert overview(operator, world.uow).greeting.startswith(hello)


def test_the_last_visit_is_the_one_before(world: World) -> None:
    operator, _ = member_inside(world)
    first = world.clock.now()
    assert overview(operator, world.uow).last_visit == ""
    world.clock.advance(days=2, hours=5)
    again = sign_in(world).operator
    assert overview(again, world.uow).last_visit == format_last_visit(first) == "23/11/2026|09:00 am"
    second = world.clock.now()
    world.clock.advance(days=1)
    assert overview(sign_in(world).operator, world.uow).last_visit == format_last_visit(second) == "25/11/2026|02:00 pm"


def test_only_affiliated_accounts_are_there(world: World) -> None:
    operator, member = member_inside(world)
    hidden = world.account(member, balance=10_00, affiliated_at=None)
    shown = world.account(member, balance=20_00, number="06-018-50012-2-1", affiliated_at=world.clock.now())
    assert [row.account_id for group in overview(operator, world.uow).groups for row in group.rows] == [shown]
    for call in (
        lambda: account_detail(GetDetail(hidden), operator, world.uow),
        lambda: last_movements(LastMovements(hidden), operator, world.uow),
    ):
        with pytest.raises(NotFound) as caught:
            call()
        assert caught.value.user_text == "No hay un registro con esos datos."
    agent = world.staff("mperez")
    world.lease(agent, member, 2)
    affiliate(Affiliate(member, hidden, True, "lo pidió el asociado"), agent, world.uow)
    assert account_detail(GetDetail(hidden), operator, world.uow).lines
    affiliate(Affiliate(member, hidden, False, "lo pidió el asociado"), agent, world.uow)
    with pytest.raises(NotFound):
        last_movements(LastMovements(hidden), operator, world.uow)


@pytest.mark.parametrize("count", [10, 20, 30])
def test_the_last_movements(world: World, count: Any) -> None:
    operator, member = member_inside(world)
    account = world.account(member, affiliated_at=world.clock.now())
    for step in range(35):
        world.fund(account, 100 + step)
    found = last_movements(LastMovements(account, count), operator, world.uow)
    assert len(found.rows) == count and found.rows[0].credit == "1.34"
    with pytest.raises(InvalidInput):
        last_movements(LastMovements(account, 11), operator, world.uow)  # type: ignore[arg-type]


def test_nothing_of_another_members_is_there(world: World) -> None:
    operator, _ = member_inside(world)
    other = world.member("50077")
    account = world.account(other, number="06-018-50077-1-1", affiliated_at=world.clock.now())
    for call in (
        lambda who: account_detail(GetDetail(account), who, world.uow),
        lambda who: last_movements(LastMovements(account), who, world.uow),
        lambda who: account_detail(GetDetail(999_999), who, world.uow),
    ):
        with pytest.raises(CoopError):
            call(operator)
        with pytest.raises(CoopError):
            call(replace(operator, actor=f"member:{other}"))


def test_not_before_the_contract_and_not_after_leaving(world: World) -> None:
    configured(world)
    before = sign_in(world).operator
    with pytest.raises(SetupNeeded):
        overview(before, world.uow)
    operator, _ = member_inside(world, "50013", "mperez", "Uprueba02")
    sign_out(operator, world.uow)
    with pytest.raises(SessionEnded):
        overview(operator, world.uow)


def test_the_detail_of_an_insurance_and_of_a_card(world: World) -> None:
    operator, member = member_inside(world)
    ids = with_the_guides_accounts(world, member)
    world.change(
        "UPDATE account SET terms = :terms, opened_on = :day WHERE id = :id",
        terms='{"due_day":15,"limit":300000,"minimum":6613,"statement":130000}',
        day=date(2020, 2, 3).isoformat() if world.dialect == "sqlite" else date(2020, 2, 3),
        id=ids["41"],
    )
    assert dict(account_detail(GetDetail(ids["31"]), operator, world.uow).lines)["Saldo adeudado"] == "62.68"
    assert dict(account_detail(GetDetail(ids["41"]), operator, world.uow).lines) == {
        "No. cuenta": "5216-XXXX-XXXX-2019",
        "Descripción": "MASTERCARD CLASICA PROFECARD",
        "Saldo adeudado": "1,322.64",
        "Límite": "3,000.00",
        "Saldo del último corte": "1,300.00",
        "Pago mínimo": "66.13",
        "Próximo vencimiento": "15/12/2026",
        "Abierta el": "03/02/2020",
        "Estado": "Activa",
    }


def test_terms_that_cannot_be_read_hide_nothing_else(world: World) -> None:
    operator, member = member_inside(world)
    for number, terms in (("06-018-50012-3-1", "[]"), ("06-018-50012-4-1", "{"), ("06-018-50012-5-1", '{"quota":"x"}')):
        account = world.account(member, number=number, terms=terms, affiliated_at=world.clock.now())
        assert ("Saldo", "0.00") in account_detail(GetDetail(account), operator, world.uow).lines
