"""What the portal's screens may ask of it beyond the common shell (imports run one way)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, cast

from textual.message_pump import MessagePump

from widgets.shell import Shell

if TYPE_CHECKING:
    from services.operator import Operator
    from services.portal_place import PortalPlace
    from services.unit_of_work import UnitOfWork


class PortalShell(Shell, Protocol):
    """The portal, as its screens see it."""

    @property
    def place(self) -> PortalPlace:
        """Where the member stands: channel, terminal, origin, and the token of a remembered device."""

    @property
    def operator(self) -> Operator:
        """The member who has signed in. Raises SessionEnded when nobody has."""

    @property
    def is_kiosk(self) -> bool:
        """A machine that everybody uses: it remembers nobody."""

    async def store(self) -> UnitOfWork:
        """Wait until the store is open. Raises CoopError with what to do when it can't be; call again to retry."""

    def drop_typed_ahead(self) -> None:
        """Forget the keys that wait: what they were meant for did not come."""

    def sign_out(self) -> object:
        """End the session, wipe everything and go back to the first screen."""

    def start_over(self, notice: str = "") -> object:
        """Wipe everything and go back to the first screen, which says `notice`."""


def portal_shell(node: MessagePump) -> PortalShell:
    """Return the portal that `node` runs in."""
    return cast(PortalShell, node.app)
