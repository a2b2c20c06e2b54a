"""What a reading function needs of whoever calls it: a use case's transaction, or the snapshot of a report."""

from typing import Protocol

from sqlalchemy import Connection

from data.secrets import Secrets
from services.policy import Policy


class Reads(Protocol):
    """A state of the store."""

    @property
    def connection(self) -> Connection: ...


class ReadsSealed(Reads, Protocol):
    """With what opens sealed columns, and the policy's thresholds."""

    @property
    def policy(self) -> Policy: ...
    @property
    def secrets(self) -> Secrets: ...
