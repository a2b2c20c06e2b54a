"""Every payment of the guide on the demonstration's cooperative: an agent by phone, then a cashier in a branch, by form
and by line, own accounts and other people's, billers over HTTP (S10–S31)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from screens.record import RecordScreen
from services.biller_contract import OrderState
from services.bills import MODES
from services.demo import build_demo, demo_sheet
from services.ledger_check import check
from services.payment_kinds import KINDS
from services.sandbox_billers import Fault, SandboxBillers
from tests.journeys.hands import Hands, at_the_keyboard
from tests.journeys.house import House, Person
from tests.journeys.words import words_of
from tests.screens.support import NARROW

pytestmark = pytest.mark.timeout(400)

AURELIA = "40020"  # has an account of every kind
CODE = "Su código de un solo uso"


@pytest.fixture
def gateway(tmp_path: Path, house: House) -> Iterator[SandboxBillers]:
    """The demonstration's members and staff in the house, and its billers."""
    build_demo(house.uow)
    with SandboxBillers(tmp_path / "recaudadores", now=house.clock.now) as sandbox:
        house.settings = replace(house.settings, billers_url=sandbox.url)
        yield sandbox


def person(house: House, username: str) -> Person:
    found = demo_sheet(house.uow.policy.session).person(username)
    return Person(username, found.full_name, demo_sheet(house.uow.policy.session).password)


async def mail_code(hands: Hands, keys: str) -> str:
    """Send a code with these keys and read the mail that it makes."""
    to = hands.house.value("SELECT email FROM member WHERE number = :number", number=AURELIA)
    already = len(hands.house.post.mails(CODE, to))
    await hands.keys(keys)
    mail = await hands.house.post.arrival(CODE, to, count=already + 1)
    found = re.search(r"\b\d{6}\b", words_of(mail))
    assert found is not None, words_of(mail)
    return found[0]


async def pay(hands: Hands, script: str, said: str = "aplicad") -> None:
    """From the record to the receipt and back. Somebody else's account wants the code of this payment."""
    await hands.keys(script)
    screen = hands.app.screen
    assert getattr(screen, "prepared", None) is not None, hands.look()
    if screen.prepared.code_needed:  # type: ignore[attr-defined]
        await hands.keys(f"{await mail_code(hands, 'c')}<enter>")
    else:
        await hands.keys("<enter>")
    hands.sees(said)
    assert screen.receipt is not None, hands.look()  # type: ignore[attr-defined]
    await hands.keys("<escape>")
    assert isinstance(hands.app.screen, RecordScreen), hands.look()


async def verify_by_phone(hands: Hands) -> None:
    """Two answers and a code: N2."""
    known = dict(demo_sheet(hands.house.uow.policy.session).member(AURELIA).answers)
    await hands.keys(f"{AURELIA}<enter>v")
    for _ in range(2):
        await hands.keys(f"{known[hands.question()]}<enter>")
    at = [offer.kind for offer in hands.app.screen.state.offers].index("code_email") + 1  # type: ignore[attr-defined]
    await hands.keys(f"{await mail_code(hands, f'<f8>{at}')}<enter>")
    hands.sees("N2 verificada")
    await hands.keys("<escape>")


async def verify_in_person(hands: Hands) -> None:
    await hands.keys(f"{AURELIA}<enter>v")
    await hands.way("in_person")
    await hands.keys(f"{demo_sheet(hands.house.uow.policy.session).member(AURELIA).cedula}<enter>")
    at = [offer.kind for offer in hands.app.screen.state.offers].index("code_email") + 1  # type: ignore[attr-defined]
    await hands.keys(f"{await mail_code(hands, f'<f8>{at}')}<enter>")
    if not isinstance(hands.app.screen, RecordScreen):
        await hands.keys("<escape>")


#: From the list of Aurelia's accounts: savings 1–3, plan 4, contributions 6, loan 11, insurance 13, card 14, mobile 15.
BY_PHONE = (
    "t12<enter>75<enter>",
    ":tr 1 2 25 para la luz<enter>",
    "t14<enter>cuota<enter>",
    ":ap 6 cuota de 1<enter>",
    "t111<enter>cuota<enter>",
    ":pr 12 cuota de 1<enter>",
    "t113<enter>10<enter>",
    ":cel cuota de 1<enter>",
    "t114<enter>min<enter>",
    ":tc 20 de 1<enter>",
    "t140023/2<enter>12.50<enter>",
    ":ap 01-070-40034-1-2 5 de 1<enter>",
    "t140034/7<enter>20<enter>",
    ":tc 40023/4 15 de 1<enter>",
)
BILLS = ("gensa<enter>1234567<enter>1<enter>", ":pg fenosa 7654321 5 de 1<enter>", ":rc movil 6123-4567 10 de 1<enter>")


async def test_every_payment_by_form_and_by_line(house: House, gateway: SandboxBillers) -> None:
    async with at_the_keyboard(house, NARROW) as hands:
        await hands.sign_in(person(house, "mrodriguez"))
        await verify_by_phone(hands)
        for script in BY_PHONE:
            await pay(hands, script)
        for script in BILLS:
            await pay(hands, script)
        gateway.fault = Fault.REFUSED
        await pay(hands, ":rc movil 6123-4567 5 de 1<enter>", "NO REALIZADA: el dinero sigue en la cuenta")
        gateway.fault = None
        await hands.keys("<f7>")
        await hands.sign_out()
        await hands.sign_in(person(house, "lbatista"))
        await verify_in_person(hands)
        for script in ("tc2<enter>40<enter>", ":dep 1 60<enter>", "t1c<enter>30<enter>", ":ret 2 10<enter>"):
            await pay(hands, script)
        await pay(hands, "tc4<enter>cuota<enter>")
        await pay(hands, ":seg 40034/9 8 de 1<enter>")
        await hands.sign_out()
    nothing_was_lost(house, gateway)


def nothing_was_lost(house: House, gateway: SandboxBillers) -> None:
    """Each kind was posted, the books agree, and the gateway took what the ledger says."""
    kinds = {op.value for op in (*KINDS, *MODES)}
    rows = house.rows("SELECT kind, outcome FROM operation WHERE terminal = 'CAJA-2'")
    assert {row["kind"] for row in rows if row["outcome"] == "posted"} == kinds
    assert sum(row["outcome"] == "posted" for row in rows) == len(BY_PHONE) + len(BILLS) + 6
    taken = [one.amount for one in gateway.orders() if one.state is OrderState.ACCEPTED]
    paid = house.rows("SELECT amount FROM biller_order WHERE state = 'paid' ORDER BY id")
    assert sorted(taken, key=str) == sorted((row["amount"] for row in paid), key=str) and len(taken) == len(BILLS)
    assert house.value("SELECT sum(held) FROM account") == 0
    assert check(house.uow) == ()
