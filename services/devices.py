"""Devices that a member had remembered: no question is asked there (S68)."""

import hashlib
import secrets as random_source
from datetime import timedelta

from sqlalchemy import update
from sqlmodel import col

from data.secrets import Secret
from data.tables import RememberedDevice
from services.operator import Channel
from services.portal_place import PortalPlace
from services.text_cleaning import clean
from services.unit_of_work import Transaction

NAME = 60
TOKEN_BYTES = 32


def remember(tx: Transaction, member_id: int, place: PortalPlace) -> Secret | None:
    """Remember the device of the place for the policy's days; answers the token that it keeps, None at a kiosk, which
    everybody uses. Only the token's SHA-256 is stored."""
    if place.channel is Channel.KIOSK:
        return None
    token = random_source.token_urlsafe(TOKEN_BYTES)
    tx.session.add(
        RememberedDevice(
            member_id=member_id,
            name=clean(place.terminal, NAME),
            token_hash=hashlib.sha256(token.encode()).hexdigest(),
            added_at=tx.now,
            expires_at=tx.now + timedelta(days=tx.policy.member_access.device_days),
        )
    )
    return Secret(token)


def forget(tx: Transaction, member_id: int, device_id: int | None) -> int:
    """Forget live devices of a member: one, or all for None; answers how many."""
    statement = (
        update(RememberedDevice)
        .where(
            col(RememberedDevice.member_id) == member_id,
            col(RememberedDevice.forgotten_at).is_(None),
            col(RememberedDevice.expires_at) > tx.now,
        )
        .values(forgotten_at=tx.now)
    )
    if device_id is not None:
        statement = statement.where(col(RememberedDevice.id) == device_id)
    return tx.connection.execute(statement).rowcount
