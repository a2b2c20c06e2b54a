"""Imports: all or nothing, again without change, continued by a later file; balances checked against the bank's own."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path

import pytest
from sqlalchemy import text

from data.secrets import Hasher, Secrets
from data.values.money import Money
from services.errors import NotPermitted
from services.imports import (
    ImportBusy,
    ImportCancelled,
    ImportFiles,
    ImportRefused,
    ImportResult,
    Progress,
    import_files,
)
from services.ledger_check import check
from services.operator import Role, system_operator
from tests.services.world import World

EXTRACT = Path(__file__).resolve().parent.parent / "data" / "extract"
WHOLE = Path(__file__).resolve().parents[2].parent / "shared" / "data"
FIRST = ("movimientos.csv", "socios.csv", "cuentas.csv")
CONSOLE = system_operator("import.run")
TABLES = ("member", "account", "operation", "transfer", "entry", "name_token", "name_variant", "imported_file")

MEMBERS = """numero,tipo,cedula,nombres,apellidos,fecha_nacimiento,correo,celular,sucursal
50001,asociado,8-740-100,Rosa,Muñoz Carrizo,13/12/1970,rosa@example.com,6198-2829,018
50002,tercero,3-365-101,Rolando,Ábrego,04/02/1945,,,001
"""
ACCOUNTS = """cuenta,socio,producto,apertura
06-018-50001-1,50001,AHORROS,26/02/1993
06-001-50002-1,50002,AHORROS,26/02/1993
"""
HEADER = "referencia,cuenta,fecha,sentido,monto,saldo\n"
MOVEMENTS = """referencia,cuenta,fecha,sentido,monto,saldo
1,06-018-50001-1,01/03/1993,credito,100.00,100.00
2,06-001-50002-1,01/03/1993,credito,50.00,50.00
3,06-018-50001-1,02/03/1993,debito,130.50,-30.50
4,06-018-50001-1,03/03/1993,credito,10.00,-20.50
"""


def run(world: World, paths: Iterable[Path]) -> ImportResult:
    return import_files(ImportFiles(tuple(paths)), CONSOLE, world.uow)


def write(folder: Path, **contents: str) -> list[Path]:
    """Files named after their kind."""
    for name, content in contents.items():
        (folder / f"{name}.csv").write_text(content, "utf-8")
    return [folder / f"{name}.csv" for name in contents]


def small(world: World, folder: Path) -> ImportResult:
    return run(world, write(folder, movimientos=MOVEMENTS, cuentas=ACCOUNTS, socios=MEMBERS))


def refused(world: World, paths: Iterable[Path]) -> list[str]:
    """What was said; nothing may have changed."""
    before = counts(world)
    with pytest.raises(ImportRefused) as found:
        run(world, paths)
    assert counts(world) == before
    return [str(problem) for problem in found.value.problems]


def counts(world: World) -> dict[str, int]:
    return {table: world.scalar(f"SELECT count(*) FROM {table}") for table in TABLES}


def balances(world: World) -> dict[str, int]:
    rows = world.rows("SELECT number, balance FROM account WHERE member_id IS NOT NULL")
    return {row["number"]: row["balance"] for row in rows}


def last_balances(*paths: Path) -> dict[str, int]:
    """The bank's own last `saldo` of every account, in centésimos."""
    found: dict[str, int] = {}
    for path in paths:
        with path.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                found[row["cuenta"]] = Money.from_file(row["saldo"]).centesimos
    return found


# ---------------------------------------------------------------- the extract of real figures


def test_the_extract_and_the_file_that_continues_it(world: World) -> None:
    first = run(world, [EXTRACT / name for name in FIRST])
    assert [file.added for file in first.files] == [2003, 60, 54]
    bank = last_balances(EXTRACT / "movimientos.csv")
    assert {number: held for number, held in balances(world).items() if number in bank} == bank
    assert world.scalar("SELECT count(*) FROM entry WHERE balance_after < 0") == 12
    assert world.scalar("SELECT count(*) FROM account WHERE affiliated_at IS NULL AND member_id IS NOT NULL") == 0
    assert world.scalar("SELECT count(DISTINCT member_id) FROM name_token") == 60

    later = run(world, [EXTRACT / "movimientos_2.csv"])
    assert [(file.added, file.unchanged) for file in later.files] == [(354, 0)]
    bank = last_balances(EXTRACT / "movimientos.csv", EXTRACT / "movimientos_2.csv")
    assert balances(world) == bank
    assert check(world.uow) == ()


