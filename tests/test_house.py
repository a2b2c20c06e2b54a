"""The house stands as it was drawn: imports run one way, start-up stays light, the rules hold.

Every rule is also shown a planted violation: a search that finds nothing anywhere proves nothing.
"""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from tests import house_rules as rules

HEAVY = (
    "sqlalchemy",
    "sqlmodel",
    "keyring",
    "argon2",
    "alembic",
    "httpx",
    "jinja2",
    "reportlab",
    "cryptography",
)
Rule = Callable[[str, str], list[str]]


# ---------------------------------------------------------------- imports


def lint_imports(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    program = "import sys; from importlinter.cli import lint_imports_command as run; run(sys.argv[1:])"
    command = [sys.executable, "-c", program, "--no-cache", *options]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


def test_import_contracts_are_kept() -> None:
    done = lint_imports(rules.ROOT)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "0 broken" in done.stdout


def test_import_contracts_see_a_planted_break(tmp_path: Path) -> None:
    for name, source in {"upper": "import lower", "lower": "import upper.app"}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "__init__.py").write_text(source if name == "upper" else "")
        (tmp_path / name / "app.py").write_text("" if name == "upper" else source)
    (tmp_path / ".importlinter").write_text(
        "[importlinter]\nroot_packages =\n  upper\n  lower\n"
        "[importlinter:contract:1]\nname = one way\ntype = layers\nlayers =\n  upper\n  lower\n"
    )
    done = lint_imports(tmp_path)
    assert done.returncode == 1 and "lower.app -> upper.app" in done.stdout, done.stdout + done.stderr


def loaded_by(statement: str, *names: str) -> list[str]:
    """Which of `names` a fresh process has loaded after `statement`."""
    program = f"import sys\n{statement}\nprint(*(n for n in {names!r} if n in sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], cwd=rules.ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


@pytest.mark.parametrize(
    ("module", "forbidden"),
    [
        ("coop_tui.app", HEAVY),
        ("coop_tui.cli", (*HEAVY, "textual", "rich")),
        ("coop_tui.settings", (*HEAVY, "textual", "rich", "dotenv")),
        ("data.secrets", (*HEAVY, "textual", "rich")),
    ],
)
def test_start_up_is_light(module: str, forbidden: tuple[str, ...]) -> None:
    assert loaded_by(f"import {module}", *forbidden) == []


#: All of the house that the first paint may wait for; each module costs every start about half a millisecond.
BEFORE_THE_FIRST_PAINT = """
    coop_tui coop_tui.app coop_tui.base_app coop_tui.cli coop_tui.commands coop_tui.commands.line
    coop_tui.commands.program coop_tui.commands.staff coop_tui.environment coop_tui.faults coop_tui.key_gate
    coop_tui.logs coop_tui.recorded_app coop_tui.session_app coop_tui.settings coop_tui.themes
    coop_tui.themes.house coop_tui.use_cases coop_tui.warm_up coop_tui.working_app
    screens screens.base screens.door screens.flow screens.sign_in screens.staff_shell
    widgets widgets.command widgets.command_bar widgets.fields widgets.house_input widgets.keys widgets.message_line
    widgets.secret_input widgets.shell widgets.text widgets.top_bar widgets.unrecorded
    services services.errors services.text_cleaning
    data data.values data.values.dates data.values.errors data.values.text data.values.typed data.version
"""
NOT_BEFORE_THE_FIRST_PAINT = (*HEAVY, "argparse", "hashlib", "secrets", "email", "tomllib")


