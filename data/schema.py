"""The schema of a store: bring it up to date, see whether it is what this program expects."""

import re
from importlib.resources import files
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, inspect, text

HEAD = "0011"
#: Names of data/sql files whose triggers, functions and checks a store must have.
GUARDED = (
    "ledger",
    "audit",
    "cash",
    "approvals",
    "portal",
    "audit_work",
    "patterns",
    "proposals",
    "privacy",
    "policy",
    "follow_ups",
    "recordings",
)
_TRIGGERS = text(
    "SELECT tgname AS name, pg_get_triggerdef(t.oid) AS body FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
    " WHERE NOT tgisinternal AND tgenabled IN ('O', 'A') AND relnamespace = current_schema()::regnamespace"
)
_FUNCTIONS = text(
    "SELECT proname, prosrc, prosecdef, proconfig FROM pg_proc WHERE pronamespace = current_schema()::regnamespace"
)
_CHECKS = text(
    "SELECT conname FROM pg_constraint WHERE connamespace = current_schema()::regnamespace AND contype = 'c'"
    " AND convalidated"
)
_TRIGGER = re.compile(
    r"CREATE TRIGGER \S+ (BEFORE|AFTER) (.+?) ON (\S+) FOR EACH (ROW|STATEMENT)(?: WHEN (\(.*\)))?"
    r" EXECUTE FUNCTION (\S+)"
)


def statements(name: str) -> list[str]:
    """The statements of data/sql/<name>.sql, in order."""
    source = (files("data") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
    return [part.strip() for part in source.split("\n--;\n")]


def upgrade(url: str, *, password: str | None = None) -> None:
    """Run the migrations that the store at `url` still lacks, in one transaction each."""
    from data.engine import make_engine, writing

    engine = make_engine(url, password=password)
    try:
        with writing(engine).begin() as connection:
            upgrade_connection(connection)
    finally:
        engine.dispose()


def upgrade_connection(connection: Connection, revision: str = "head") -> None:
    """Run the missing migrations, up to `revision`, on an open transaction."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def version(engine: Engine) -> str | None:
    """The migration at which the store stands; None for an empty database."""
    with engine.connect() as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def missing_guards(engine: Engine) -> list[str]:
    """The guards (triggers, on PostgreSQL their functions too, and the tables' own checks) that the store should have
    and lacks or has in another wording, and triggers that nobody here made.

    A store whose guards are gone must not be worked on: money and audit rest on them.
    """
    wanted = [
        "\n".join(line for line in statement.splitlines() if not line.startswith("--")).strip()
        for name in GUARDED
        for statement in statements(f"{name}_{engine.dialect.name}")
    ]
    with engine.connect() as connection:
        return sorted((_sqlite_guards if engine.dialect.name == "sqlite" else _postgresql_guards)(connection, wanted))


def _sqlite_guards(connection: Connection, wanted: list[str]) -> set[str]:
    texts = {body.split()[2]: body for body in wanted if body.startswith(("CREATE TRIGGER", "CREATE TABLE"))}
    query = text("SELECT name, type, sql FROM sqlite_master WHERE type IN ('trigger', 'table')")
    rows = connection.execute(query).all()
    found = {row.name: row.sql for row in rows}
    alien = {row.name for row in rows if row.type == "trigger"} - texts.keys()
    return alien | {name for name, body in texts.items() if found.get(name) != body}


def _postgresql_guards(connection: Connection, wanted: list[str]) -> set[str]:
    triggers = {body.split()[2]: _trigger(body) for body in wanted if body.startswith("CREATE TRIGGER")}
    found = {row.name: _trigger(row.body) for row in connection.execute(_TRIGGERS)}
    wrong = {name for name in triggers.keys() | found.keys() if found.get(name) != triggers.get(name)}
    functions = {body.split()[2].removesuffix("()"): body for body in wanted if body.startswith("CREATE FUNCTION")}
    rows = connection.execute(_FUNCTIONS)
    present = {row.proname: (row.prosrc, row.prosecdef, _shadowable(row)) for row in rows}
    for name, body in functions.items():
        if present.get(name) != (body.split("$$")[1], "SECURITY DEFINER" in body, False):
            wrong.add(name)
    checks = set(re.findall(r"CONSTRAINT (\w+) CHECK", "\n".join(wanted)))
    return wrong | (checks - set(connection.execute(_CHECKS).scalars()))


def _trigger(definition: str) -> tuple[str, ...]:
    """A CREATE TRIGGER statement in one form, however it was spelt: events in order, no schema, no brackets."""
    parts = _TRIGGER.fullmatch(" ".join(definition.split()))
    if parts is None:
        return (definition,)
    moment, events, table, each, condition, function = parts.groups()
    return (
        moment,
        " OR ".join(sorted(events.split(" OR "))),
        table.rpartition(".")[2],
        each,
        re.sub(r"[() ]", "", condition or ""),
        function.rpartition(".")[2],
    )


def _shadowable(function: Any) -> bool:
    """Whether a function with its owner's rights would find a session's temporary table before the real one."""
    settings = function.proconfig or []
    return function.prosecdef and not any(item.startswith("search_path=") and "pg_temp" in item for item in settings)


def damage(engine: Engine) -> list[str]:
    """What the database itself finds wrong with its file and its references; empty if nothing. PostgreSQL: empty."""
    if engine.dialect.name != "sqlite":
        return []
    with engine.connect() as connection:
        found = [str(row[0]) for row in connection.execute(text("PRAGMA integrity_check(20)")) if row[0] != "ok"]
        found += [f"{row[0]} {row[1]} → {row[2]}" for row in connection.execute(text("PRAGMA foreign_key_check"))]
    return found
