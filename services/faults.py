"""Named points at which a test may stop the process for real. In production the hook is None and costs a look."""

from collections.abc import Callable

hook: Callable[[str], None] | None = None


def fault(name: str) -> None:
    """Mark a crash point (ledger and issuing): `hook` decides whether the process dies here."""
    if hook is not None:
        hook(name)
