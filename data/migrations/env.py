"""Alembic's entry: runs on the connection that data.schema hands over."""

from typing import Any, Literal

from alembic import context
from alembic.autogenerate.api import AutogenContext
from sqlmodel import SQLModel

import data.tables  # noqa: F401  fills the metadata
from data import types

OWN = (types.Int, types.Flag, types.Utc, types.Day)


def render_item(kind: str, item: Any, _autogen: AutogenContext) -> str | Literal[False]:
    if kind == "type" and isinstance(item, OWN):
        return f"types.{type(item).__name__}()"
    return False


def include_object(item: Any, _name: str | None, kind: str, _reflected: bool, _compare: Any) -> bool:
    table = item if kind == "table" else getattr(item, "table", None)
    return table is None or not table.info.get("by_hand")


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_item=render_item,
    include_object=include_object,
    render_as_batch=True,
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
