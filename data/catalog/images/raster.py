"""Draws a small picture from a drawing program: filled shapes in whole numbers, with smooth edges, without a library.

A program has one shape a line, painted in order over a square of 128 by 128 units, x to the right and y down:

    fade sky mist 0,80          a colour that turns into another from one height to the next
    poly red 10,90 64,20 118,90 a polygon
    blob green 20,64 64,20 ...  a closed curve that rounds off these corners
    oval gold 64,64 30,20       centre and the two half axes
    line brown 6 10,10 90,40    a stroke of a thickness; `curve` rounds its corners off
    mirror poly ...             the shape and its likeness on the other side of x = 64
"""

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

#: Side of the square in which programs are written.
UNITS = 128
#: Samples a pixel and axis: sixteen of them are averaged, which makes edges smooth.
SAMPLES = 4
#: Points are kept in this many parts of a sample.
FINE = 16
CIRCLE = tuple(
    (round(1024 * math.cos(math.tau * step / 40)), round(1024 * math.sin(math.tau * step / 40))) for step in range(40)
)

Rgb = tuple[int, int, int]
Point = tuple[int, int]


class DrawingError(ValueError):
    """A line of a drawing program that cannot be read."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A square picture: `size` pixels a side, `rgb` three bytes a pixel, row by row from the top left."""

    size: int
    rgb: bytes

    def pixel(self, x: int, y: int) -> Rgb:
        """The colour at a place, 0 ≤ x, y < size."""
        start = (y * self.size + x) * 3
        return self.rgb[start], self.rgb[start + 1], self.rgb[start + 2]


@dataclass(frozen=True, slots=True)
class Shape:
    """One line of a program. `width` (units) is set for strokes, `to` for a colour that fades into another."""

    kind: str
    colour: Rgb
    points: tuple[Point, ...]
    width: int = 0
    to: Rgb | None = None
    mirrored: bool = False


