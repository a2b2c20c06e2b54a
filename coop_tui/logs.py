"""The program's log: a private file, never the terminal that the screens are drawn on (req. 57)."""

from __future__ import annotations

import logging
import os
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from coop_tui.faults import describe


class PrivateFile(logging.FileHandler):
    """Appends to a file that only its owner may read; made when the first line is written."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, encoding="utf-8", delay=True)

    def _open(self) -> TextIOWrapper:
        descriptor = os.open(self.baseFilename, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        return os.fdopen(descriptor, "a", encoding="utf-8")


class ValueFree(logging.Formatter):
    """A fault is written as types and source lines: messages and locals can hold a cédula, an answer or a password."""

    def formatException(self, ei: Any) -> str:
        """The fault without its values."""
        return describe(ei[1])


def log_to(path: Path) -> None:
    """Send warnings and errors of the program to `path`. A log that can't be written disturbs nobody."""
    logging.raiseExceptions = False  # Its complaints would be printed over the screen.
    root = logging.getLogger()
    for handler in list(root.handlers):
        root.removeHandler(handler)
    handler = PrivateFile(path)
    handler.setFormatter(ValueFree("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
