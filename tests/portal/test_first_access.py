"""The first access on the screens: each step right, wrong and interrupted; what is saved stays (req. 30–35)."""

from __future__ import annotations

from pathlib import Path

import pytest
from textual.widgets import Input

from screens.dialogs.confirm import Confirm
from screens.dialogs.message import Message
from screens.portal.change_password import MemberPassword
from screens.portal.password import Password
from screens.portal.question import Question
from screens.portal.temporary import Temporary
from screens.portal.user import User
from services.first_access_steps import WIZARD_STEPS
from tests.portal.kiosk import IMAGE_NAME, NEW_PASSWORD, SCREENS, USER, Kiosk, kiosk
from tests.screens.support import SIZES, assert_snapshot, told
from tests.services.world import World
from widgets.tick_box import TickBox


def taken(desk: Kiosk, step: str) -> bool:
    """Whether the store has the step's time."""
    columns = desk.world.rows(
        "SELECT password_at, username_at, image_at, questions_at, services_at FROM access WHERE member_id = :id",
        id=desk.member,
    )
    return columns[0][f"{step}_at"] is not None


async def wrong(desk: Kiosk, step: str) -> None:
    """Something that the service refuses at this step."""
    match step:
        case "password":
            await desk.fill(current=desk.temporary, new="sin-mayuscula-7", again="sin-mayuscula-7")
            await desk.keys("<enter>")
        case "username":
            await desk.keys("50012<enter>")
        case "image":
            await desk.keys("<enter><enter>")
        case "questions":
            for _ in range(3):
                await desk.keys("<enter>Itzel<enter>")
        case _:
            await desk.keys("<escape><f2>")  # The question «leave?» is not answered by F2's button alone.


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_the_whole_first_access_by_keyboard(size: tuple[int, int], sqlite_world: World, tmp_path: Path) -> None:
    name = f"{size[0]}x{size[1]}"
    async with kiosk(sqlite_world, tmp_path, size) as desk:
        assert_snapshot(desk.app, f"portal_user_{name}")
        await desk.keys("50012<enter>")
        desk.on(Temporary)
        assert_snapshot(desk.app, f"portal_temporary_{name}")
        await desk.keys("<escape>")
        await desk.enter_temporary()
        for step in WIZARD_STEPS:
            desk.on(SCREENS[step])
            assert_snapshot(desk.app, f"portal_{step}_{name}")
            await desk.take(step)
            assert taken(desk, step)
        desk.on(Question)  # In again, with the new data.
        assert_snapshot(desk.app, f"portal_question_{name}")
        await desk.answer()
        assert desk.on(Password).query_one("#image-name").plain_text == IMAGE_NAME
        assert_snapshot(desk.app, f"portal_sign_in_{name}")
        assert desk.world.rows("SELECT service, given FROM consent ORDER BY id") == [
            {"service": "publicidad", "given": 0},
            {"service": "estado_cuenta", "given": 1},
            {"service": "estado_tarjeta", "given": 0},
        ]


@pytest.mark.parametrize("step", [step for step in WIZARD_STEPS if step != "services"])
async def test_what_is_wrong_is_said_and_saves_nothing(step: str, sqlite_world: World, tmp_path: Path) -> None:
    async with kiosk(sqlite_world, tmp_path) as desk:
        await desk.up_to(step)
        await wrong(desk, step)
        desk.on(SCREENS[step])
        assert "✗" in desk.text or told(desk.app), desk.text
        assert not taken(desk, step)
        await desk.take(step)
        assert taken(desk, step)


@pytest.mark.parametrize("step", WIZARD_STEPS)
async def test_an_interrupted_step_is_where_the_next_visit_begins(
    step: str, sqlite_world: World, tmp_path: Path
) -> None:
    async with kiosk(sqlite_world, tmp_path) as desk:
        await desk.up_to(step)
        await desk.pass_time(sqlite_world.uow.policy.portal.kiosk_idle_minutes * 60)
        desk.on(User)
        if step == "password":  # The temporary password was used up: the member asks for another.
            await desk.enter_temporary()
            assert "ya se usó" in desk.on(Message)._text
            return
        await desk.enter_temporary(NEW_PASSWORD)
        desk.on(SCREENS[step])
        await desk.take(step)
        assert taken(desk, step)


