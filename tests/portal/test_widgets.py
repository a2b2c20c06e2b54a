"""The portal's own widgets: boxes, lists, account groups and the date in three boxes, by keyboard and mouse."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, ClassVar

import pytest
from textual import on
from textual.app import ComposeResult
from textual.containers import VerticalScroll
from textual.message import Message

from coop_tui.base_app import BaseApp
from screens.base import BaseScreen
from tests.screens.support import SIZES, SteadyClock, assert_snapshot, burst, running, screen_text
from widgets.account_groups import COUNTS, LAST, LINK, AccountGroup, AccountGroups, AccountLine
from widgets.birth_field import BirthField
from widgets.choice_list import ChoiceList
from widgets.tick_box import TickBox

GROUPS = (
    AccountGroup(
        "Cuentas de Aportes",
        (
            AccountLine("1", "01-002-50012-1-7", "APORTACIONES", "250.00", LAST, (("Abierta", "02/05/2011"),)),
            AccountLine("2", "03-002-50012-1-1", "FONDO DE INCAPACIDAD TEMPORAL", "75.00", LAST),
        ),
    ),
    AccountGroup("Seguros", (AccountLine("3", "0090703-6", "SEG.VIDA", "62.68", "Ver detalle"),)),
    AccountGroup(
        "Tarjetas de Crédito",
        (AccountLine("4", "5216-XXXX-XXXX-4471", "[/]MASTERCARD", "1,322.64", "Extracto de tarjeta"),),
    ),
)


class Bench(BaseScreen[None]):
    """One of each."""

    AUTO_FOCUS = ""
    seen: ClassVar[list[Message]]

    def __init__(self) -> None:
        super().__init__()
        Bench.seen = []

    def compose_body(self) -> ComposeResult:
        yield TickBox("He leído y acepto", id="open")
        yield TickBox("No se puede todavía", locked=True, id="locked")
        yield ChoiceList([("a", "Ahorros"), ("b", "Béisbol"), ("c", "[red]Canal")], id="list")
        yield BirthField(id="birth")
        with VerticalScroll(can_focus=False):
            yield AccountGroups(id="groups")

    @on(TickBox.Changed)
    @on(TickBox.Refused)
    @on(ChoiceList.Chosen)
    @on(AccountGroups.Opened)
    def note(self, message: Message) -> None:
        self.seen.append(message)


class BenchApp(BaseApp[None]):
    def __init__(self) -> None:
        super().__init__(now=SteadyClock().now)

    def on_mount(self) -> None:
        self.push_screen(Bench())


def opened(app: BaseApp[Any]) -> list[tuple[str, int]]:
    return [(note.key, note.count) for note in Bench.seen if isinstance(note, AccountGroups.Opened)]


async def test_a_box_is_ticked_by_keys_and_mouse() -> None:
    app = BenchApp()
    async with running(app) as pilot:
        box = app.screen.query_one("#open", TickBox)
        box.focus()
        await burst(app, "<space>")
        assert box.ticked and "[x] He leído" in screen_text(app)
        await burst(app, "<enter>")
        assert not box.ticked
        await pilot.click("#open")
        assert box.ticked


async def test_a_locked_box_says_that_somebody_tried() -> None:
    app = BenchApp()
    async with running(app):
        box = app.screen.query_one("#locked", TickBox)
        box.focus()
        await burst(app, "<space>")
        assert not box.ticked and [type(note) for note in Bench.seen] == [TickBox.Refused]
        box.unlock()
        await burst(app, "<space>")
        assert box.ticked


async def test_a_list_is_chosen_from_by_arrow_letter_and_mouse() -> None:
    app = BenchApp()
    async with running(app) as pilot:
        choices = app.screen.query_one(ChoiceList)
        choices.focus()
        await burst(app, "<down><enter>")
        await burst(app, "c")
        assert choices.current_key is not None  # «[red]Canal» begins with a bracket: no letter leads to it.
        await burst(app, "a<enter>")
        await pilot.click(ChoiceList, offset=(2, 2))
        await burst(app, "")
        assert [note.key for note in Bench.seen if isinstance(note, ChoiceList.Chosen)] == ["b", "a", "c"]
        assert "[red]Canal" in screen_text(app)


@pytest.mark.parametrize(
    ("typed", "given"),
    [("14021986", date(1986, 2, 14)), ("5<enter>2<enter>1990", date(1990, 2, 5)), ("31021986", None), ("14", None)],
)
async def test_a_birth_date_is_typed_box_by_box(typed: str, given: date | None) -> None:
    app = BenchApp()
    async with running(app):
        field = app.screen.query_one(BirthField)
        field.input.focus()
        await burst(app, typed)
        assert field.check() is (given is not None)
        if given is not None:
            assert field.given == given
        else:
            await burst(app, "")
            assert "✗" in screen_text(app)


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_account_groups_look_like_the_guide(size: tuple[int, int], tmp_path: Path) -> None:
    app = BenchApp()
    async with running(app, size):
        groups = app.screen.query_one(AccountGroups)
        groups.show_groups(GROUPS)
        groups.focus()
        await burst(app, "+")
        assert_snapshot(app, f"portal_account_groups_{size[0]}x{size[1]}")


async def test_keys_go_through_all_groups() -> None:
    app = BenchApp()
    async with running(app):
        groups = app.screen.query_one(AccountGroups)
        groups.show_groups(GROUPS)
        groups.focus()
        await burst(app, "<enter>23<down><down><enter><end><enter><down><home>1")
        assert opened(app) == [("1", 10), ("1", 20), ("1", 30), ("3", 10), ("4", 10), ("1", 10)]
        await burst(app, "+")
        assert "Abierta: 02/05/2011" in groups.plain_text
        await burst(app, "+")
        assert "Abierta" not in groups.plain_text


async def test_the_mouse_takes_ten_twenty_or_thirty() -> None:
    app = BenchApp()
    async with running(app) as pilot:
        groups = app.screen.query_one(AccountGroups)
        groups.show_groups(GROUPS)
        await pilot.pause()
        for count in COUNTS:
            await pilot.click(AccountGroups, offset=(groups.size.width - LINK + LAST.index(str(count)), 2))
        await pilot.click(AccountGroups, offset=(0, 2))  # «+»
        await pilot.click(AccountGroups, offset=(5, 3))  # What «+» shows leads nowhere.
        assert opened(app) == [("1", 10), ("1", 20), ("1", 30)]
        assert "− 01-002-50012-1-7" in groups.plain_text
