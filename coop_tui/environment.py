"""What a process does to itself before Textual is imported (req. 57, T6, T8), and for a quick start."""

from __future__ import annotations

import gc
import os
from collections.abc import MutableMapping

SERVED_DRIVER = "coop_tui.web.driver:ServedDriver"
"""The one driver that may come from the environment: how the program is told that it is served to a browser.
"""

ORIGIN_VARIABLE = "COOP_ORIGIN"
"""Where the browser is, told by the server to the process behind it, which counts tries by it.
"""

_HARMLESS = frozenset({"TEXTUAL_COLOR_SYSTEM", "TEXTUAL_DISABLE_KITTY_KEY", "TEXTUAL_FPS", "TEXTUAL_ALLOW_SIGNALS"})


def clean_environment(environment: MutableMapping[str, str]) -> list[str]:
    """Drop the variables by which Textual logs, takes screenshots, types keys or loads code; return their
    names (T6).
    """
    dropped = [
        name
        for name, value in environment.items()
        if name.startswith("TEXTUAL")
        and name not in _HARMLESS
        and not (name == "TEXTUAL_DRIVER" and value == SERVED_DRIVER)
    ]
    for name in dropped:
        del environment[name]
    environment["TEXTUAL_ANIMATIONS"] = "none"
    return dropped


def forbid_core_dumps() -> bool:
    """Make the kernel write no core file of this process, which holds passwords; False where there is no
    such limit.
    """
    try:
        import resource
    except ImportError:  # Windows has no core files.
        return False
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return True


def forbid_collection() -> None:
    """Stop the garbage collector until `allow_collection`: what an import makes stays for good, and each of the many
    rounds among it would hold up the first paint.
    """
    gc.disable()


def allow_collection() -> None:
    """Let a collector that was stopped work again, past what the start has made; any other goes on as it was."""
    if not gc.isenabled():
        gc.freeze()
        gc.enable()


def harden_process() -> None:
    """Clean the environment and forbid core files. Call it before the first import of Textual."""
    clean_environment(os.environ)
    forbid_core_dumps()
