"""«Aquí» or «a la cola»: what a payment form asks when a second person is needed (req. 42)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from screens.base import BaseScreen
from screens.dialogs.approval import ApprovalDialog, ask_approval
from screens.dialogs.second_person import SecondPersonDialog
from screens.flow import flow
from services.operator import Role
from services.payments import ConfirmPayment, Prepared
from services.receipts import Receipt
from tests.screens.staff import Steps, at_rest, at_the_desk, staff_app
from tests.screens.support import assert_snapshot, burst, screen_text
from tests.services.approval_desk import BIG, ApprovalDesk
from tests.services.world import PASSWORD, World


class Asking(BaseScreen[None]):
    """A form that has its review on show."""

    def __init__(self, command: ConfirmPayment, prepared: Prepared) -> None:
        super().__init__()
        self.command, self.prepared = command, prepared
        self.answer: Receipt | str | None = "?"

    @flow
    async def ask(self) -> None:
        self.answer = await ask_approval(self, self.command, self.prepared)


class Form:
    """The agent's own session asks."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world = world
        self.desk = ApprovalDesk(world)
        world.staff("sgomez", [Role.SUPERVISOR], sign_in=False, full_name="Saúl Gómez")
        self.app = staff_app(world, folder / "datos", clock=Steps(world))
        self.screen: Any = None

    async def keys(self, script: str) -> None:
        await burst(self.app, script)
        await at_rest(self.app)

    async def start(self) -> None:
        """The review of a form, under the session of the app."""
        self.desk.agent = self.app.operator
        self.desk.case = self.world.lease(self.app.operator, self.desk.member, level=2, factors=("code",))
        self.screen = Asking(self.desk.form(BIG), self.desk.prepare(BIG))
        self.app.push_screen(self.screen)
        await at_rest(self.app)
        self.screen.ask()
        await at_rest(self.app)
        assert isinstance(self.app.screen, ApprovalDialog)


@pytest.fixture
def form(sqlite_world: World, tmp_path: Path) -> Form:
    return Form(sqlite_world, tmp_path)


async def test_here(form: Form) -> None:
    async with at_the_desk(form.app):
        await form.start()
        assert_snapshot(form.app, "approval_dialog")
        await form.keys("1")
        assert isinstance(form.app.screen, SecondPersonDialog)
        assert_snapshot(form.app, "second_person_dialog")
        code = form.world.code().reveal()
        await form.keys(f"sgomez<enter>{PASSWORD}<enter>{code}<enter>")
        assert isinstance(form.screen.answer, Receipt) and form.desk.posted() == 1
        assert dict(form.screen.answer.lines)["Aprobó"] == "sgomez"


async def test_here_errors_stand_in_the_dialog_and_the_user_name_stays(form: Form) -> None:
    async with at_the_desk(form.app):
        await form.start()
        await form.keys("1sgomez<enter>no es su frase<enter><enter>")
        assert isinstance(form.app.screen, SecondPersonDialog)
        assert "Usuario o contraseña incorrectos." in screen_text(form.app) and "sgomez" in screen_text(form.app)
        await form.keys(f"{PASSWORD}<enter><enter>")  # the code is missing
        assert "Escriba el código" in screen_text(form.app)
        await form.keys("<escape>")
        assert isinstance(form.app.screen, ApprovalDialog)  # Esc goes back one step
        await form.keys("<escape>")
        assert form.screen.answer is None and form.desk.posted() == 0
    events = str(form.world.events())
    assert PASSWORD not in events and "no es su frase" not in events


async def test_the_queue_with_a_note(form: Form) -> None:
    async with at_the_desk(form.app):
        await form.start()
        await form.keys("2ya<enter>")
        assert isinstance(form.app.screen, ApprovalDialog)  # too short to say anything
        await form.keys(" trae la escritura<enter>")
        assert form.screen.answer == form.screen.command.key
    assert form.desk.state(form.screen.command.key) == "waiting" and form.desk.posted() == 0


async def test_a_card_number_in_the_note_comes_back_to_the_note(form: Form) -> None:
    async with at_the_desk(form.app):
        await form.start()
        await form.keys("2su tarjeta 4111111111111111<enter>")
        assert isinstance(form.app.screen, ApprovalDialog) and "números de tarjeta" in screen_text(form.app)
        assert "su tarjeta" in screen_text(form.app)
    assert form.world.scalar("SELECT count(*) FROM approval_request") == 0


async def test_what_changed_is_the_forms_to_tell(form: Form) -> None:
    async with at_the_desk(form.app):
        await form.start()
        form.world.fund(form.desk.first, -1_00)
        await form.keys("2Compra de un terreno<enter>")
        assert form.screen.answer == "?" and "Los datos cambiaron" in screen_text(form.app)
