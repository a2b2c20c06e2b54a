"""What the program lets a browser do before anybody has signed in (policy `[web_staff]`, `[web_portal]`)."""

from dataclasses import dataclass

#: What the door tells the audit trail (services/web_life.py), named here since the server loads no database.
START, STOP = "web.start", "web.stop"
OPEN, CLOSE, REFUSED = "web.open", "web.close", "web.refused"
ACTIONS = frozenset({START, STOP, OPEN, CLOSE, REFUSED})


@dataclass(frozen=True, slots=True)
class WebPolicy:
    """One server's limits. An origin is an IPv4 address or an IPv6 network, so a whole office may be one.

    `sessions`: at once, in all and for each origin; a session is a process. `starts_per_minute`: sessions and presses
    of «Entrar», and `requests_per_minute`: anything, for each origin. `idle_minutes`: after so long without a key the
    session is ended. `pass_hours`: how long a browser needs no new link (staff) or press (portal).
    """

    sessions: int
    sessions_per_origin: int
    starts_per_minute: int
    requests_per_minute: int
    idle_minutes: int
    pass_hours: int


@dataclass(frozen=True, slots=True)
class WebStaffPolicy(WebPolicy):
    """`link_minutes`: how long the link that registers a station may wait to be used."""

    link_minutes: int
