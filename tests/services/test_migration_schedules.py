"""Scheduled payments of an older store, with what became of their dates, survive the new form of their table."""

from __future__ import annotations

from datetime import date

from sqlalchemy import inspect

from data.engine import writing
from data.schema import HEAD, upgrade_connection
from services.schedule_runs import run_due
from tests.services.plans import PlanDesk
from tests.services.world import World


def test_schedules_and_their_dates_stay(world: World) -> None:
    desk = PlanDesk(world)
    desk.create(first_on=date(2026, 11, 30))
    desk.create(first_on=date(2026, 12, 1), amount=5_00)
    desk.on(date(2026, 11, 30))
    assert run_due(world.uow) == 1
    before = [world.rows(f"SELECT * FROM {table} ORDER BY 1") for table in ("schedule", "schedule_run")]
    indexes = {index["name"] for index in inspect(world.engine).get_indexes("schedule")}
    world.change("UPDATE alembic_version SET version_num = '0007'")
    with writing(world.engine).begin() as connection:
        upgrade_connection(connection, "0008")
    world.change("UPDATE alembic_version SET version_num = :head", head=HEAD)
    world.engine.dispose()
    assert [world.rows(f"SELECT * FROM {table} ORDER BY 1") for table in ("schedule", "schedule_run")] == before
    assert {index["name"] for index in inspect(world.engine).get_indexes("schedule")} == indexes
    if world.dialect == "sqlite":
        assert world.rows("PRAGMA foreign_key_check") == []
    desk.on(date(2026, 12, 1))
    assert run_due(world.uow) == 1
