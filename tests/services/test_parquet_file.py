"""The Parquet that we write is read back by DuckDB, which shares no line with the writer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services import parquet_file
from services.audit_export_files import COLUMNS
from services.parquet_file import ParquetColumn, write_parquet
from tests.services.test_audit_export import auditor, export, some
from tests.services.world import World

duckdb = pytest.importorskip("duckdb", reason="the reader stands in the dev group: uv sync --group dev")

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
ROWS = st.lists(st.tuples(st.integers(-(2**63), 2**63 - 1), TEXTS, TEXTS), max_size=20)
TWO = (ParquetColumn("numero", whole=True), ParquetColumn("uno"), ParquetColumn("otro ñ"))


def read(path: Path) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Names of the columns and the rows, as the reader has them."""
    with duckdb.connect() as connection:
        found = connection.execute("SELECT * FROM read_parquet(?)", [str(path)])
        return [column[0] for column in found.description], found.fetchall()


@given(ROWS, st.integers(1, 7))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_is_written_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: list[tuple[int, str, str]], group: int
) -> None:
    monkeypatch.setattr(parquet_file, "GROUP_ROWS", group)
    path = tmp_path / "x.parquet"
    with path.open("wb") as file:
        assert write_parquet(file, TWO, iter(rows)) == len(rows)
    assert read(path) == (["numero", "uno", "otro ñ"], rows)


def test_the_same_rows_are_the_same_bytes(tmp_path: Path) -> None:
    made = []
    for name in ("a", "b"):
        with (tmp_path / name).open("wb") as file:
            write_parquet(file, TWO, iter([(1, "x", "y")] * 30_000))
        made.append((tmp_path / name).read_bytes())
    assert made[0] == made[1] and len(read(tmp_path / "a")[1]) == 30_000


def test_an_audit_export_holds_the_sealed_bytes(world: World, tmp_path: Path) -> None:
    reader = auditor(world)
    some(world)
    done = export(world, reader, tmp_path, "parquet")
    names, rows = read(done.path)
    assert names == [*COLUMNS, "cuerpo"] and len(rows) == done.rows > 0
    bodies = {row["seq"]: row["body"] for row in world.rows(
        "SELECT s.seq, e.body FROM audit_event e JOIN audit_seal s ON s.event_id = e.id")}  # fmt: skip
    for row in rows:
        assert row[-1] == bodies[row[0]]
        assert row[names.index("agente")] == "mrodriguez"
