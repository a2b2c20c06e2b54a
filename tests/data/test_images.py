"""The security pictures and the challenge's tiles: drawn by us, told apart, tiles new each time (S34, S54, req. 33)."""

import hashlib
import sys
from collections import Counter
from itertools import combinations

import pytest

from data.catalog.images import LEAST_OFFERED, SIDE, load_images, parse_images, picture
from data.catalog.images.raster import DrawingError, Picture, Placing, Shape, draw, read_program
from data.catalog.images.tiles import LEAST_RIGHT, MOST_RIGHT, TILES, deal, load_kinds
from data.catalog.images.tiles import SIDE as TILE_SIDE
from data.catalog.reader import CatalogError

RED, BLUE = (255, 0, 0), (0, 0, 255)
PALETTE = {"red": RED, "blue": BLUE}
GROUND = (Shape("fade", BLUE, ((0, 128),)),)
HEAD = 'version = 2026-11-25\n[palette]\nred = "#ff0000"\n[[picture]]\nid = "a"\nname = "A"\n'


def rough(image: Picture, side: int = 8) -> bytes:
    """A picture of `side` by `side` averages: what an eye keeps of it."""
    step = image.size // side
    out = bytearray()
    for y in range(0, image.size, step):
        for x in range(0, image.size, step):
            block = [image.pixel(x + dx, y + dy) for dy in range(step) for dx in range(step)]
            out += bytes(sum(colour[n] for colour in block) // len(block) for n in range(3))
    return bytes(out)


def test_there_are_enough_pictures_and_each_has_its_pixels() -> None:
    offered = load_images().offered()
    assert len(offered) >= LEAST_OFFERED
    assert len({image.name for image in offered}) == len({image.id for image in offered}) == len(offered)
    for image in offered:
        drawn = picture(image.id)
        assert drawn is not None and drawn.size == SIDE and len(drawn.rgb) == SIDE * SIDE * 3
        assert drawn.rgb == image.picture().rgb
        assert len({drawn.pixel(x, y) for x in range(SIDE) for y in range(SIDE)}) > 20, image.id
    assert picture("nada") is None


def test_no_picture_passes_for_another() -> None:
    looks = {image.id: rough(image.picture(), 16) for image in load_images().offered()}
    for (one, a), (other, b) in combinations(looks.items(), 2):
        difference = sum(abs(x - y) for x, y in zip(a, b, strict=True)) // len(a)
        assert difference >= 18, (one, other, difference)


def test_pictures_that_members_have_keep_their_look() -> None:
    """A member recognises the site by the picture: a change of one is a decision, so it changes this number too."""
    digest = hashlib.sha256(b"".join(image.picture().rgb for image in load_images().by_id.values())).hexdigest()
    assert digest == "1e72cdbfc0abdc79711ef80b00540933f31cdeb30b1428b8687aa58966dde4bc"


def test_shapes_fall_where_the_program_says() -> None:
    square = draw(read_program("poly red 32,32 96,32 96,96 32,96", PALETTE), 32, under=GROUND)
    for y in range(32):
        for x in range(32):
            assert square.pixel(x, y) == (RED if 8 <= x < 24 and 8 <= y < 24 else BLUE), (x, y)
    disc = draw(read_program("oval red 64,64 32,32", PALETTE), 128, under=GROUND)
    covered = sum(disc.pixel(x, y)[0] for x in range(128) for y in range(128)) // 255
    assert abs(covered - 3217) <= 3217 * 2 // 100  # π·32²
    both = draw(read_program("mirror poly red 0,0 16,0 16,128 0,128", PALETTE), 16, under=GROUND)
    assert [both.pixel(x, 8) == RED for x in range(16)] == [x < 2 or x >= 14 for x in range(16)]


def test_placing_moves_turns_and_flips() -> None:
    corner = read_program("poly red 0,0 32,0 32,32 0,32", PALETTE)
    flipped = draw(corner, 16, Placing(flipped=True), under=GROUND)
    assert flipped.pixel(15, 0) == RED and flipped.pixel(0, 0) == BLUE
    turned = draw(corner, 16, Placing(turn=180), under=GROUND)
    assert turned.pixel(14, 14) == RED and turned.pixel(1, 1) == BLUE
    shifted = draw(corner, 16, Placing(shift=(64, 0)), under=GROUND)
    assert shifted.pixel(9, 1) == RED and shifted.pixel(1, 1) == BLUE
    small = draw(corner, 16, Placing(scale=50), under=GROUND)
    assert small.pixel(5, 5) == RED and small.pixel(1, 1) == BLUE


@pytest.mark.parametrize(
    "line",
    [
        "poly red 1,1 2,2",
        "poly green 1,1 2,2 3,3",
        "star red 1,1",
        "line red 1,1 2,2",
        "oval red 1,1",
        "poly",
        "fade red",
    ],
)
def test_a_line_that_is_no_shape_is_named(line: str) -> None:
    with pytest.raises(DrawingError, match="no es una figura"):
        read_program(line, PALETTE)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ('ground = "fade red red 0,128"\ndrawing = "poly red 1,1"\n', "no es una figura"),
        ('ground = "fade red red 0,100"\ndrawing = "oval red 1,1 2,2"\n', "cubrir todo"),
        ('ground = "oval red 1,1 2,2"\ndrawing = "oval red 1,1 2,2"\n', "cubrir todo"),
        ('ground = "fade red red 0,128"\ndrawing = "oval red 1,1 2,2"\nsize = 3\n', "campo desconocido"),
        ('ground = "fade red red 0,128"\n', "falta «drawing»"),
    ],
)
def test_a_broken_catalogue_says_where(body: str, problem: str) -> None:
    with pytest.raises(CatalogError) as caught:
        parse_images(HEAD + body)
    assert problem in caught.value.message_es and "picture 1 (a)" in caught.value.message_es