def test_first_paint_waits_for_what_it_shows_alone(tmp_path: Path) -> None:
    """The program as the user starts it, up to the refresh that paints the front door."""
    (tmp_path / ".env").write_text("COOP_STORE_ID=00000000-0000-4000-8000-000000000000\n")
    program = f"""
import asyncio, gc, sys
from coop_tui import app, cli
from screens.sign_in import SignIn
loaded = []
def painted(screen):
    loaded.extend([*sys.modules, "collecting" if gc.isenabled() else "resting"])
    screen.app.exit()
def without_a_terminal(staff_app):
    asyncio.run(staff_app.run_async(headless=True, size=(80, 24)))
    return 0
SignIn.follow_store, app.run_app = painted, without_a_terminal
cli.main(["--data", {str(tmp_path)!r}])
print(*loaded)
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=rules.ROOT, capture_output=True, text=True, check=False)
    loaded = set(done.stdout.split())
    assert {"screens.sign_in", "resting"} <= loaded, done.stderr
    rooms = {"coop_tui", "screens", "widgets", "services", "data"}
    assert {name for name in loaded if name.split(".")[0] in rooms} - set(BEFORE_THE_FIRST_PAINT.split()) == set()
    assert loaded.intersection(NOT_BEFORE_THE_FIRST_PAINT) == set()


def test_start_up_check_sees_a_planted_import() -> None:
    assert loaded_by("import sqlalchemy", *HEAVY) == ["sqlalchemy"]


@pytest.mark.parametrize("package", ["services", "data"])
def test_lower_rooms_load_no_screen(package: str) -> None:
    modules = [path.removesuffix(".py").replace("/", ".") for path, _ in rules.sources(".py", packages=(package,))]
    wanted = [module.removesuffix(".__init__") for module in modules if not module.startswith("data.migrations.")]
    statement = "import importlib\n" + "\n".join(f"importlib.import_module({module!r})" for module in wanted)
    assert loaded_by(statement, "textual", "rich", "screens", "widgets", "coop_tui") == []


# ---------------------------------------------------------------- the project against the rules


def violations(rule: Rule, files: list[tuple[str, str]]) -> list[str]:
    assert files, "no files to look at"
    return [line for path, source in files for line in rule(path, source)]


def test_money_knows_no_float() -> None:
    services = list(rules.sources(".py", packages=("services",)))
    money = [file for file in rules.sources(".py", packages=("data",)) if file[0] == "data/values/money.py"]
    assert money, "data/values/money.py is not there"
    assert violations(rules.float_money, services + money) == []


def test_no_sql_that_drops_or_replaces_rows() -> None:
    assert violations(rules.replacing_sql, list(rules.sources(".py", ".sql"))) == []


def test_sql_has_parameters() -> None:
    assert violations(rules.built_sql, list(rules.sources(".py"))) == []


def test_sql_allowances_are_still_needed() -> None:
    there = dict(rules.sources(".py"))
    assert set(rules.SQL_TEXT_ALLOWED) <= set(there)


def test_no_path_of_a_machine() -> None:
    files = [file for file in rules.project_texts() if file[0] not in ("tests/house_rules.py", "tests/test_house.py")]
    assert violations(rules.machine_paths, files) == []


def test_files_and_functions_fit_in_the_head() -> None:
    found = violations(rules.long_code, [file for file in rules.sources(".py") if "/migrations/" not in file[0]])
    assert found == [], "\n".join(found)


# ---------------------------------------------------------------- the rules against planted violations

PLANTED: list[tuple[Rule, str, str]] = [
    (rules.float_money, "services/transfers.py", "amount = float(text)"),
    (rules.float_money, "services/transfers.py", "half = amount / 2"),
    (rules.float_money, "services/transfers.py", "amount /= 2"),
    (rules.float_money, "data/values/money.py", "rate = 0.07"),
    (rules.float_money, "data/values/money.py", "def f(x: float) -> None: ..."),
    (rules.replacing_sql, "data/ledger.py", 'run("insert or  ignore into entry values (1)")'),
    (rules.replacing_sql, "data/ledger.py", 'insert(entry).prefix_with("OR REPLACE")'),
    (rules.replacing_sql, "data/sql/ledger.sql", "REPLACE INTO entry VALUES (1);"),
    (rules.built_sql, "services/find.py", 'session.execute(text(f"select {column} from member"))'),
    (rules.built_sql, "services/find.py", 'connection.exec_driver_sql("select %s" % column)'),
    (rules.built_sql, "services/find.py", 'text("select {}".format(column))'),
    (rules.built_sql, "services/find.py", 'text("select " + column + " from member")'),
    (rules.built_sql, "services/find.py", 'def f(c):\n    q = f"select {c}"\n    return run.execute(q)'),
    (rules.machine_paths, "docs/guide.md", "see /home/" + "ana/coop"),
    (rules.machine_paths, "docs/guide.md", "C:\\" + "Users\\ana"),
    (rules.long_code, "services/a.py", "\n" * 351),
    (rules.long_code, "services/a.py", "def f():\n" + "    x = 1\n" * 60),
]
HARMLESS: list[tuple[Rule, str, str]] = [
    (
        rules.float_money,
        "services/mail.py",
        'spool = folder / "new"\nother = base_dir / name / more\nn = 7 // 2',
    ),
    (
        rules.replacing_sql,
        "data/ledger.py",
        '"""Never INSERT OR IGNORE."""\nx = "CREATE OR REPLACE FUNCTION f()"',
    ),
    (rules.replacing_sql, "data/sql/a.sql", "-- never INSERT OR IGNORE\nCREATE OR REPLACE FUNCTION f();"),
    (rules.built_sql, "services/find.py", 'session.execute(text("select 1 where id = :id"), {"id": name})'),
    (
        rules.built_sql,
        "services/find.py",
        'text("select 1 " "from member")\nlog(f"{x}")\nexecute(select(a + b))',
    ),
    (rules.machine_paths, "docs/guide.md", "~/.config/coop-tui, https://example.com/work/x, framework/home"),
    (rules.long_code, "services/a.py", "def f():\n" + "    x = 1\n" * 59),
]


@pytest.mark.parametrize(("rule", "path", "source"), PLANTED)
def test_rule_sees_a_planted_violation(rule: Rule, path: str, source: str) -> None:
    assert rule(path, textwrap.dedent(source))


@pytest.mark.parametrize(("rule", "path", "source"), HARMLESS)
def test_rule_lets_good_code_pass(rule: Rule, path: str, source: str) -> None:
    assert rule(path, textwrap.dedent(source)) == []
