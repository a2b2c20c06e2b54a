"""What the staff app's screens may ask of it beyond the common shell (imports run one way)."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast, runtime_checkable

from textual.message_pump import MessagePump

from widgets.shell import Shell

if TYPE_CHECKING:
    from data.secrets import Secret
    from services.operator import Channel, Operator
    from services.unit_of_work import UnitOfWork


@runtime_checkable
class ShowsDelivery(Protocol):
    """A screen that shows how a mail is getting on."""

    def mail_moved(self) -> None:
        """A message went out or failed: read it again, without counting as a sign of life."""


@runtime_checkable
class ShowsWaiting(Protocol):
    """A screen that shows what of a member waits for a second person."""

    def request_decided(self) -> None:
        """One of the operator's own was decided: read it again, without counting as a sign of life."""


@runtime_checkable
class ShowsOrders(Protocol):
    """A screen that shows payments at billers which were in process when it read them."""

    @property
    def open_orders(self) -> frozenset[str]:
        """The ids of those."""

    def orders_ended(self, ids: frozenset[str]) -> object:
        """Some of them ended: read them again, without counting as a sign of life."""


class StaffShell(Shell, Protocol):
    """The staff app, as its screens see it."""

    @property
    def operator(self) -> Operator:
        """Who has signed in. Raises SessionEnded when nobody has."""

    @property
    def uow(self) -> UnitOfWork:
        """The open store. Raises StoreUnavailable before it is open."""

    @property
    def terminal(self) -> str:
        """The name of this desk."""

    @property
    def own_channel(self) -> Channel | None:
        """The channel that the desk's settings name, or None where role and branch decide."""

    @property
    def mail_folder(self) -> Path | None:
        """The folder where mail lands, or None where a mail server takes it."""

    @property
    def sms_folder(self) -> Path | None:
        """The folder where text messages land, or None where a gateway takes them or they wait."""

    @property
    def checkpoints_path(self) -> Path:
        """The signed checkpoints of the audit trail."""

    @property
    def slips_folder(self) -> Path:
        """Where sealed slips wait for the printer; the worker clears them."""

    @property
    def receipts_folder(self) -> Path:
        """Where this desk keeps the receipts that it printed."""

    async def store(self) -> UnitOfWork:
        """Wait until the store is open. Raises CoopError with what to do when it can't be; call again to retry."""

    def drop_typed_ahead(self) -> None:
        """Forget the keys that wait: what they were meant for did not come."""

    async def unlock(self, password: Secret) -> None:
        """Unlock the station. Raises SignInRefused, StoreUnavailable."""

    def open_record(self, member_id: int) -> object:
        """Show a member's record over the desk; another member's screens go first."""

    def request_moved(self) -> object:
        """Something that waited was decided at this desk: whoever shows it reads again."""

    def sign_out(self) -> object:
        """End the session and go back to the sign-in."""


def staff_shell(node: MessagePump) -> StaffShell:
    """Return the staff app that `node` runs in."""
    return cast(StaffShell, node.app)