def test_a_colour_that_is_none_is_refused() -> None:
    with pytest.raises(CatalogError, match="un color"):
        parse_images(HEAD.replace("#ff0000", "rojo"))


def test_every_challenge_can_be_dealt_and_answered() -> None:
    catalog = load_images()
    known = {kind.id for kind in load_kinds()}
    assert {kind for image in catalog.by_id.values() for kind in image.kinds} == known
    for kind in load_kinds():
        assert len(catalog.of_kind(kind.id)) >= 3, kind.id
        assert set(kind.avoids) <= known
    asked: Counter[str] = Counter()
    for number in range(60):
        dealt = deal(number.to_bytes(16, "big"))
        asked[dealt.kind.id] += 1
        assert len(dealt.tiles) == TILES and {tile.size for tile in dealt.tiles} == {TILE_SIDE}
        assert LEAST_RIGHT <= len(dealt.right) <= MOST_RIGHT and dealt.right <= set(range(TILES))
        assert "right" not in repr(dealt)
    assert len(asked) >= 7


def test_a_deal_follows_from_its_seed_alone() -> None:
    one, again, other = deal(b"a" * 16), deal(b"a" * 16), deal(b"b" * 16)
    assert one == again and one.tiles != other.tiles


def test_a_list_of_tiles_seen_before_solves_no_challenge() -> None:
    """Neither the bytes nor a rough look (4×4 averages in 8 steps) of 100 dealt challenges turn up in 40 more."""
    seen: set[bytes] = set()
    for number in range(100):
        for tile in deal(number.to_bytes(16, "big")).tiles:
            seen |= {tile.rgb, bytes(value >> 5 for value in rough(tile, 4))}
    assert len(seen) == 1600
    for number in range(1000, 1040):
        for tile in deal(number.to_bytes(16, "big")).tiles:
            assert tile.rgb not in seen and bytes(value >> 5 for value in rough(tile, 4)) not in seen


def test_drawing_needs_no_picture_library() -> None:
    import subprocess

    code = "import sys, data.catalog.images as i; i.picture('faro'); print('PIL' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
