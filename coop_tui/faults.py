"""Faults of the program: a reference number for the user, a traceback without values for the log (req. 57,
T5).
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable

logger = logging.getLogger("coop_tui.faults")

_LETTERS = "ABCDEFGHJKLMNPRSTUVWXYZ"


def reference_code() -> str:
    """Return a code that can be read over the telephone: `KTR-482`."""
    import secrets  # With its hashes: no start waits for what a fault alone needs.

    letters = "".join(secrets.choice(_LETTERS) for _ in range(3))
    return f"{letters}-{secrets.randbelow(1000):03}"


def user_text(error: BaseException) -> str | None:
    """Return the Spanish text that a typed error carries for the user, or None for a fault of the program."""
    for name in ("user_text", "message_es"):
        text = getattr(error, name, None)
        if isinstance(text, str) and text:
            return text
    return None


def describe(error: BaseException) -> str:
    """Return types and source lines of an error and its causes.

    No message and no locals: both can hold a cédula, an answer or a password.
    """
    parts: list[str] = []
    seen: set[int] = set()
    at: BaseException | None = error
    while at is not None and id(at) not in seen:
        seen.add(id(at))
        kind = type(at)
        parts.append(f"{kind.__module__}.{kind.__qualname__}")
        parts.append("".join(traceback.format_tb(at.__traceback__)).rstrip())
        at = at.__cause__ or (None if at.__suppress_context__ else at.__context__)
    return "\n".join(part for part in parts if part)


def log_fault(error: BaseException, code_maker: Callable[[], str] = reference_code) -> str:
    """Log a fault under a new reference code and return what the user reads."""
    code = code_maker()
    logger.error("fault %s: %s", code, describe(error))
    return f"Error interno. Código {code}."