def test_the_same_files_again_change_nothing(world: World, tmp_path: Path) -> None:
    run(world, [EXTRACT / name for name in FIRST])
    before, held = counts(world), balances(world)
    again = run(world, [EXTRACT / name for name in FIRST])
    assert all(file.skipped and file.added == 0 for file in again.files)
    assert (counts(world), balances(world)) == (before, held)
    # The same rows in other bytes: read, compared, left as they are.
    paths = []
    for name in FIRST:
        content = (EXTRACT / name).read_text("utf-8")
        (tmp_path / name).write_bytes(content.replace("\n", "\r\n").encode())
        paths.append(tmp_path / name)
    again = run(world, paths)
    assert [(file.added, file.unchanged) for file in again.files] == [(0, 2003), (0, 60), (0, 54)]
    assert counts(world) == before | {"imported_file": before["imported_file"] + 3}


@pytest.mark.skipif(not WHOLE.is_dir(), reason="the whole files lie beside the project only where it is developed")
@pytest.mark.timeout(300)
def test_the_whole_set(world: World) -> None:
    result = run(world, [WHOLE / name for name in FIRST])
    assert [file.added for file in result.files] == [27215, 5369, 1201]
    bank = last_balances(WHOLE / "movimientos.csv")
    assert balances(world) == {number: bank.get(number, 0) for number in balances(world)}
    assert check(world.uow) == ()


# ---------------------------------------------------------------- what becomes of rows


def test_rows_become_people_accounts_and_history(world: World, tmp_path: Path) -> None:
    small(world, tmp_path)
    assert balances(world) == {"06-018-50001-1": -2050, "06-001-50002-1": 5000}
    rosa, rolando = world.rows("SELECT * FROM member ORDER BY number")
    assert (rosa["phone"], rosa["email_since"]) == ("+50761982829", None)
    assert (rolando["kind"], rolando["email"]) == ("tercero", None)
    operation = world.rows("SELECT * FROM operation WHERE external_ref = 'mov:3'")[0]
    assert (operation["kind"], operation["member_id"]) == ("history", rosa["id"])
    assert str(operation["value_date"]) == "1993-03-02"
    assert world.scalar("SELECT count(*) FROM access") == 0
    control = world.rows("SELECT tracked, balance, label FROM account WHERE member_id IS NULL")
    assert [(bool(row["tracked"]), row["balance"], row["label"]) for row in control] == [(False, 0, "HISTORIA")]


def test_an_overdrawn_history_sinks_the_floor_and_no_deeper(world: World, tmp_path: Path) -> None:
    """The account stands at -20.50: nothing more may be taken out, and credits lift the floor back."""
    small(world, tmp_path)
    query = "SELECT min_balance FROM account WHERE number = '06-018-50001-1'"
    assert world.scalar(query) == -2050
    run(world, write(tmp_path, mas=f"{HEADER}5,06-018-50001-1,04/03/1993,credito,100,79.50\n"))
    assert world.scalar(query) == 0 and check(world.uow) == ()


def test_the_event_tells_files_hashes_and_rows(world: World, tmp_path: Path) -> None:
    result = small(world, tmp_path)
    (event,) = world.events("import.run")
    assert event["actor"] == "system" and event["result"] == "ok"
    told = {(file["name"], file["sha256"], file["rows"]) for file in event["detail"]["files"]}
    assert told == {(file.name, file.sha256, file.rows) for file in result.files}


