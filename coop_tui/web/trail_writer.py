"""`serve --trail`: writes the notes of the web door into the audit trail, a line of JSON each, until they end."""

from __future__ import annotations

import json
import logging
import signal
from collections.abc import Iterable
from typing import TYPE_CHECKING

from coop_tui.settings import Settings
from services.errors import CoopError

if TYPE_CHECKING:
    from services.unit_of_work import UnitOfWork

logger = logging.getLogger("coop_tui.web")
KILLED = "killed"


def write_trail(settings: Settings, notes: Iterable[str]) -> int:
    """Write until the server's end closes the pipe. A server that ended without a word was killed: so it is told."""
    from coop_tui.logs import log_to
    from coop_tui.wiring import open_store
    from services.web_policy import STOP

    log_to(settings.log_path)
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, signal.SIG_IGN)  # A service manager ends both; the server has its end to tell.
    uow = open_store(settings)
    last = ""
    for line in notes:
        last = _write(uow, line)
    if last != STOP:
        _write(uow, json.dumps({"action": STOP, "terminal": settings.terminal, "reason": KILLED, "detail": {}}))
    return 0


def _write(uow: UnitOfWork, line: str) -> str:
    from services.web_life import tell_web

    note = json.loads(line)
    try:
        tell_web(uow, note["action"], note["terminal"], reason=note["reason"], detail=note["detail"])
    except CoopError as error:
        logger.error("a note of the web door did not reach the audit trail: %s", error.code)
    return str(note["action"])
