"""Which policy holds now: the newest version whose time has come. Every process learns of a new one by itself.

An approved version begins some seconds later than its approval at the earliest, and the database is asked more often
than that: so all processes change over at the same moment of the clock, without a restart.
"""

import hashlib
import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Any, Final

from sqlalchemy import Connection, Engine, func, insert, select

from data.tables import PolicyVersion
from services.policy import Policy, PolicyError
from services.policy_text import complete

_log = logging.getLogger(__name__)
#: The bare table: the mapped class would make every start set all classes up, for one look.
VERSIONS: Any = PolicyVersion.__table__.c  # type: ignore[attr-defined]
LOOK_EVERY: Final = timedelta(seconds=5)
LEAD: Final = timedelta(seconds=30)
"""Between an approval and its effect, at least."""


@dataclass(frozen=True, slots=True)
class Version:
    """A stored version, in this program's terms. `completed`: what this program took from its own document."""

    id: int
    name: str
    from_at: datetime
    policy: Policy
    completed: tuple[str, ...] = ()


class StoredPolicies:
    """The versions of one store. Safe to share between threads."""

    def __init__(self, engine: Engine, versions: list[Version], looked_at: datetime) -> None:
        self._engine, self._versions, self._looked_at, self._lock = engine, versions, looked_at, Lock()

    @classmethod
    def of(cls, engine: Engine, now: datetime) -> "StoredPolicies | None":
        """The store's, from the one in force on, or None where it has none yet. Raises PolicyError."""
        with engine.connect() as connection:
            in_force = select(func.max(VERSIONS.id)).where(VERSIONS.from_at <= now)
            first = connection.execute(in_force).scalar()
            versions = _after(connection, (first or 1) - 1)
        return cls(engine, versions, now) if versions else None

    def at(self, now: datetime) -> Version:
        """The version in force at a moment, as far as this process knows."""
        return next((one for one in reversed(self._versions) if one.from_at <= now), self._versions[0])

    def current(self, now: datetime) -> Version:
        """The version in force; asks the database every few seconds."""
        with self._lock:
            if abs(now - self._looked_at) >= LOOK_EVERY:
                with self._engine.connect() as connection:
                    self._versions = self._versions + self._news(connection)
                self._looked_at = now
        return self.at(now)

    def _news(self, connection: Connection) -> list[Version]:
        """Versions since the last look. One that this program can't read leaves it where it is: a start tells why."""
        try:
            return _after(connection, self._versions[-1].id)
        except PolicyError as error:
            _log.error("policy: %s", error)
            return []


def _after(connection: Connection, last: int) -> list[Version]:
    columns = (VERSIONS.id, VERSIONS.name, VERSIONS.sha256, VERSIONS.text, VERSIONS.from_at)
    query = select(*columns).where(VERSIONS.id > last).order_by(VERSIONS.id)
    found = []
    for row in connection.execute(query):
        policy, completed = complete(row.text, row.sha256)
        found.append(Version(row.id, row.name, row.from_at, policy, completed))
    return found


def keep_version(connection: Connection, *, name: str, text: str, source: str, from_at: datetime, **more: Any) -> int:
    """Add a version; answers its id. `more`: at, reason, and for a proposal who and which."""
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    values = {"name": name, "sha256": sha256, "text": text, "source": source, "from_at": from_at} | more
    return int(connection.execute(insert(PolicyVersion).values(**values)).inserted_primary_key[0])  # type: ignore[index]