@dataclass(frozen=True, slots=True)
class Placing:
    """How a drawing lies in its square: scale (percent), turn (degrees), shift (units), left and right changed."""

    scale: int = 100
    turn: int = 0
    shift: Point = (0, 0)
    flipped: bool = False

    def place(self, point: Point) -> Point:
        """Where a point of the program comes to lie (units, in FINE parts)."""
        x, y = (point[0] - UNITS // 2) * FINE, (point[1] - UNITS // 2) * FINE
        if self.flipped:
            x = -x
        sine, cosine = round(1024 * math.sin(math.radians(self.turn))), round(1024 * math.cos(math.radians(self.turn)))
        x, y = (x * cosine - y * sine) >> 10, (x * sine + y * cosine) >> 10
        half = UNITS * FINE // 2
        return (
            x * self.scale // 100 + half + self.shift[0] * FINE,
            y * self.scale // 100 + half + self.shift[1] * FINE,
        )


AS_WRITTEN = Placing()


def read_program(text: str, palette: Mapping[str, Rgb]) -> tuple[Shape, ...]:
    """The shapes of a program. Raises DrawingError, which names the line."""
    shapes = []
    for line in text.strip().splitlines():
        words = line.split("#", 1)[0].split()
        if not words:
            continue
        try:
            shapes.append(_shape(words, palette))
        except (KeyError, ValueError, IndexError):
            raise DrawingError(f"«{line.strip()}» no es una figura") from None
    return tuple(shapes)


def _shape(words: list[str], palette: Mapping[str, Rgb]) -> Shape:
    mirrored = words[0] == "mirror"
    kind, name, *rest = words[mirrored:]
    colour, width, to = palette[name], 0, None
    least = {"poly": 3, "blob": 3, "oval": 2, "line": 2, "curve": 2, "fade": 1}[kind]
    if kind == "fade":
        to = palette[rest.pop(0)]
    elif kind in ("line", "curve"):
        width = int(rest.pop(0))
    points = tuple(_point(word) for word in rest)
    if len(points) < least:
        raise DrawingError("too few points")
    return Shape(kind, colour, points, width, to, mirrored)


def _point(word: str) -> Point:
    x, y = word.split(",")
    return int(x), int(y)


def draw(shapes: Iterable[Shape], size: int, placing: Placing = AS_WRITTEN, *, under: Iterable[Shape] = ()) -> Picture:
    """Paint `under` as it is written and `shapes` as they are placed, `size` pixels a side (size ≤ UNITS)."""
    side = size * SAMPLES
    rows: list[list[Rgb]] = [[(0, 0, 0)] * side for _ in range(side)]
    for shape, placed in [*((one, AS_WRITTEN) for one in under), *((one, placing) for one in shapes)]:
        _paint(rows, shape, placed)
    return Picture(size, _average(rows, size))


def _paint(rows: list[list[Rgb]], shape: Shape, placing: Placing) -> None:
    side = len(rows)
    if shape.kind == "fade":
        _fade(rows, shape)
        return
    sides: list[Callable[[Point], Point]] = [lambda point: point]
    if shape.mirrored:
        sides.append(lambda point: (UNITS - point[0], point[1]))
    for turned in sides:
        for outline in _outlines(shape, turned, placing):
            _fill(rows, [(x * side // UNITS, y * side // UNITS) for x, y in outline], shape.colour)


def _outlines(shape: Shape, turned: Callable[[Point], Point], placing: Placing) -> Iterable[Sequence[Point]]:
    """The polygons of a shape, in FINE parts of a unit."""
    points = list(shape.points)
    if shape.kind == "oval":
        (cx, cy), (rx, ry) = points
        centre, axes = turned((cx, cy)), (rx, ry)
        fine = [(centre[0] * 1024 + axes[0] * c, centre[1] * 1024 + axes[1] * s) for c, s in CIRCLE]
        return [[_placed_fine(point, placing) for point in fine]]
    placed = [placing.place(turned(point)) for point in points]
    if shape.kind in ("blob", "curve"):
        placed = _rounded(placed, closed=shape.kind == "blob")
    if shape.kind in ("line", "curve"):
        return _stroke(placed, shape.width * FINE * placing.scale // 200)
    return [placed]


def _placed_fine(point: Point, placing: Placing) -> Point:
    """`place` for a point given in 1024ths of a unit: ovals would be angular in whole units."""
    whole = point[0] >> 10, point[1] >> 10
    here, right, below = (
        placing.place(whole),
        placing.place((whole[0] + 1, whole[1])),
        placing.place((whole[0], whole[1] + 1)),
    )
    part_x, part_y = point[0] & 1023, point[1] & 1023
    return (
        here[0] + (((right[0] - here[0]) * part_x + (below[0] - here[0]) * part_y) >> 10),
        here[1] + (((right[1] - here[1]) * part_x + (below[1] - here[1]) * part_y) >> 10),
    )


def _rounded(points: list[Point], *, closed: bool) -> list[Point]:
    """Chaikin's corner cutting, three times."""
    for _ in range(3):
        pairs = list(zip(points, points[1:] + points[:1] if closed else points[1:], strict=False))
        cut = [
            near
            for (ax, ay), (bx, by) in pairs
            for near in (((3 * ax + bx) >> 2, (3 * ay + by) >> 2), ((ax + 3 * bx) >> 2, (ay + 3 * by) >> 2))
        ]
        points = cut if closed else [points[0], *cut, points[-1]]
    return points


def _stroke(points: list[Point], half: int) -> Iterable[Sequence[Point]]:
    """A stroke as rectangles with round joints."""
    half = max(half, FINE // 2)
    for x, y in points:
        yield [(x + (half * c >> 10), y + (half * s >> 10)) for c, s in CIRCLE]
    for (ax, ay), (bx, by) in pairwise(points):
        dx, dy = bx - ax, by - ay
        length = math.isqrt(dx * dx + dy * dy)
        if length:
            nx, ny = -dy * half // length, dx * half // length
            yield [(ax + nx, ay + ny), (bx + nx, by + ny), (bx - nx, by - ny), (ax - nx, ay - ny)]


def _fade(rows: list[list[Rgb]], shape: Shape) -> None:
    side = len(rows)
    first, last = (height * side // UNITS for height in shape.points[0])
    to = shape.to or shape.colour
    steps = max(last - first - 1, 1)
    for y in range(max(first, 0), min(last, side)):
        part = y - first
        mixed = tuple((a * (steps - part) + b * part) // steps for a, b in zip(shape.colour, to, strict=True))
        rows[y] = [(mixed[0], mixed[1], mixed[2])] * side


def _fill(rows: list[list[Rgb]], outline: Sequence[Point], colour: Rgb) -> None:
    """Fill a polygon (even-odd; points in FINE parts of a sample), sample by sample at its centre."""
    side = len(rows)
    heights = [y for _, y in outline]
    top, bottom = max(0, min(heights) // FINE), min(side - 1, max(heights) // FINE)
    edges = list(zip(outline, [*outline[1:], outline[0]], strict=True))
    for row in range(top, bottom + 1):
        y = row * FINE + FINE // 2
        crossings = sorted(
            ax + (y - ay) * (bx - ax) // (by - ay) for (ax, ay), (bx, by) in edges if (ay <= y) != (by <= y)
        )
        for left, right in zip(crossings[::2], crossings[1::2], strict=True):
            start, end = max(0, (left + FINE // 2) // FINE), min(side, (right + FINE // 2) // FINE)
            if end > start:
                rows[row][start:end] = [colour] * (end - start)


def _average(rows: list[list[Rgb]], size: int) -> bytes:
    out = bytearray()
    for y in range(size):
        block = rows[y * SAMPLES : (y + 1) * SAMPLES]
        for x in range(size):
            cells = [colour for row in block for colour in row[x * SAMPLES : (x + 1) * SAMPLES]]
            first = cells[0]
            if cells.count(first) == len(cells):
                out += bytes(first)
            else:
                out += bytes(sum(colour[channel] for colour in cells) // len(cells) for channel in range(3))
    return bytes(out)