def test_a_contact_changed_here_since_is_not_a_difference(world: World, tmp_path: Path) -> None:
    small(world, tmp_path)
    world.change("UPDATE member SET email = 'nueva@example.com' WHERE number = '50001'")
    paths = write(tmp_path, otra=MEMBERS + "50003,tercero,8-1-1,Eva,Ríos,04/02/1990,,,001\n")
    assert "correo" in refused(world, paths)[0]
    world.change(
        "INSERT INTO contact_change (id, member_id, field, old, new, state, requested_at, effective_at)"
        " SELECT 1, id, 'email', 'rosa@example.com', 'nueva@example.com', 'applied', :at, :at FROM member"
        " WHERE number = '50001'",
        at=world.clock.now() if world.dialect != "sqlite" else world.clock.now().isoformat(),
    )
    (file,) = run(world, paths).files
    assert (file.added, file.unchanged) == (1, 2)
    assert world.scalar("SELECT email FROM member WHERE number = '50001'") == "nueva@example.com"


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("kind", "line", "said"),
    [
        ("socios", "50001,asociado,8-740-100,Rosa,Muñoz,13/12/1970,rosa@example.com,6198-2829,018", "50001 ya está en"),
        ("socios", "50009,asociado,8-740-100,Eva,Ríos,13/12/1970,,,018", "la cédula ya es del socio 50001"),
        ("cuentas", "06-018-50001-1,50002,AHORROS,26/02/1993", "06-018-50001-1 ya está en"),
        ("cuentas", "06-018-50077-1,50077,AHORROS,26/02/1993", "el socio 50077 no existe"),
        ("movimientos", "3,06-018-50001-1,02/03/1993,debito,130.51,-30.51", "la referencia 3 ya está en"),
        ("movimientos", "9,06-018-50077-1,02/03/1993,debito,1.00,1.00", "la cuenta 06-018-50077-1 no existe"),
        ("movimientos", "9,06-018-50001-1,04/03/1993,credito,1.00,80.50", "dice 80.50 y según el saldo anterior"),
        ("movimientos", "9,CTL-HISTORIA,04/03/1993,credito,1.00,80.50", "Cuenta no válida"),
    ],
)
@pytest.mark.parametrize("stored", [False, True], ids=["one-call", "stored-before"])
def test_rows_that_contradict(world: World, tmp_path: Path, kind: str, line: str, said: str, stored: bool) -> None:
    texts = {"socios": MEMBERS, "cuentas": ACCOUNTS, "movimientos": MOVEMENTS}
    if stored:
        small(world, tmp_path)
        texts = {kind: texts[kind].splitlines(keepends=True)[0]}
    number = texts[kind].count("\n") + 1
    texts[kind] += line + "\n"
    (reason,) = refused(world, write(tmp_path, **texts))
    assert reason.startswith(f"{kind}.csv, línea {number}: ") and said in reason
    if "ya está en" in said:
        assert ("el almacén" if stored else f"{kind}.csv, línea ") in reason.split(": ", 1)[1]
    assert world.events("import.run")[-1]["result"] == "refused"


def test_all_or_nothing_over_all_files(world: World, tmp_path: Path) -> None:
    broken = MOVEMENTS.replace("130.50,-30.50", "130.50,-30.00")
    problems = refused(world, write(tmp_path, socios=MEMBERS, cuentas=ACCOUNTS, movimientos=broken))
    # The break is told where it is, and once more where the file's own figures go on from it.
    assert [problem.split(":")[0] for problem in problems] == ["movimientos.csv, línea 4", "movimientos.csv, línea 5"]
    assert counts(world) == dict.fromkeys(TABLES, 0)


def test_rows_in_another_order_are_seen(world: World, tmp_path: Path) -> None:
    lines = MOVEMENTS.splitlines()
    lines[3], lines[4] = lines[4], lines[3]
    assert refused(world, write(tmp_path, socios=MEMBERS, cuentas=ACCOUNTS, movimientos="\n".join(lines)))


def test_operations_made_here_are_named_when_a_later_file_ignores_them(world: World, tmp_path: Path) -> None:
    small(world, tmp_path)
    world.fund(world.scalar("SELECT id FROM account WHERE number = '06-001-50002-1'"), 100)
    later = f"{HEADER}7,06-001-50002-1,04/03/1993,credito,1.00,51.00\n"
    (reason,) = refused(world, write(tmp_path, mas=later))
    assert "debe ser 52.00" in reason and "operaciones hechas en este sistema" in reason


