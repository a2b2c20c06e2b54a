"""Short ways into the cases of online access: an agent with a verified caller, and what lies in the mail."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import select
from sqlmodel import col

from data.secrets import box
from data.tables import Outbox
from services.operator import Channel, Operator
from tests.services.world import World

REASON = "El asociado lo pidió por teléfono"


def desk(
    world: World, state: str | None = "solicitado", *, level: int = 3, channel: Channel = Channel.CIS, **access: Any
) -> tuple[Operator, int]:
    """An agent whose caller stands verified, the caller's access in `state` (None: none)."""
    agent, member = world.staff(channel=channel), world.member()
    if state is not None:
        world.access(member, state, **access)
    if level:
        world.lease(agent, member, level)
    return agent, member


def mails(world: World, template: str | None = None, kind: str | None = None) -> list[dict[str, Any]]:
    """The messages in the outbox, opened: state, kind, template, and `to` and `context` of those not wiped."""
    with world.engine.connect() as connection:
        rows = connection.execute(select(Outbox).order_by(col(Outbox.id))).mappings().all()
    found = []
    for row in rows:
        if template not in (None, row["template"]) or kind not in (None, row["kind"]):
            continue
        payload = {}
        if row["sealed"] is not None:
            payload = json.loads(box.open_(world.uow.secrets.data_key, row["sealed"], row["message_id"]))
        found.append({"state": row["state"], "kind": row["kind"], "template": row["template"]} | payload)
    return found


def last_password(world: World) -> str:
    """The temporary password of the last mail that still holds one: what the member would read."""
    return str(mails(world, "temporary_credentials")[-1]["context"]["password"])


def state_of(world: World, member_id: int) -> str:
    return str(world.scalar("SELECT state FROM access WHERE member_id = :id", id=member_id))


def live_credentials(world: World, member_id: int) -> int:
    return int(
        world.scalar(
            "SELECT count(*) FROM temporary_credential WHERE member_id = :id AND used_at IS NULL AND ended_at IS NULL",
            id=member_id,
        )
    )
