"""The demo's staff. What they sign in with is public on purpose and protects nothing."""

import base64
import functools
import hashlib
from dataclasses import dataclass

from data.demo_figures.reading import read


@dataclass(frozen=True, slots=True)
class StaffFigure:
    """One person of staff. `member` is their own número, `relative` that of a declared relative (req. 43)."""

    username: str
    name: str
    roles: tuple[str, ...]
    branch: str
    member: str | None
    relative: str | None
    second_factor: bool
    enabled: bool

    @property
    def totp_secret(self) -> str:
        """Base32 of 160 bits made from the username: known to everybody, so that the demo can print the codes."""
        return base64.b32encode(hashlib.sha256(f"coop-tui demo {self.username}".encode()).digest()[:20]).decode()


@functools.cache
def load_staff() -> tuple[StaffFigure, ...]:
    """The people of both branches, in the order of the file."""
    return tuple(
        StaffFigure(
            row["username"],
            row["name"],
            tuple(row["roles"]),
            row["branch"],
            row.get("member"),
            row.get("relative"),
            row.get("second_factor", False),
            row.get("enabled", True),
        )
        for row in read("staff")["person"]
    )


def demo_password() -> str:
    """The passphrase of all demo staff."""
    return str(read("staff")["password"])
