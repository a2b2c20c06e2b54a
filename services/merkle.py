"""Merkle trees as RFC 6962 makes them (SHA-256; 0x00 before a leaf, 0x01 before two nodes): a small proof that one hash
is among many (A15)."""

import hashlib
from collections.abc import Iterable, Sequence

LEFT, RIGHT = "left", "right"
Path = tuple[tuple[str, bytes], ...]


def leaf(entry: bytes) -> bytes:
    """The hash of one entry."""
    return hashlib.sha256(b"\0" + entry).digest()


def node(left: bytes, right: bytes) -> bytes:
    """The hash of two nodes."""
    return hashlib.sha256(b"\1" + left + right).digest()


def root(entries: Iterable[bytes]) -> bytes:
    """The head of the tree over the entries, in order; one node a level is kept. Raises ValueError for none."""
    waiting: list[tuple[int, bytes]] = []  # (height, hash), each higher than the next
    for entry in entries:
        height, value = 0, leaf(entry)
        while waiting and waiting[-1][0] == height:
            value, height = node(waiting.pop()[1], value), height + 1
        waiting.append((height, value))
    if not waiting:
        raise ValueError("a tree has one entry or more")
    _, value = waiting.pop()
    while waiting:
        value = node(waiting.pop()[1], value)
    return value


def path(entries: Sequence[bytes], place: int) -> Path:
    """What an entry needs on its way to the root: side and hash of each neighbour, from below."""
    level, found = [leaf(entry) for entry in entries], []
    while len(level) > 1:
        other = place ^ 1
        if other < len(level):
            found.append((LEFT if other < place else RIGHT, level[other]))
        level = [node(*level[at : at + 2]) if at + 1 < len(level) else level[at] for at in range(0, len(level), 2)]
        place //= 2
    return tuple(found)


def climb(entry: bytes, way: Path) -> bytes:
    """The root that an entry leads to along a path."""
    value = leaf(entry)
    for side, other in way:
        value = node(other, value) if side == LEFT else node(value, other)
    return value
