"""`coop-tui demo` and `coop-tui import` as a person and as a script call them."""

from __future__ import annotations

import json
import signal
import threading
from pathlib import Path
from typing import Any

import pyotp
import pytest

from coop_tui.cli import main
from coop_tui.cli.demo import DEMO_POLICY, demo_policy
from data.secrets import Argon2Params, Hasher
from services.imports import Progress
from services.policy import load_policy

EXTRACT = Path(__file__).resolve().parent / "data" / "extract"
FILES = [str(EXTRACT / name) for name in ("movimientos.csv", "socios.csv", "cuentas.csv")]


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes at a cost for tests; the keys' own seal stays as it is."""
    monkeypatch.setattr("coop_tui.wiring.Hasher", lambda pepper: Hasher(pepper, Argon2Params(1, 8, 1)))


@pytest.fixture
def made(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    folder = tmp_path / "datos"
    assert main(["--data", str(folder), "init", "--yes"]) == 0
    capsys.readouterr()
    return folder


def test_import_prints_a_line_a_file_and_again_changes_nothing(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(made), "import", *FILES]) == 0
    shown = capsys.readouterr()
    assert "movimientos.csv: 2,003 filas importadas." in shown.out and shown.err == ""
    assert main(["--data", str(made), "--json", "import", *FILES]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert answer["ok"] and {file["skipped"] for file in answer["data"]["files"]} == {True}
    assert main(["--data", str(made), "ledger", "check"]) == 0


def test_refused_files_exit_1_with_line_and_reason(made: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--data", str(made), "import", FILES[0]]) == 1
    shown = capsys.readouterr()
    assert "movimientos.csv, línea 2: la cuenta" in shown.err and shown.out == ""
    assert main(["--data", str(made), "--json", "import", FILES[2]]) == 1
    answer = json.loads(capsys.readouterr().out)
    assert (answer["ok"], answer["error"], answer["cut"]) == (False, "import_refused", True)
    assert answer["problems"][0]["file"] == "cuentas.csv" and answer["problems"][0]["line"] == 2
    with pytest.raises(SystemExit) as usage:
        main(["--data", str(made), "import"])
    assert usage.value.code == 2


def test_ctrl_c_takes_everything_back(
    made: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(progress: Progress) -> None:
        if progress.stage == "Movimientos" and progress.done:
            signal.raise_signal(signal.SIGINT)

    before = signal.getsignal(signal.SIGINT)
    with monkeypatch.context() as patch:
        patch.setattr("coop_tui.cli.imports._silent", interrupted)
        assert main(["--data", str(made), "import", *FILES]) == 1
    assert "Importación cancelada. No se cambió nada." in capsys.readouterr().err
    assert signal.getsignal(signal.SIGINT) is before
    assert main(["--data", str(made), "--json", "import", *FILES]) == 0
    answer = json.loads(capsys.readouterr().out)
    assert [file["added"] for file in answer["data"]["files"]] == [2003, 60, 54]


def test_a_bar_is_drawn_for_who_looks_on(
    made: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True, raising=False)
    assert main(["--data", str(made), "import", *FILES]) == 0
    drawn = capsys.readouterr().err
    assert "Movimientos" in drawn and "100 %  2,003 de 2,003" in drawn
    assert drawn.endswith("\r") and "\n" not in drawn and all(len(part) <= 78 for part in drawn.split("\r"))


def test_import_in_a_thread_that_takes_no_signals_is_no_matter(made: Path) -> None:
    codes: list[int] = []
    thread = threading.Thread(target=lambda: codes.append(main(["--data", str(made), "import", FILES[1]])))
    thread.start()
    thread.join()
    assert codes == [0]


def test_demo_is_made_once_in_its_own_folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "demo"
    assert main(["--data", str(folder), "demo", "--no-app"]) == 0
    first = capsys.readouterr().out
    assert "mrodriguez" in first and "solo-para-demostracion" in first and "Doña Berta" in first
    assert sorted(path.name for path in folder.iterdir() if path.is_dir()) in (["llaves"], [])
    (folder / "policy.toml").write_text(f"{DEMO_POLICY}\n", "utf-8")  # as an older program left it: rows are missing
    assert main(["--data", str(folder), "demo", "--no-app"]) == 0
    assert capsys.readouterr().out == first
    assert main(["--data", str(folder), "ledger", "check"]) == 0
    capsys.readouterr()
    assert main(["--data", str(folder), "demo", "--sheet"]) == 0
    assert "40026" in capsys.readouterr().out


def test_demo_prints_codes_for_who_has_a_second_factor(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = ["--data", str(tmp_path / "demo"), "--json", "demo"]
    assert main([*data, "--code", "bquintero"]) == 0
    answer: dict[str, Any] = json.loads(capsys.readouterr().out)["data"]
    assert pyotp.TOTP(answer["secret"]).verify(answer["code"], valid_window=1)
    assert main([*data, "--code", "mrodriguez"]) == 2
    assert main([*data, "--code", "nadie"]) == 2


def test_demo_leaves_a_real_store_and_another_database_alone(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["--data", str(made), "demo", "--no-app"]) == 1
    assert "es una cooperativa real" in capsys.readouterr().err
    assert not (made / "policy.toml").exists()
    monkeypatch.setenv("COOP_DATABASE_URL", "postgresql+psycopg://u@localhost/x")
    assert main(["--data", str(tmp_path / "otra"), "demo", "--no-app"]) == 1
    assert "Quite COOP_DATABASE_URL" in capsys.readouterr().err
    assert not (tmp_path / "otra").exists()


def test_the_demos_policy_is_the_shipped_one_without_enrolment(tmp_path: Path) -> None:
    shipped = Path(__file__).resolve().parents[1] / "data" / "catalog" / "policy.toml"
    (tmp_path / "policy.toml").write_text(demo_policy(shipped.read_text("utf-8")), "utf-8")
    demo, real = load_policy(tmp_path / "policy.toml"), load_policy()
    assert demo.session.second_factor_roles == () and real.session.second_factor_roles != ()
    assert (demo.operations, demo.lookup, demo.limits) == (real.operations, real.lookup, real.limits)