@pytest.mark.parametrize("step", WIZARD_STEPS)
async def test_going_back_undoes_nothing_that_is_saved(step: str, sqlite_world: World, tmp_path: Path) -> None:
    async with kiosk(sqlite_world, tmp_path) as desk:
        await desk.up_to(step)
        done = [name for name in WIZARD_STEPS if taken(desk, name)]
        await desk.keys("<escape>")
        desk.on(Confirm)
        await desk.keys("<escape>")
        desk.on(SCREENS[step])
        await desk.keys("<escape><f2>")
        desk.on(User)
        assert [name for name in WIZARD_STEPS if taken(desk, name)] == done


async def test_rules_are_checked_while_typing(sqlite_world: World, tmp_path: Path) -> None:
    async with kiosk(sqlite_world, tmp_path) as desk:
        await desk.up_to("password")
        screen = desk.on(MemberPassword)
        rules, same = screen.query_one("#rules"), screen.query_one("#same")
        assert rules.plain_text.count("○") == 6
        await desk.fill(current=desk.temporary, new="abc")
        assert "✗ 8 caracteres mínimo" in rules.plain_text and "✗ 1 número como mínimo" in rules.plain_text
        await desk.fill(new="Itzel Perez 1986")
        assert "✗ No contiene su usuario, su nombre ni su cédula" in rules.plain_text
        await desk.fill(new=desk.temporary)
        assert "✗ Es distinta de la anterior" in rules.plain_text
        await desk.fill(new=NEW_PASSWORD, again=NEW_PASSWORD[:-1])
        assert "✗" not in rules.plain_text and "✗ Las contraseñas coinciden" in same.plain_text
        await desk.fill(again=NEW_PASSWORD)
        assert "✓ Las contraseñas coinciden" in same.plain_text


async def test_services_start_unticked(sqlite_world: World, tmp_path: Path) -> None:
    async with kiosk(sqlite_world, tmp_path) as desk:
        await desk.up_to("services")
        assert [box.ticked for box in desk.app.screen.query(TickBox)] == [False, False, False]


async def test_questions_go_back_one_by_one(sqlite_world: World, tmp_path: Path) -> None:
    async with kiosk(sqlite_world, tmp_path) as desk:
        await desk.up_to("questions")
        await desk.keys("<enter>bombero<enter>")
        assert "Pregunta 2 de 3" in desk.text
        await desk.keys("<escape>")
        assert "Pregunta 1 de 3" in desk.text
        assert not desk.app.screen.query_one("#answer", Input).value


async def test_a_refused_temporary_password_begins_again(sqlite_world: World, tmp_path: Path) -> None:
    async with kiosk(sqlite_world, tmp_path) as desk:
        await desk.enter_temporary("no-es-la-del-correo")
        assert "no coinciden" in desk.on(Message)._text
        await desk.keys("<enter>")
        assert not desk.on(Temporary).query_one("#temporary", Input).value
        await desk.keys("<escape>")
        desk.on(User)


async def test_an_unknown_user_is_led_through_the_same_steps(sqlite_world: World, tmp_path: Path) -> None:
    """Question, picture, password, and one text in the end: nothing tells that nobody has that user (req. 35)."""
    seen = []
    async with kiosk(sqlite_world, tmp_path) as desk:
        for _ in range(2):
            await desk.keys("nadie.conocido<enter>")
            question = desk.on(Question).step.question_text
            await desk.keys("cualquiera<enter>")
            picture = desk.on(Password).step
            seen.append((question, picture.image_id, picture.image_name))
            await desk.keys(f"{NEW_PASSWORD}<enter>")
            assert "no coinciden" in desk.on(Message)._text
            await desk.keys("<enter>")
            desk.on(Question)
            await desk.keys("<escape>")
        assert seen[0] == seen[1]


async def test_a_picture_that_is_not_mine_is_reported(sqlite_world: World, tmp_path: Path) -> None:
    async with kiosk(sqlite_world, tmp_path) as desk:
        await desk.up_to("nothing is left")
        await desk.answer("no es esa")
        assert desk.on(Password).query_one("#image-name").plain_text != IMAGE_NAME
        await desk.keys("<f7>")
        desk.on(Confirm)
        await desk.keys("<f2>")
        desk.on(Message)
        await desk.keys("<enter>")
        desk.on(User)
        assert sqlite_world.scalar("SELECT count(*) FROM image_report WHERE member_id = :id", id=desk.member) == 1
        assert USER not in desk.text
