"""`privacy …` and `report …` as scripts call them: both registers, the hand-over, the end of the day."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest
from sqlalchemy import text

from coop_tui.cli.demo import demo_policy
from data.engine import writing
from tests.journeys.test_cli import ADMINISTRATOR, Console, made

pytestmark = pytest.mark.timeout(400)


def supervised(folder: Path) -> tuple[Console, str]:
    """A store whose first administrator supervises, too; and the number of a member of it."""
    console = made(folder)
    policy = console.data / "policy.toml"
    policy.write_text(demo_policy((files("data") / "catalog" / "policy.toml").read_text("utf-8")), "utf-8")
    policy.chmod(0o600)
    with console.store() as uow, writing(uow.engine).begin() as connection:
        connection.execute(text("UPDATE staff SET roles = 'administrador supervisor' WHERE username = 'rsanjur'"))
        number = str(connection.execute(text("SELECT number FROM member LIMIT 1")).scalar_one())
    return console, number


@pytest.mark.thorough
def test_requests_and_breaches(tmp_path: Path) -> None:
    console, number = supervised(tmp_path)

    def run(*words: str, code: int = 0) -> object:
        done = console.run("--json", "privacy", *words, "--as", "rsanjur", password=ADMINISTRATOR)
        assert done.code == code, done
        return done.answer["data"] if code == 0 else None

    row = run("register", "--number", number, "--kind", "acceso", "--text", "Quiere copia de todo")
    assert isinstance(row, dict) and row["number"] == number and row["state"] == "registered"
    run("register", "--number", number, "--kind", "acceso", "--text", "x", "--received", "31/02/2026", code=2)
    run("attend", row["request_id"], "--note", "Se reúne lo que pidió")
    given = run("export", row["request_id"], "--folder", str(tmp_path))
    assert isinstance(given, dict)
    assert json.loads(Path(given["path"]).read_text("utf-8"))["persona"][0]["number"] == number
    run("close", row["request_id"], "--outcome", "granted", "--reason", "Se le entregó la copia")
    run("close", row["request_id"], "--outcome", "denied", "--reason", "Otra cosa mejor", code=1)
    assert run("requests") == [] and len(run("requests", "--all")) == 1  # type: ignore[arg-type]
    breach = run("breach", "--nature", "Correo a quien no era", "--exposed", "Nombres")
    assert isinstance(breach, dict) and breach["late"] is False
    run("breach-step", breach["breach_id"], "--state", "closed", "--note", "Sin más que hacer", code=1)
    run("breach-step", breach["breach_id"], "--state", "updated", "--note", "No salió nada", "--no-risk")
    run("breach-step", breach["breach_id"], "--state", "closed", "--note", "Sin más que hacer")
    assert run("breaches") == []


@pytest.mark.thorough
def test_the_end_of_the_day(tmp_path: Path) -> None:
    console, _ = supervised(tmp_path)
    words = ("report", "cierre", "--as", "rsanjur")
    told = console.run("--json", *words, password=ADMINISTRATOR)
    assert told.code == 0 and told.answer["data"]["sections"][0]["title"] == "Estado al cierre", told
    plain = console.run(*words, "--period", "01/11/2026", password=ADMINISTRATOR)
    assert plain.code == 0 and "Libro mayor\t0\t—\tCuadra" in plain.out, plain
    saved = console.run("--json", *words, "--format", "pdf", "--folder", str(tmp_path), password=ADMINISTRATOR)
    assert saved.code == 0 and Path(saved.answer["data"]["path"]).read_bytes().startswith(b"%PDF"), saved
    assert console.run(*words, "--period", "2026-9", password=ADMINISTRATOR).code == 2
    assert console.run(*words, "--period", "2026-2", password=ADMINISTRATOR).code == 1
