"""The picture widget: two pixels a cell, and readable where there are few colours or none (S54, req. 60)."""

from __future__ import annotations

import pytest
from rich.color import ColorSystem
from textual.app import ComposeResult

from coop_tui.base_app import BaseApp
from data.catalog.images import Picture, load_images, picture
from screens.base import BaseScreen
from tests.screens.support import SteadyClock, assert_snapshot, running, screen_text
from widgets.pixel_image import PixelImage, coloured, shaded

SOME = ("colibri", "velero")


class Album(BaseScreen[None]):
    def compose_body(self) -> ComposeResult:
        yield PixelImage(SOME[0], id="one")


class Viewer(BaseApp[None]):
    def __init__(self) -> None:
        clock = SteadyClock()
        super().__init__(now=clock.now, monotonic=clock.monotonic)

    def on_mount(self) -> None:
        self.push_screen(Album())


async def test_a_cell_is_two_pixels() -> None:
    image = picture("faro")
    assert image is not None
    for row, strip in enumerate(coloured(image)):
        assert strip.cell_length == image.size and strip.text == "▀" * image.size
        for column, segment in enumerate(strip):
            style = segment.style
            assert style is not None and style.color is not None and style.bgcolor is not None
            assert tuple(style.color.get_truecolor()) == image.pixel(column, 2 * row)
            assert tuple(style.bgcolor.get_truecolor()) == image.pixel(column, 2 * row + 1)


async def test_the_widget_takes_the_room_of_its_picture_and_changes_it() -> None:
    app = Viewer()
    async with running(app):
        widget = app.screen.query_one(PixelImage)
        assert (widget.size.width, widget.size.height) == (32, 16)
        assert screen_text(app).count("▀" * 32) == 16
        widget.show(Picture(16, bytes(16 * 16 * 3)))
        await app.screen.wait_for_refresh()
        assert (widget.size.width, widget.size.height) == (16, 8)
        widget.show("no existe")
        await app.screen.wait_for_refresh()
        assert widget.picture is None and "▀" not in screen_text(app)


@pytest.mark.parametrize("image_id", SOME)
async def test_without_colour_the_shape_stays(image_id: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    app = Viewer()
    async with running(app):
        app.screen.query_one(PixelImage).show(image_id)
        await app.screen.wait_for_refresh()
        assert_snapshot(app, f"pixel_image_{image_id}_no_color_80x24")


def test_without_colour_every_picture_is_its_own() -> None:
    looks = {}
    for image in load_images().offered():
        strips = shaded(image.picture())
        assert all(strip.cell_length == 32 for strip in strips) and len(strips) == 16
        text = "\n".join(strip.text for strip in strips)
        assert len(set(text) - {"\n"}) >= 3, image.id
        looks[text] = image.id
        assert not any(segment.style for strip in strips for segment in strip)
    assert len(looks) == len(load_images().offered())


@pytest.mark.parametrize(("system", "least"), [(ColorSystem.STANDARD, 3), (ColorSystem.EIGHT_BIT, 8)])
def test_few_colours_leave_a_picture(system: ColorSystem, least: int) -> None:
    """Each picture keeps several colours and no colour takes more than nine tenths of it."""
    for image in load_images().offered():
        codes = [
            segment.style.render("x", color_system=system)
            for strip in coloured(image.picture())
            for segment in strip
            if segment.style
        ]
        assert len(set(codes)) >= least, image.id
        assert max(codes.count(code) for code in set(codes)) * 10 <= len(codes) * 9, image.id
