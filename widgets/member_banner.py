"""Whom the operator serves: the strongest line on the screen, so that nobody works on the wrong member."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from rich.text import Text
from textual.message import Message

from widgets.countdown import remaining, seconds_left
from widgets.shell import Served, shell_of
from widgets.text import PlainText, joined, safe


def verification_text(served: Served, now: datetime) -> str:
    """Return the level in force with its time left, or that the caller is not verified."""
    left = seconds_left(served.lease_until, now) if served.lease_until is not None else None
    if not served.level or left == 0:
        return "○ sin verificar" if left is None else "○ verificación vencida"
    return f"● {served.level} verificada" + ("" if left is None else f" ▸ {remaining(left)}")


def banner_text(served: Served, now: datetime, columns: int) -> Text:
    """Return the banner's one line, `columns` cells wide: number and level stay whole, a long name gives
    way.
    """
    right = safe(verification_text(served, now))
    tail = joined(*[part for text in (served.number, served.standing) if text for part in (" · ", safe(text))])
    name = safe(served.name)
    room = columns - right.cell_len - tail.cell_len - len("Atiende: ") - 2
    if name.cell_len > room:
        name.truncate(max(4, room), overflow="ellipsis")
    line = Text("Atiende: ").append_text(name).append_text(tail)
    line.append(" " * max(2, columns - line.cell_len - right.cell_len)).append_text(right)
    line.truncate(max(0, columns), overflow="ellipsis")
    return line


class MemberBanner(PlainText):
    """Shows the member whom the program serves; takes no room when there is none."""

    DEFAULT_CSS = """
    MemberBanner {
        height: 1; padding: 0 1; display: none;
        background: $accent; color: $banner-foreground; text-style: bold;
        &.-serving { display: block; }
        &.-unverified { background: $panel; color: $foreground; text-style: bold reverse; }
    }
    """

    @dataclass
    class LeaseEnded(Message):
        """The verification of the member on show has just ended."""

        served: Served

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._ended_for: Served | None = None

    def on_mount(self) -> None:
        """Follow the clock."""
        self.set_interval(1, self.redraw)
        self.redraw()

    def on_resize(self) -> None:
        """Fit to the new width."""
        self.redraw()

    def redraw(self) -> None:
        """Draw the member and the time left; say once when the verification has ended."""
        shell = shell_of(self)
        served, now = shell.served(), shell.now()
        self.set_class(served is not None, "-serving")
        if served is None:
            self.show("")
            return
        ended = served.lease_until is not None and not seconds_left(served.lease_until, now)
        self.set_class(ended or not served.level, "-unverified")
        line = banner_text(served, now, max(20, self.size.width))
        if line.plain != self.plain_text:
            self.show(line)
        if ended and served is not self._ended_for:
            self._ended_for = served
            self.post_message(self.LeaseEnded(served))
