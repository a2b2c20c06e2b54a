"""What every table shares: STRICT on SQLite and constraint names that migrations can find again."""

from typing import Any

from sqlmodel import SQLModel

SQLModel.metadata.naming_convention = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}

# A table's rows are never validated by pydantic: it need not build what would (25 ms and 0.6 MB of every start).
SQLModel.model_config["defer_build"] = True

STRICT: dict[str, Any] = {"sqlite_strict": True}
#: Tables whose definition is SQL of our own (triggers, generated columns): see data/sql.
BY_HAND: dict[str, Any] = {"sqlite_strict": True, "info": {"by_hand": True}}
