"""«Preguntas Frecuentes» and «Guía de Configuración» open from the first screen, whole and read-only (S43)."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.catalog.help import PAGES, load_page, parse_page
from data.catalog.reader import CatalogError
from screens.portal.help_page import HelpText, Reading
from screens.portal.user import User
from tests.portal.kiosk import kiosk
from tests.screens.support import SIZES, assert_snapshot, settle
from tests.services.world import World
from widgets.text import PlainText


@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize(("key", "name"), [("<f7>", "preguntas"), ("<f6>", "guia")])
async def test_each_page_opens_reads_and_closes(
    key: str, name: str, size: tuple[int, int], sqlite_world: World, tmp_path: Path
) -> None:
    async with kiosk(sqlite_world, tmp_path, size, first_access=False) as desk:
        await desk.keys("abc" + key)
        page = load_page(name)  # type: ignore[arg-type]
        assert desk.on(HelpText).heading() == page.title
        assert_snapshot(desk.app, f"portal_help_{name}_{size[0]}x{size[1]}")
        held = [part.plain_text for part in desk.on(HelpText).query("#reading PlainText").results(PlainText)]
        assert held == [text for section in page.sections for text in (section.title, *section.paragraphs)]
        assert page.sections[0].title in desk.text and page.sections[-1].title not in desk.text
        await desk.keys("<end>")
        reading = desk.on(HelpText).query_one(Reading)
        while reading.scroll_offset.y < reading.max_scroll_y:  # Textual scrolls after the next refresh
            await desk.app.screen.wait_for_refresh()
        await settle(desk.app)
        assert page.sections[-1].title in desk.text
        await desk.keys("<escape>")
        desk.on(User)
        assert "abc" in desk.text, "what was typed is still there"


def test_the_guide_has_its_thirteen_steps() -> None:
    titles = [section.title for section in load_page("guia").sections]
    assert [title.split(".")[0] for title in titles[:13]] == [f"Paso {number}" for number in range(1, 14)]


@pytest.mark.parametrize("name", PAGES)
def test_no_page_repeats_a_number_of_the_policy(name: str) -> None:
    """Only the telephone and the numbers of the steps: limits and minutes have one place."""
    for section in load_page(name).sections:  # type: ignore[arg-type]
        for text in section.paragraphs:
            assert not any(char.isdigit() for char in text.replace("205-0911", "")), text


def test_an_empty_page_is_refused() -> None:
    with pytest.raises(CatalogError, match="no tiene secciones"):
        parse_page("guia", 'title = "x"\nversion = 2026-11-25\n')
