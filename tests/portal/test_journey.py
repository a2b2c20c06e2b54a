"""The whole story of one member: registered at the kiosk, activated at the desk, by mail to the first access, the
contract, the accounts and a transfer; and staff see all of it (S32–S92).
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from data.values.uuid7 import uuid7
from screens.dialogs.message import Message
from screens.portal.contract import Contract
from screens.portal.home import Home
from screens.portal.review import PaymentReceipt
from screens.portal.user import User
from services.activation import Activate, activate
from services.activation_queue import pending_activations
from services.contract_proof import verify_contract
from services.delivery import drain
from services.mail_messages import MailIdentity
from services.operator import Role
from services.timeline import MemberTimeline, member_timeline
from services.transports import SmtpMail, Transports
from tests.portal.kiosk import SCREENS, Kiosk, kiosk
from tests.services.access_cases import REASON
from tests.services.portal_door import NEW_PASSWORD, USER
from tests.services.smtp_server import Mailbox, smtp_server
from tests.services.world import World

FORM = "50012<enter>140219868-700-50012<enter><space><f2>"


def post(world: World, port: int, mailbox: Mailbox) -> list[str]:
    """Deliver what waits, to a real server; the plain bodies of what came, by that server's own count."""
    before = len(mailbox.received)
    mail = SmtpMail(host="127.0.0.1", port=port, tls="none", timeout=5)
    drain(world.uow, Transports(mail, None, MailIdentity()))
    bodies = [message.get_body(("plain",)) for message in mailbox.received[before:]]
    return [body.get_content() for body in bodies if body is not None]


@pytest.fixture
def member(sqlite_world: World) -> int:
    """A member with two savings accounts, who has never been online."""
    member = sqlite_world.member()
    sqlite_world.account(member, balance=1_322_64, number="06-018-50012-1")
    sqlite_world.account(member, number="06-018-50012-2")
    return member


async def first_access(desk: Kiosk) -> None:
    """From the temporary data to the accounts."""
    await desk.enter_temporary()
    for step in SCREENS:
        await desk.take(step)
    await desk.answer()
    await desk.keys(f"{NEW_PASSWORD}<enter>")
    desk.on(Contract)
    await desk.sign_contract()


async def test_from_the_registration_to_a_transfer(sqlite_world: World, tmp_path: Path, member: int) -> None:
    world, mailbox = sqlite_world, Mailbox()
    with smtp_server(mailbox) as port:
        async with kiosk(world, tmp_path, first_access=False) as desk:
            await desk.keys(f"<f3>{FORM}")
            desk.on(Message)
            await desk.keys("<enter>")
            desk.on(User)

            agent = world.staff()
            assert [row.number for row in pending_activations(agent, world.uow)] == ["50012"]
            assert world.scalar("SELECT route FROM access") == "kiosco"
            world.lease(agent, member, 3)
            activate(Activate(member, REASON, uuid7()), agent, world.uow)
            (body,) = [text for text in post(world, port, mailbox) if "temporal" in text]
            found = re.search(r"Contraseña temporal:\s*(\S+)", body)
            assert found is not None, body
            desk.member, desk.temporary = member, found[1]

            await first_access(desk)
            desk.on(Home)
            assert "Buenos días, Itzel" in desk.text and "1,322.64" in desk.text

            await desk.keys("t<enter><enter><enter>75<enter>mercado<enter><enter>")
            desk.on(PaymentReceipt)
            await desk.keys("<enter>")
            assert "1,247.64" in desk.on(Home).app.screen.query_one("#account-groups").plain_text
            await desk.keys("x<f2>")
            desk.on(User)
            await desk.sign_in(USER)
            desk.on(Home)

        told = post(world, port, mailbox)
        assert any("contrato" in text.casefold() for text in told) and any("75.00" in text for text in told)
    seen = [row.what for row in member_timeline(MemberTimeline(member, 200), agent, world.uow)]
    assert_story(seen)
    signature = world.scalar("SELECT id FROM contract_signature")
    auditor = world.staff("auditora", [Role.AUDITOR])
    assert verify_contract(signature, auditor, world.uow).intact


def assert_story(seen: list[str]) -> None:
    """Everything that the member did stands in the timeline, the latest first."""
    story = "\n".join(reversed(seen))
    for word in ("egistr", "ctiv", "ontraseña", "suario", "magen", "reguntas", "ervicios", "ontrato", "ransferencia"):
        assert word in story, f"«{word}» is missing:\n{story}"
