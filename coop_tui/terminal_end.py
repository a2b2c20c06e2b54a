"""Whether the terminal is still there."""

import select
import sys


def is_terminal_gone() -> bool:
    """Whether nobody is at the other end of the standard input any more. Windows can't tell: there it never is."""
    if sys.__stdin__ is None or not hasattr(select, "poll"):
        return False
    poll = select.poll()
    poll.register(sys.__stdin__.fileno(), select.POLLIN)
    gone = select.POLLHUP | select.POLLERR | select.POLLNVAL
    return any(event & gone for _, event in poll.poll(0))
