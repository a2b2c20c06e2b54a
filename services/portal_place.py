"""Where a member stands: at a kiosk of a branch, or in a browser (req. 13, 33, 46)."""

from dataclasses import dataclass

from data.secrets import Secret, Secrets
from data.secrets.box import hmac
from services.operator import Channel, Operator
from services.text_cleaning import clean

TERMINAL = 64
CHANNELS = frozenset({Channel.KIOSK, Channel.WEB})


@dataclass(frozen=True, slots=True)
class PortalPlace:
    """`origin`: what throttles count by, the browser's network address or the kiosk's name. `device_token`: what the
    device was given when the member had it remembered (S68); None of a kiosk."""

    channel: Channel
    terminal: str
    origin: str
    device_token: Secret | None = None
    branch: str = "000"

    def __post_init__(self) -> None:
        if self.channel not in CHANNELS:
            raise ValueError("a member stands at a kiosk or in a browser")


def door_operator(place: PortalPlace) -> Operator:
    """Somebody at the portal's door: nobody known yet."""
    terminal = clean(place.terminal, TERMINAL)
    return Operator("anonymous", "portal", frozenset(), place.branch, terminal, place.channel)


def member_operator(member_id: int, number: str, place: PortalPlace, session_id: str, full_name: str) -> Operator:
    """The member inside. Their number stands for them in the trail: the user they chose is half of what opens it."""
    terminal = clean(place.terminal, TERMINAL)
    actor = f"member:{member_id}"
    return Operator(actor, number, frozenset(), place.branch, terminal, place.channel, session_id, full_name)


def mark_of(secrets: Secrets, what: str, text: str) -> str:
    """A keyed mark, 32 hex digits: links tries with one another and tells nobody whose or whence they are."""
    return hmac(secrets.pepper, f"coop-tui portal {what} 1", text.encode("utf-8", "surrogatepass")).hex()[:32]
