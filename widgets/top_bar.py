"""The line on top: institution, who works here, role, branch, and the time."""

from __future__ import annotations

from datetime import datetime

from rich.text import Text

from data.values.dates import WEEKDAYS, to_panama
from widgets.shell import Identity, shell_of
from widgets.text import PlainText, safe

LEAST = 8
"""Cells below which a shortened institution beside a notice says nothing."""

RECORDED = "● se graba"
RECORDED_SHORT = "●"


def moment(now: datetime) -> str:
    """Return an aware time as the bar shows it, in Panama: `lun 23/11/2026 09:41`."""
    local = to_panama(now)
    return f"{WEEKDAYS[local.weekday()][:3]} {local:%d/%m/%Y %H:%M}"


def top_text(identity: Identity, now: datetime, columns: int) -> Text:
    """Return the bar's one line, `columns` cells wide: the person stays whole, the institution gives way, and what
    waits for them stands before it in the longest wording that fits.
    """
    who = " · ".join(part for part in (identity.user, identity.role, identity.branch) if part)
    clock = moment(now)
    right = Text("  ").join([text for text in (safe(who, "bold"), safe(clock)) if text])
    room = columns - right.cell_len - 2
    fitting = [text for wording in identity.notice if (text := safe(wording, "bold reverse")).cell_len <= room]
    notice = fitting[0] if fitting else Text()
    room -= notice.cell_len
    lead = "  " if fitting else ""
    mark = RECORDED_SHORT if identity.recorded else ""
    if mark and room > len(lead) + len(RECORDED):
        mark = RECORDED
    left = Text(mark)
    if not (fitting or mark) or room >= LEAST + len(mark and lead + mark):
        left.append(" · " if mark else "").append_text(safe(identity.institution))
    if left:
        left = Text(lead).append_text(left)
    left.truncate(max(0, room), overflow="ellipsis", pad=True)
    line = Text().append_text(notice).append_text(left).append("  ").append_text(right)
    line.truncate(max(0, columns), overflow="ellipsis")
    return line


class TopBar(PlainText):
    """Says who works here and what time it is, by the program's clock."""

    DEFAULT_CSS = """
    TopBar { dock: top; height: 1; padding: 0 1; background: $panel; color: $foreground; }
    """

    def on_mount(self) -> None:
        """Follow the clock."""
        self.set_interval(1, self.redraw)

    def on_resize(self) -> None:
        """Fit to the new width."""
        self.redraw()

    def redraw(self) -> None:
        """Draw who works here and the time, where they have changed."""
        shell = shell_of(self)
        line = top_text(shell.identity(), shell.now(), self.size.width)
        if line.plain != self.plain_text:
            self.show(line)