def test_fifty_errors_and_then_it_stops(world: World, tmp_path: Path) -> None:
    rows = "".join(f"5{n:04d},asociado,x,Rosa,Ríos,13/12/1970,,,018\n" for n in range(80))
    with pytest.raises(ImportRefused) as found:
        run(world, write(tmp_path, socios=MEMBERS + rows))
    assert len(found.value.problems) == 50 and found.value.cut
    assert "se detuvo" in found.value.user_text and "socios.csv, línea 4: cedula" in found.value.user_text


def test_two_files_of_one_name_and_the_same_file_twice(world: World, tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    (tmp_path / "a" / "socios.csv").write_text(MEMBERS, "utf-8")
    (tmp_path / "b" / "socios.csv").write_text(MEMBERS.replace("Rosa", "Rosalía"), "utf-8")
    problems = refused(world, [tmp_path / "a" / "socios.csv", tmp_path / "b" / "socios.csv"])
    assert problems == ["socios.csv (2), línea 2: el socio 50001 ya está en socios.csv, línea 2, con otros datos."]
    result = run(world, [tmp_path / "a" / "socios.csv"] * 2)
    assert [(file.added, file.skipped) for file in result.files] == [(2, False), (0, True)]


# ---------------------------------------------------------------- who, how far, and stopping


def test_only_administrators_import(world: World, tmp_path: Path) -> None:
    paths = tuple(write(tmp_path, socios=MEMBERS))
    for role in set(Role) - {Role.ADMINISTRATOR}:
        with pytest.raises(NotPermitted):
            import_files(ImportFiles(paths), world.staff(f"x{role.value}", [role]), world.uow)
    administrator = world.staff("amendoza", [Role.ADMINISTRATOR])
    assert import_files(ImportFiles(paths), administrator, world.uow).files[0].added == 2
    assert world.events("import.run")[-1]["actor"] == administrator.actor
    with pytest.raises(ImportRefused):
        import_files(ImportFiles(tuple(write(tmp_path, mal="a,b\n"))), administrator, world.uow)
    assert world.events("import.run")[-1]["reason"] == "import_refused"


def test_progress_runs_through_every_stage_to_its_end(sqlite_world: World) -> None:
    seen: list[Progress] = []
    paths = tuple(EXTRACT / name for name in FIRST)
    import_files(ImportFiles(paths), CONSOLE, sqlite_world.uow, progress=seen.append)
    last = {step.stage: (step.done, step.total) for step in seen}
    assert last["Socios"] == (60, 60) and last["Cuentas"] == (54, 54) and last["Movimientos"] == (2003, 2003)
    assert all(0 <= step.done <= step.total for step in seen)


def test_cancelled_at_any_step_nothing_stays(world: World) -> None:
    paths = tuple(EXTRACT / name for name in FIRST)
    steps: list[Progress] = []
    import_files(ImportFiles((paths[1],)), CONSOLE, world.uow)
    before = counts(world)
    for stop_at in (1, 4, 6, 9):
        asked: list[int] = []

        def cancelled(stop_at: int = stop_at, asked: list[int] = asked) -> bool:
            asked.append(1)
            return len(asked) == stop_at

        with pytest.raises(ImportCancelled) as found:
            import_files(ImportFiles(paths), CONSOLE, world.uow, progress=steps.append, cancelled=cancelled)
        assert "No se cambió nada" in found.value.user_text
        assert counts(world) == before
    assert {step.stage for step in steps} >= {"Cuentas", "Movimientos"}


@pytest.mark.postgresql
def test_two_imports_at_once_do_not_meet(
    postgresql_store_url: str, secrets: Secrets, hasher: Hasher, tmp_path: Path
) -> None:
    world = World(postgresql_store_url, secrets, hasher)
    try:
        with world.engine.connect() as other:
            other.execute(text("SELECT pg_advisory_xact_lock(7283462)"))
            with pytest.raises(ImportBusy):
                small(world, tmp_path)
        assert small(world, tmp_path).files[0].added == 4
    finally:
        world.close()
