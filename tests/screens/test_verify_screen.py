"""Verifying the caller on the real app: only right or wrong shows, at any typing speed; three wrong answers block."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from data.values.phone import Phone
from screens.record import RecordScreen
from screens.verify import VerifyScreen
from screens.verify_panels import asked
from services.operator import Channel, Role
from tests.screens.member_desk import NUMBER, MemberDesk, member_desk
from tests.screens.staff import at_rest
from tests.screens.support import screen_text, toasts, type_slowly
from tests.services.callers import ANSWERS, sent_code, wrong
from tests.services.world import PASSWORD, World
from widgets.text import PlainText


@pytest.fixture
def desk(sqlite_world: World, tmp_path: Path) -> MemberDesk:
    return member_desk(sqlite_world, tmp_path, access="bloqueado", state_before_block="activo", supervisor=True)


def on(desk: MemberDesk) -> Any:
    return desk.app.screen


def said(desk: MemberDesk) -> str:
    """What the member says to the question on show."""
    question = asked(on(desk).state)
    assert question is not None
    return ANSWERS[question.position][1]


def shown(desk: MemberDesk, widget: str) -> str:
    """What a part of the screen says, however it is broken into lines."""
    return str(on(desk).query_one(widget, PlainText).plain_text)


async def both_answers(desk: MemberDesk) -> None:
    for _ in range(2):
        await desk.keys(f"{said(desk)}<enter>")


async def drawn(desk: MemberDesk) -> list[str]:
    """The answers of this case, in the order of the questions."""
    await desk.keys("v")
    answers = [ANSWERS[question.position][1] for question in on(desk).state.questions]
    await desk.keys("<escape>")
    return answers


@pytest.mark.parametrize("slowly", [False, True], ids=["burst", "slowly"])
async def test_answers_at_any_speed_reach_the_same_level(sqlite_world: World, desk: MemberDesk, slowly: bool) -> None:
    async with desk.open():
        first, second = await drawn(desk)
        script = f"v{first}<enter>{second}<enter>"
        if slowly:
            await type_slowly(desk.app, script)
            await at_rest(desk.app)
        else:
            await desk.keys(script)
        screen = on(desk)
        assert isinstance(screen, VerifyScreen)
        assert (screen.state.level, screen.state.factors, screen.step) == (1, ("question",), "")
        assert [step["result"] for step in sqlite_world.events("verification.step")] == ["passed"] * 2
        assert "● N1 verificada ▸ 15:00" in screen_text(desk.app)
        await desk.keys("<escape>")
        assert "1,322.64" in screen_text(desk.app) and "PÉREZ MUÑOZ" in screen_text(desk.app)


async def test_how_the_code_gets_on_is_told_while_it_is_typed(sqlite_world: World, desk: MemberDesk) -> None:
    async with desk.open():
        await desk.keys("v")
        await both_answers(desk)
        await desk.keys("4")
        assert on(desk).state.code.on_its_way and on(desk).state.code.delivery == "en cola"
        code = sent_code(sqlite_world)
        await desk.keys(code[:4])
        sqlite_world.change("UPDATE outbox SET state = 'sent', settled_at = created_at")
        on(desk).read_delivery()  # what its timer calls while the code is on its way
        await at_rest(desk.app)
        assert not on(desk).state.code.on_its_way and on(desk).state.code.delivery == "enviado 09:00"
        shown = on(desk).query_one("#question", PlainText).plain_text
        assert "enviado 09:00" in shown
        await desk.keys(f"{code[4:]}<enter>")
        assert on(desk).state.level == 2


async def test_the_way_to_the_top_and_what_is_shown_on_it(sqlite_world: World, desk: MemberDesk) -> None:
    async with desk.open():
        await desk.keys("v")
        assert not {*ANSWERS[1], *ANSWERS[2], *ANSWERS[3]} & set(screen_text(desk.app).split())
        await desk.keys("6")  # the number is not to be had below N2
        assert "Llamada de vuelta: Primero complete el nivel N2." not in screen_text(desk.app)  # typed into the answer
        await desk.keys("<backspace><f8>6")
        assert "Llamada de vuelta: Primero complete el nivel N2." in screen_text(desk.app)
        assert "6005-0012" not in screen_text(desk.app)
        await desk.keys("1")
        await both_answers(desk)
        await desk.keys("4")
        assert "s•••@example.com" in screen_text(desk.app)
        code = sent_code(sqlite_world)
        await desk.keys(f"{wrong(code)}<enter>")
        assert "El código no coincide." in screen_text(desk.app) and on(desk).code.input.has_focus
        await desk.keys(f"{code}<enter>")
        assert on(desk).state.level == 2 and code not in screen_text(desk.app)
        await desk.keys("6")
        phone = Phone.parse(sqlite_world.scalar("SELECT phone FROM member WHERE id = :id", id=desk.member)).format()
        assert phone in screen_text(desk.app) and len(sqlite_world.events("verification.callback_number")) == 1
        await desk.keys("2")
        assert on(desk).state.level == 2 and phone not in screen_text(desk.app)
        await desk.keys("61")
        assert isinstance(on(desk), RecordScreen) and on(desk).record.level == 3
        assert "✓ Verificación completa: N3." in screen_text(desk.app) and toasts(desk.app) == []


async def test_a_second_person_signs_at_the_same_desk(sqlite_world: World, desk: MemberDesk) -> None:
    async with desk.open(level=2):
        await desk.keys("v7")
        await desk.keys(f"mrodriguez<enter>{PASSWORD}<enter>000000<enter>")
        assert "No puede aprobar una operación que usted registró" in " ".join(screen_text(desk.app).split())
        screen = on(desk)
        assert screen.signature.password.input.has_focus and not screen.signature.password.input.filled
        screen.signature.user.input.value = "sgomez"
        await desk.keys(f"{PASSWORD}<enter>{sqlite_world.code().reveal()}<enter>")
        assert isinstance(on(desk), RecordScreen) and on(desk).record.level == 3
        assert PASSWORD not in screen_text(desk.app)


async def test_three_wrong_answers_block(sqlite_world: World, desk: MemberDesk) -> None:
    async with desk.open():
        await desk.keys("v")
        for left in (2, 1):
            await desk.keys("nada<enter>")
            assert on(desk).state.tries_left == left and f"{left} intento" in screen_text(desk.app)
        assert on(desk).step == ""
        await desk.keys("1nada<enter>")  # both were asked: once more by choice
        assert on(desk).state.blocked
        assert "Verificación bloqueada" in screen_text(desk.app)
        await desk.keys("1")
        assert "bloqueada" in screen_text(desk.app) and on(desk).step == ""
        await desk.keys("<escape>")
        assert "✗ Verificación bloqueada" in screen_text(desk.app)
        await desk.keys("v")
        assert isinstance(on(desk), RecordScreen)
        assert "Verificación bloqueada. El asociado debe presentarse en sucursal." in " ".join(
            screen_text(desk.app).split()
        )
    assert len(sqlite_world.events("verification.block")) == 1


async def test_red_flags_raise_the_level_and_can_be_taken_back(desk: MemberDesk) -> None:
    async with desk.open(level=2):
        assert on(desk).record.abilities["access.unlock"] is None
        await desk.keys("v<f9>1")
        assert "[■] Presiona con urgencia" in screen_text(desk.app)
        assert "1 señal de alerta: cada operación pide un nivel más" in shown(desk, "#standing")
        assert on(desk).query_one("#flags").has_focus
        await desk.keys("<escape>d")
        assert "Requiere verificación N3" in screen_text(desk.app)
        assert "! Presiona con urgencia" in screen_text(desk.app)
        await desk.keys("v<f9>1<escape>")
        assert on(desk).record.abilities["access.unlock"] is None


async def test_a_member_without_questions_says_who_they_are(sqlite_world: World, tmp_path: Path) -> None:
    desk = member_desk(sqlite_world, tmp_path, answers=False)
    async with desk.open():
        await desk.keys("v")
        assert on(desk).step == "record"
        await desk.keys(f"{NUMBER}<enter>8-1-1<enter>14021986<enter>")
        assert "Los datos no coinciden con el expediente." in shown(desk, "#said")
        assert on(desk).number.text == NUMBER
        on(desk).cedula.input.value = "8-700-50012"
        await desk.keys("<f8><tab><shift+tab>")
        on(desk).born.input.focus()
        await desk.keys("<enter>")
        assert on(desk).state.factors == ("record",) and on(desk).state.level == 0
        await desk.keys("<enter>")  # the usual next way stands marked: the code by e-mail
        await desk.keys(f"{sent_code(sqlite_world)}<enter>")
        assert on(desk).state.level == 2


async def test_in_person_with_the_cedula_in_hand(sqlite_world: World, tmp_path: Path) -> None:
    desk = member_desk(sqlite_world, tmp_path, answers=False)
    sqlite_world.change("UPDATE staff SET roles = 'cajero', branch = '018'")
    async with desk.open():
        assert desk.app.operator.channel is Channel.BRANCH and Role.CASHIER in desk.app.operator.roles
        await desk.keys("v<f8>3")
        assert on(desk).step == "in_person"
        await desk.keys("8-700-50012<enter>")
        assert on(desk).state.level == 1


async def test_the_verification_ends_while_it_is_on_show(desk: MemberDesk) -> None:
    async with desk.open(level=2):
        await desk.keys("v")
        desk.run_out()
        await desk.tick()
        assert isinstance(on(desk), RecordScreen)
        assert "La verificación terminó. Verifique de nuevo." in toasts(desk.app)
        assert on(desk).record.level == 0 and "PÉREZ" not in screen_text(desk.app)
