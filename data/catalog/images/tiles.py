"""Pictures for «Seleccione las imágenes con …» (S34): every tile is drawn anew, so that no list of pictures solves it.

A deal follows from its seed alone: the service keeps the seed and never hands it out, and the screen gets pixels.
"""

import functools
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from data.catalog.images import SecurityImage, load_images
from data.catalog.images.raster import UNITS, Picture, Placing, Point, Rgb, Shape, draw
from data.catalog.reader import Row, read_catalog, unique

FILE = "images/challenges.toml"
#: Pixels a side of a tile: 16 columns by 8 rows, so that two rows of four fit on 80×24.
SIDE = 16
TILES = 8
LEAST_RIGHT, MOST_RIGHT = 2, 4
#: Colours behind the drawings: neither white nor black, against which some of them would vanish.
GROUNDS = ("sky", "dusk", "rose", "sea", "sand", "lilac", "lime", "grass", "teal", "aqua", "tan", "violet", "silver")
TURN, SHIFT, TINT, GRAIN = 14, 8, 26, 9
SCALES = (76, 104)
#: Grounds tried for a tile; the one that differs most from the drawing is taken.
TRIED = 3


@dataclass(frozen=True, slots=True)
class ChallengeKind:
    """What is asked for. `label` completes «Seleccione las imágenes con …»; `avoids` are kinds kept out of the deal."""

    id: str
    label: str
    avoids: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deal:
    """One challenge. `right`: the positions (0–7) that answer it; for the service alone, so left out of the repr."""

    kind: ChallengeKind
    tiles: tuple[Picture, ...] = field(repr=False)
    right: frozenset[int] = field(repr=False)


def parse_kinds(text: str | None = None) -> tuple[ChallengeKind, ...]:
    """Read `challenges.toml` (or `text`). Raises CatalogError."""
    top = read_catalog(FILE, text)
    top.day("version")
    kinds = unique([_kind(row) for row in top.rows("kind")], lambda item: item.id, FILE)
    top.done()
    return tuple(kinds.values())


@functools.cache
def load_kinds() -> tuple[ChallengeKind, ...]:
    """The kinds that the program ships, read once."""
    return parse_kinds()


def _kind(row: Row) -> ChallengeKind:
    kind = ChallengeKind(row.text("id"), row.text("label"), row.texts("avoids"))
    row.done()
    return kind


def deal(seed: bytes) -> Deal:
    """The challenge of a seed (16 bytes or more, from the system's random source)."""
    chance = random.Random(seed)  # noqa: S311  the seed is the secret
    kind = chance.choice(load_kinds())
    catalog = load_images()
    right_images = catalog.of_kind(kind.id)
    others = [
        image
        for image in catalog.by_id.values()
        if image.kinds and kind.id not in image.kinds and not set(image.kinds) & set(kind.avoids)
    ]
    right = frozenset(chance.sample(range(TILES), chance.randint(LEAST_RIGHT, MOST_RIGHT)))
    wrong = iter(chance.sample(others, TILES - len(right)))
    tiles = [draw_tile(chance.choice(right_images) if n in right else next(wrong), chance) for n in range(TILES)]
    return Deal(kind, tuple(tiles), right)


def draw_tile(image: SecurityImage, chance: random.Random) -> Picture:
    """A drawing turned, scaled, shifted, tinted, on another ground, crossed by strokes and grained."""
    placing = Placing(
        scale=chance.randint(*SCALES),
        turn=chance.randint(-TURN, TURN),
        shift=(chance.randint(-SHIFT, SHIFT), chance.randint(-SHIFT, SHIFT)),
        flipped=chance.random() < 0.5,
    )
    tint = _random_tint(chance)
    shapes = tuple(_tinted(shape, tint) for shape in image.shapes)
    ground = max((_ground(chance) for _ in range(TRIED)), key=lambda colours: _contrast(colours, image.shapes))
    under = (Shape("fade", ground[0], ((0, UNITS),), to=ground[1]), *_strokes(chance, ground, 3))
    picture = draw(shapes, SIDE, placing, under=under)
    return _grained(picture, chance)


def _random_tint(chance: random.Random) -> Rgb:
    return chance.randint(-TINT, TINT), chance.randint(-TINT, TINT), chance.randint(-TINT, TINT)


def _moved(colour: Rgb, by: Sequence[int]) -> Rgb:
    red, green, blue = (min(255, max(0, value + step)) for value, step in zip(colour, by, strict=True))
    return red, green, blue


def _tinted(shape: Shape, tint: Rgb) -> Shape:
    return Shape(shape.kind, _moved(shape.colour, tint), shape.points, shape.width, shape.to, shape.mirrored)


def _ground(chance: random.Random) -> tuple[Rgb, Rgb]:
    """Two colours, above and below."""
    palette = load_images().palette
    first = _moved(palette[chance.choice(GROUNDS)], _random_tint(chance))
    return first, _moved(first, _random_tint(chance))


def _contrast(ground: tuple[Rgb, Rgb], shapes: Sequence[Shape]) -> int:
    """How much the larger shapes differ from the ground: the least of their distances, the small ones left out."""
    large = [shape.colour for shape in shapes if _extent(shape.points) >= UNITS // 3] or [shapes[0].colour]
    return min(_distance(colour, behind) for colour in large for behind in ground)


def _extent(points: Sequence[Point]) -> int:
    across = [x for x, _ in points]
    return max(across) - min(across)


def _distance(one: Rgb, other: Rgb) -> int:
    return sum(weight * abs(a - b) for weight, a, b in zip((2, 4, 1), one, other, strict=True))


def _strokes(chance: random.Random, ground: tuple[Rgb, Rgb], count: int) -> tuple[Shape, ...]:
    """Strokes behind the drawing that hardly differ from the ground."""
    points = [(chance.randint(0, UNITS), chance.randint(0, UNITS)) for _ in range(count + 1)]
    tint = _random_tint(chance)
    return tuple(Shape("line", _moved(ground[0], tint), ends, chance.randint(4, 14)) for ends in pairwise(points))


def _grained(picture: Picture, chance: random.Random) -> Picture:
    grain = (chance.randint(-GRAIN, GRAIN) for _ in range(picture.size * picture.size))
    out = bytearray()
    for place, step in enumerate(grain):
        out += bytes(min(255, max(0, value + step)) for value in picture.rgb[place * 3 : place * 3 + 3])
    return Picture(picture.size, bytes(out))
