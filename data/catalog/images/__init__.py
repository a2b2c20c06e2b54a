"""The security pictures from which a member chooses one (S54, S55, req. 33), drawn by the cooperative itself."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType

from data.catalog.images.raster import UNITS, DrawingError, Picture, Rgb, Shape, draw, read_program
from data.catalog.reader import Row, read_catalog, unique

FILE = "images/pictures.toml"
#: Pixels a side of a security picture: 32 columns by 16 rows of a terminal, two pixels a cell.
SIDE = 32
#: A member must have a choice: fewer would make one picture likely (req. 33).
LEAST_OFFERED = 24

__all__ = [
    "LEAST_OFFERED",
    "SIDE",
    "ImageCatalog",
    "Picture",
    "SecurityImage",
    "load_images",
    "parse_images",
    "picture",
]


@dataclass(frozen=True, slots=True)
class SecurityImage:
    """A picture to choose. `ground` lies behind `shapes`; `kinds` are the challenges in which it may turn up."""

    id: str
    name: str
    ground: tuple[Shape, ...] = field(repr=False)
    shapes: tuple[Shape, ...] = field(repr=False)
    kinds: tuple[str, ...]
    offered: bool

    def picture(self, size: int = SIDE) -> Picture:
        """The pixels, `size` a side; the same every time."""
        return draw(self.shapes, size, under=self.ground)


@dataclass(frozen=True, slots=True)
class ImageCatalog:
    """The pictures by id, retired ones included: members still have them."""

    version: date
    palette: Mapping[str, Rgb]
    by_id: Mapping[str, SecurityImage]

    def get(self, image_id: str) -> SecurityImage | None:
        """The picture of an id."""
        return self.by_id.get(image_id)

    def offered(self) -> tuple[SecurityImage, ...]:
        """Those that can be chosen today, in the order of the file."""
        return tuple(image for image in self.by_id.values() if image.offered)

    def of_kind(self, kind: str) -> tuple[SecurityImage, ...]:
        """The drawings of a challenge's kind."""
        return tuple(image for image in self.by_id.values() if kind in image.kinds)


def parse_images(text: str | None = None) -> ImageCatalog:
    """Read `pictures.toml` (or `text`). Raises CatalogError."""
    top = read_catalog(FILE, text)
    version = top.day("version")
    palette = _palette(top.table("palette"))
    images = unique([_image(row, palette) for row in top.rows("picture")], lambda item: item.id, FILE)
    top.done()
    return ImageCatalog(version, MappingProxyType(palette), MappingProxyType(images))


@functools.cache
def load_images() -> ImageCatalog:
    """The catalogue that the program ships, read once; pixels are drawn when they are asked for."""
    return parse_images()


@functools.lru_cache(maxsize=64)
def picture(image_id: str) -> Picture | None:
    """The pixels of a security picture, kept once drawn; None for an id that no catalogue ever had."""
    found = load_images().get(image_id)
    return found.picture() if found is not None else None


def _palette(row: Row) -> dict[str, Rgb]:
    colours: dict[str, Rgb] = {}
    for name in row.names():
        value = row.text(name)
        try:
            red, green, blue = bytes.fromhex(value.removeprefix("#"))
        except ValueError:
            raise row.error(f"«{name}» debe ser un color como #1f6fb2") from None
        colours[name] = (red, green, blue)
    return colours


def _image(row: Row, palette: Mapping[str, Rgb]) -> SecurityImage:
    programs = row.text("ground"), row.text("drawing")
    try:
        ground, shapes = (read_program(program, palette) for program in programs)
    except DrawingError as error:
        raise row.error(str(error)) from None
    image = SecurityImage(
        id=row.text("id"),
        name=row.text("name"),
        ground=ground,
        shapes=shapes,
        kinds=row.texts("kinds"),
        offered=row.flag("offered", True),
    )
    row.done()
    if not _covers(ground):
        raise row.error("«ground» debe cubrir todo el cuadro")
    return image


def _covers(ground: tuple[Shape, ...]) -> bool:
    """Whether the fades reach from the top to the bottom without a gap."""
    reached = 0
    for shape in ground:
        if shape.kind != "fade" or shape.points[0][0] != reached:
            return False
        reached = shape.points[0][1]
    return reached == UNITS
