"""What the recorder keeps of a session: the screens as they stood, the keys, and no secret."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from textual.geometry import Region

from coop_tui.recorder import Item, StepMaker
from data.secrets import Secret
from screens.dialogs.message import Message
from screens.fallback_form import HalfDialog
from screens.record import RecordScreen
from screens.second_factor import SecondFactor
from services.recording_frames import HIDDEN, Step, text_of, without_cards
from tests.screens.member_desk import MemberDesk, member_desk
from tests.screens.recordings import kept_steps, recordable, screen_to_keep, shown_in
from tests.screens.staff import at_rest
from tests.screens.support import WIDE, screen_text
from tests.services.world import PASSWORD, START, World
from widgets.text import PlainText
from widgets.top_bar import RECORDED


@pytest.fixture
def desk(sqlite_world: World, tmp_path: Path) -> MemberDesk:
    desk = member_desk(sqlite_world, tmp_path)
    recordable(desk.app)
    return desk


def everything(world: World) -> str:
    """Keys and screens of the newest recording as one text, blanks taken out too: a code may be spelt apart."""
    told = "\n".join(f"{step.key}\n{shown_in(step)}" for step in kept_steps(world.uow))
    keys = "".join(step.key for step in kept_steps(world.uow) if len(step.key) == 1)
    return "\n".join([told, told.replace(" ", ""), keys])


def after_each_key(steps: list[Step]) -> list[tuple[str, str]]:
    """Each key and the screen before the next one; what a slow answer changed later is a step of its own."""
    found: list[tuple[str, str]] = []
    for step in steps:
        if step.key:
            found.append((step.key, shown_in(step)))
        elif found:
            found[-1] = (found[-1][0], shown_in(step))
    return [pair for pair in found if pair[0] != "•"]


async def test_each_step_is_the_screen_that_stood_there(desk: MemberDesk) -> None:
    stood: list[tuple[str, str]] = []
    keys = ["<f1>", "<escape>", ":", "t", "r", "<escape>", "<escape>", "m", "<escape>", "n", "<escape>", "<f12>"]
    async with desk.open(level=2):
        assert isinstance(desk.app.screen, RecordScreen)
        for key in keys:
            await desk.keys(key)
            stood.append((key.strip("<>"), screen_to_keep(desk.app)))
        await desk.keys(f"{PASSWORD}<enter>")
        stood.append(("enter", screen_to_keep(desk.app)))
    desk.app.stop_recording(wait=True)
    found = after_each_key(kept_steps(desk.world.uow))[-len(stood) :]
    for kept, was in zip(found, stood, strict=True):
        assert kept == was


async def test_a_payment_is_kept_from_the_line_to_its_receipt(desk: MemberDesk) -> None:
    stood: list[tuple[str, str]] = []
    async with desk.open(level=2):
        for key in [*":tr 1 2 75", "<enter>", "<enter>", "<escape>", "m", "<escape>"]:
            await desk.keys(key)
            stood.append((key.strip("<>"), screen_to_keep(desk.app)))
    desk.app.stop_recording(wait=True)
    assert desk.world.scalar("SELECT count(*) FROM operation WHERE kind = 'transfer.own' AND outcome = 'posted'") == 1
    assert after_each_key(kept_steps(desk.world.uow))[-len(stood) :] == stood


@pytest.mark.parametrize("size", [(80, 24), WIDE])
async def test_the_bar_says_that_it_is_recorded(desk: MemberDesk, size: tuple[int, int]) -> None:
    desk.size = size
    async with desk.open():
        assert RECORDED in screen_text(desk.app).splitlines()[0]


async def test_nobody_is_recorded_before_and_after_their_session(desk: MemberDesk) -> None:
    async with desk.open():
        recorder = desk.app.recorder
        assert recorder is not None
        await desk.keys(":salir<enter><f2>")
        assert desk.app.recorder is None
        await desk.keys("otra-persona")
        recorder.stop(wait_seconds=10)
    assert desk.world.scalar("SELECT ending FROM recording") == "closed"
    kept = kept_steps(desk.world.uow)
    assert [step.key for step in kept][-2:] == ["enter", "f2"]
    assert "Contraseña" not in shown_in(kept[-1])


async def test_policy_says_whose_desk(desk: MemberDesk) -> None:
    from dataclasses import replace

    uow = desk.world.uow
    uow.policy = replace(uow.policy, recording=replace(uow.policy.recording, enabled=False))
    async with desk.open():
        assert desk.app.recorder is None
        assert RECORDED not in screen_text(desk.app)
    assert desk.world.scalar("SELECT count(*) FROM recording") == 0


CARD = "4111 1111 1111 1111"


async def test_a_card_number_in_an_open_field_is_not_kept(desk: MemberDesk) -> None:
    """Typed key by key, with a pause at any digit, or pasted: the first six digits are the most that stays."""
    async with desk.open():
        await desk.keys("n")
        await desk.keys(f"la tarjeta {CARD} perdida")
        assert CARD in screen_text(desk.app)
        await desk.keys("<escape>")
    desk.app.stop_recording(wait=True)
    kept = kept_steps(desk.world.uow)
    shown = [shown_in(step) for step in kept]
    assert any("4111 11" in text for text in shown)
    assert not [text for text in shown if re.search("4(?:[ -]?1){10}", text)]
    assert "".join(step.key for step in kept).count("1") < len(CARD.replace(" ", "")) - 4


def test_what_is_no_card_number_stays() -> None:
    for text in ("06-018-00012-1", "20261125-000123", "6123-4567", "B/.4,150.00  5,216.00", "5216-XXXX-XXXX-1234"):
        assert without_cards(((text, ""),)) == ((text, ""),)
    typed = (("n.º 4111-1", "bold"), ("111-1111-1111 x", ""))
    assert without_cards(typed) == (("n.º 4111-1", "bold"), ("1▒▒-▒▒▒▒-▒▒▒▒ x", ""))


# Secrets -------------------------------------------------------------------------------------------


async def test_a_password_is_one_dot(desk: MemberDesk) -> None:
    async with desk.open():
        await desk.keys("<f12>")
        await desk.keys(f"{PASSWORD}x<enter>")
        await desk.keys(f"{PASSWORD}<enter>")
    desk.app.stop_recording(wait=True)
    keys = [step.key for step in kept_steps(desk.world.uow) if step.key]
    assert keys[-5:] == ["f12", "•", "enter", "•", "enter"]
    assert PASSWORD not in everything(desk.world)


async def test_an_enrolment_secret_is_blank(desk: MemberDesk) -> None:
    async with desk.open():
        desk.app.push_screen(SecondFactor())
        await at_rest(desk.app)
        secret = desk.app.screen.query_one("#factor-secret", PlainText).plain_text
        assert secret[:9] in screen_text(desk.app)
        await desk.keys("<f1>")  # help lies over it, and it shines through beside the help
        await desk.keys("<escape>")
        await desk.keys("123456<escape>")
    desk.app.stop_recording(wait=True)
    kept = everything(desk.world)
    assert secret.replace(" ", "") not in kept and secret[:9] not in kept
    assert not re.search("[▀▄█]{3}", kept)  # the picture; a scroll bar has two
    assert "123456" not in kept


async def test_a_dictated_half_is_blank(desk: MemberDesk) -> None:
    async with desk.open():
        desk.app.push_screen(HalfDialog("Mitad 1 de 2", "María", Secret("Kx7mQ2")))
        await desk.keys("<f2>")
        assert "K  x  7  m  Q  2" in screen_text(desk.app)
        await desk.keys("<f2>")
        desk.app.push_screen(Message("Primera mitad", "Clave: Zr9-Tq4\nDígasela a la persona.", secret=True))
        await at_rest(desk.app)
        assert "Zr9-Tq4" in screen_text(desk.app)
        await desk.keys("<escape>")
    desk.app.stop_recording(wait=True)
    kept = everything(desk.world)
    assert "Kx7mQ2" not in kept and "Zr9-Tq4" not in kept
    assert "Mitad 1 de 2" in kept and "Primera mitad" in kept


async def test_what_a_dialog_covers_takes_nothing_from_it(desk: MemberDesk) -> None:
    async with desk.open():
        desk.app.push_screen(SecondFactor())
        await at_rest(desk.app)
        desk.app.push_screen(Message("Aviso", "\n".join(f"línea {at} del aviso" for at in range(14))))
        await at_rest(desk.app)
        stood = screen_text(desk.app)
        await desk.keys("<up>")
    desk.app.stop_recording(wait=True)
    kept = [step for step in kept_steps(desk.world.uow) if step.key == "up"]
    assert all(f"línea {at} del aviso" in shown_in(kept[0]) for at in range(12)), stood
    assert HIDDEN in shown_in(kept[0])


# Steps ---------------------------------------------------------------------------------------------


def painted(seconds: float, *texts: str, hidden: tuple[Region, ...] = ()) -> Item:
    from rich.segment import Segment
    from textual._compositor import LayoutUpdate
    from textual.geometry import Size
    from textual.strip import Strip

    size = Size(10, len(texts))
    strips = [[Strip([Segment(text.ljust(10)[:10])])] for text in texts]
    return Item(seconds, START, "", LayoutUpdate(strips, size.region), size, hidden)  # type: ignore[arg-type]


def test_what_moves_by_itself_is_a_step_without_a_key() -> None:
    maker = StepMaker()
    for item in (Item(1.0, START, "a"), painted(1.1, "one"), painted(1.2, "two"), painted(3.0, "three")):
        maker.take(item)
    for at in range(40):  # a clock on the wall
        maker.take(painted(4.0 + at, f"tick {at}"))
    maker.settle(float("inf"))
    told = [(step.key, text_of(step.frame)[0]) for step in maker.ready]
    assert told[:2] == [("a", "two"), ("", "tick 3")]
    assert len(told) < 12 and told[-1] == ("", "tick 39")


def test_hidden_cells_and_wide_characters() -> None:
    maker = StepMaker()
    maker.take(painted(1.0, "ab漢字cd", "secret", hidden=(Region(0, 1, 4, 1),)))
    maker.settle(float("inf"))
    assert text_of(maker.ready[0].frame) == ["ab漢字cd", f"{HIDDEN * 4}et"]
