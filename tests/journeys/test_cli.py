"""The command line as scripts call it: a process of its own, exit codes, JSON, passwords from anywhere but argv."""

from __future__ import annotations

import json
import os
import shutil
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from typing import Any

import pyotp
import pytest

from coop_tui.cli.demo import demo_policy
from coop_tui.settings import load_settings
from coop_tui.wiring import open_store
from data.secrets import Secret
from services import outbox
from services.errors import CoopError
from services.operator import system_operator
from services.staff_sessions import SignIn, sign_in
from services.unit_of_work import UnitOfWork

pytestmark = pytest.mark.timeout(400)  # many processes, on a busy machine

ROOT = Path(__file__).resolve().parents[2]
EXTRACT = ROOT / "tests" / "data" / "extract"
FILES = [str(EXTRACT / name) for name in ("socios.csv", "cuentas.csv", "movimientos.csv")]
ADMINISTRATOR = "molino-ventana-cobre-ladera"
DEPUTY = "cascada-tinta-barro-nube"
CASHIER = "canoa-ceniza-farol-limite"


@dataclass(frozen=True)
class Done:
    """How a call ended."""

    code: int
    out: str
    err: str

    @property
    def answer(self) -> Any:
        """The JSON on standard output."""
        return json.loads(self.out)


@dataclass(frozen=True)
class Console:
    """Somebody at the machine's own console, with a home of their own."""

    home: Path
    data: Path

    @property
    def environ(self) -> dict[str, str]:
        """No keyring service, no settings of the developer's, a width to print into."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("COOP_", "XDG_"))}
        return kept | {
            "HOME": str(self.home),
            "DBUS_SESSION_BUS_ADDRESS": f"unix:path={self.home}/no-bus",
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTHONIOENCODING": "utf-8",
        }

    def run(self, *words: str, password: str | None = None, data: Path | None = None, stdin: str = "") -> Done:
        """`coop-tui --data … words`; a password goes in by a descriptor."""
        options, descriptors = list(words), ()
        if password is not None:
            reading, writing = os.pipe()
            os.write(writing, password.encode() + b"\n")
            os.close(writing)
            options += ["--password-fd", str(reading)]
            descriptors = (reading,)
        command = [sys.executable, "-m", "coop_tui", "--data", str(data or self.data), *options]
        try:
            done = subprocess.run(
                command,
                cwd=ROOT,
                env=self.environ,
                pass_fds=descriptors,
                input=stdin,
                capture_output=True,
                encoding="utf-8",
                timeout=100,
                check=False,
            )
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        return Done(done.returncode, done.stdout, done.stderr)

    @contextmanager
    def store(self) -> Iterator[UnitOfWork]:
        """The store, opened here with the keys that the console's home holds."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("HOME", str(self.home))
            for name in [name for name in os.environ if name.startswith("XDG_")]:
                patch.delenv(name)
            uow = open_store(load_settings(self.data))
            try:
                yield uow
            finally:
                uow.engine.dispose()


def made(folder: Path) -> Console:
    """A store with its first administrator and the extract's members; no role has to enrol a second factor."""
    console = Console(folder / "casa", folder / "datos")
    console.home.mkdir()
    done = console.run("--json", "init", "--yes")
    assert done.code == 0 and done.answer["ok"], done
    assert done.answer["data"]["data_dir"] == str(console.data)
    shipped = (files("data") / "catalog" / "policy.toml").read_text("utf-8")
    policy = console.data / "policy.toml"
    policy.write_text(demo_policy(shipped), "utf-8")
    policy.chmod(0o600)
    first = ("staff", "add", "rsanjur", "--first", "--name", "Rita Sanjur")
    assert console.run(*first, password=ADMINISTRATOR).code == 0
    assert console.run("import", *FILES).code == 0
    return console


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Console:
    """One store for the tests that leave it as it was."""
    return made(tmp_path_factory.mktemp("consola"))


def another(console: Console, folder: Path) -> Console:
    """A copy of the store, for a test that changes it."""
    shutil.copytree(console.data, folder / "datos")
    return Console(console.home, folder / "datos")


def test_wrong_usage_exits_2(tmp_path: Path) -> None:
    console = Console(tmp_path, tmp_path / "datos")
    for words in (("vuela",), ("staff", "add", "x"), ("import",), ("audit",), ("find", "50012", "--password", "x")):
        done = console.run(*words)
        assert done.code == 2 and done.out == "" and done.err, words
    done = console.run("init")  # nobody to ask
    assert done.code == 2 and "--yes" in done.err and not console.data.exists()


def test_without_a_store_everything_says_how_to_make_one(tmp_path: Path) -> None:
    (tmp_path / "vacia").mkdir(mode=0o700)
    for folder, code in (("nada", "settings"), ("vacia", "store_not_ready")):
        console = Console(tmp_path, tmp_path / folder)
        for words in (("ledger", "check"), ("worker", "--once")):
            done = console.run("--json", *words)
            assert done.code == 1, words
            assert (done.answer["ok"], done.answer["error"]) == (False, code)
            assert "coop-tui init" in done.answer["message"] and "Traceback" not in done.err


def test_a_second_init_or_first_administrator_is_refused(shared: Console) -> None:
    assert shared.run("init", "--yes").code == 1
    again = shared.run("staff", "add", "otra", "--first", "--name", "Otra Persona", password=ADMINISTRATOR)
    assert again.code == 1 and "Ya hay personal" in again.err


def test_importing_again_changes_nothing(shared: Console) -> None:
    done = shared.run("--json", "import", *FILES)
    assert done.code == 0 and all(file["skipped"] for file in done.answer["data"]["files"])
    assert shared.run("--json", "ledger", "check").answer["data"] == []


@pytest.mark.thorough
def test_people_come_work_and_go(shared: Console) -> None:
    """An administrator adds a cashier, who chose a password at the desk, searches, and is disabled."""
    add = ("--json", "staff", "add", "lbatista", "--name", "Luis Batista", "--role", "cajero", "--branch", "018")
    assert shared.run(*add, password="equivocada-del-todo-hoy").code == 2, "no --as"
    refused = shared.run(*add, "--as", "rsanjur", password="equivocada-del-todo-hoy")
    assert refused.code == 1 and refused.answer["error"] == "sign_in_refused", refused
    second = ("--json", "staff", "add", "dluna", "--second", "--name", "Delia Luna", "--role", "administrador")
    deputy = shared.run(*second, "--as", "rsanjur", password=ADMINISTRATOR)
    choose(shared, "dluna", deputy.answer["data"]["temporary_password"], DEPUTY)
    assert shared.run(*second, "--as", "rsanjur", password=ADMINISTRATOR).answer["error"] == "not_permitted"
    asked = shared.run(*add, "--as", "rsanjur", password=ADMINISTRATOR)
    assert asked.code == 0, asked
    temporary = approved(shared, asked)
    find = ("--json", "find", "50012", "--as", "lbatista")
    early = shared.run(*find, password=temporary)
    assert early.code == 1 and early.answer["error"] == "setup_needed"  # a temporary password opens nothing
    choose(shared, "lbatista", temporary, CASHIER)
    found = shared.run(*find, password=CASHIER)
    assert found.code == 0 and [hit["number"] for hit in found.answer["data"]] == ["50012"]
    assert "Pérez" not in found.out and "11-514-111" not in found.out  # masked here too
    nobody = shared.run("find", "99999", "--as", "lbatista", password=CASHIER)
    assert nobody.code == 1 and nobody.out == "" and "Traceback" not in nobody.err
    reset = ("--json", "staff", "reset", "lbatista", "--as", "rsanjur", "--reason", "Olvidó su contraseña")
    again = shared.run(*reset, password=ADMINISTRATOR)
    assert shared.run(*find, password=CASHIER).code == 0  # nothing changes until somebody else approves
    assert approved(shared, again) != temporary
    assert shared.run(*find, password=CASHIER).code == 1
    disable = ("staff", "disable", "lbatista", "--as", "rsanjur", "--reason", "Salida de personal")
    assert shared.run(*disable, password=ADMINISTRATOR).code == 0
    assert shared.run(*disable, password=ADMINISTRATOR).code == 1  # it is so already
    people = shared.run("staff", "list", "--as", "rsanjur", password=ADMINISTRATOR)
    assert people.code == 0 and "lbatista" in people.out


def approved(console: Console, asked: Done) -> str:
    """The other person reads what was proposed, refuses to be hurried, and approves; the whole temporary password."""
    data = asked.answer["data"]
    words = ("--json", "staff", "approve", data["proposal"], "--as")
    own = console.run(*words, "rsanjur", "--hash", "0" * 64, password=ADMINISTRATOR)
    assert own.answer["error"] == "not_permitted", own
    hurried = console.run(*words, "dluna", "--hash", "0" * 64, password=DEPUTY)
    assert hurried.answer["error"] == "data_changed", hurried
    shown = console.run(*words, "dluna", password=DEPUTY).answer["data"]["hash"]
    done = console.run(*words, "dluna", "--hash", shown, password=DEPUTY)
    assert done.code == 0, done
    return f"{data['first_half']}-{done.answer['data']['second_half']}"


def test_the_policy_is_shown_checked_and_left_for_the_shipped_one(shared: Console, tmp_path: Path) -> None:
    """The file in the data folder was the first version; from then on it says nothing."""
    console = another(shared, tmp_path)
    shown = console.run("policy", "show")
    assert shown.code == 0 and shown.out == (console.data / "policy.toml").read_text("utf-8")
    own = console.data / "policy.toml"
    own.write_text(shown.out.replace("lock_minutes = 30", "lock_minutes = 0"), "utf-8")
    assert console.run("policy", "show").out == shown.out
    wrong = console.run("policy", "check", str(own))
    assert wrong.code == 1 and "Línea" in wrong.err and "lock_minutes" in wrong.err
    back = console.run("--json", "policy", "fallback", "--reason", "Nadie puede ingresar con la actual")
    assert back.code == 0, back
    assert console.run("policy", "show").out == (files("data") / "catalog" / "policy.toml").read_text("utf-8")


def choose(console: Console, username: str, current: str, new: str) -> None:
    """Choose one's own password, as the app's first screen does."""
    from services.staff_sessions import ChangePassword, change_password

    with console.store() as uow:
        operator = sign_in(SignIn(username, Secret(current), None, "T-1"), uow).operator
        change_password(ChangePassword(Secret(current), Secret(new)), operator, uow)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_a_password_file_is_read_only_if_nobody_else_can(shared: Console, tmp_path: Path) -> None:
    secret = tmp_path / "clave"
    secret.write_text(f"{ADMINISTRATOR}\n", "utf-8")
    words = ("--json", "staff", "list", "--as", "rsanjur", "--password-file", str(secret))
    secret.chmod(0o644)
    open_file = shared.run(*words)
    assert open_file.code == 1 and not open_file.answer["ok"] and ADMINISTRATOR not in open_file.out + open_file.err
    secret.chmod(0o600)
    assert shared.run(*words).code == 0
    assert shared.run("staff", "list", "--as", "rsanjur").code == 2  # no password from anywhere


@pytest.mark.thorough
def test_the_second_factor_is_the_files_second_line(tmp_path: Path) -> None:
    """By the shipped policy an administrator needs one, and works with it from the command line too."""
    console = Console(tmp_path / "casa", tmp_path / "datos")
    console.home.mkdir()
    assert console.run("init", "--yes").code == 0
    first = ("staff", "add", "rsanjur", "--first", "--name", "Rita Sanjur")
    assert console.run(*first, password=ADMINISTRATOR).code == 0
    people = ("--json", "staff", "list", "--as", "rsanjur")
    assert console.run(*people, password=ADMINISTRATOR).answer["error"] == "setup_needed"
    factor = ("--json", "staff", "factor", "--as", "rsanjur")
    offer = console.run(*factor, password=ADMINISTRATOR).answer["data"]
    phone, now = pyotp.TOTP(offer["secret"]), datetime.now(UTC)
    assert offer["secret"] in offer["uri"]
    confirmation = tmp_path / "confirmacion"
    confirmation.touch(0o600)
    for code, wanted in (("000000", 1), (phone.at(now, counter_offset=-1), 0)):
        confirmation.write_text(f"{offer['secret']}\n{code}\n", "utf-8")
        done = console.run(*factor, "--confirm-file", str(confirmation), password=ADMINISTRATOR)
        assert done.code == wanted and offer["secret"] not in done.out + done.err
    assert console.run(*people, password=ADMINISTRATOR).answer["error"] == "second_factor_needed"
    assert console.run(*people, password=f"{ADMINISTRATOR}\n{phone.at(now, counter_offset=1)}").code == 0


def test_the_trail_proves_itself_here_and_on_another_machine(shared: Console, tmp_path: Path) -> None:
    assert shared.run("audit", "checkpoint").code == 0
    here = shared.run("--json", "audit", "verify")
    assert here.code == 0 and here.answer["data"]["intact"] is True, here
    key = shared.run("audit", "public-key")
    assert key.code == 0 and key.out.startswith("-----BEGIN PUBLIC KEY-----")
    away = tmp_path / "auditor"
    away.mkdir()
    assert shared.run("db", "backup", str(away / "copia.db")).code == 0
    (away / "llave.pem").write_text(key.out, "ascii")
    (away / "puntos.jsonl").write_bytes((shared.data / "puntos-de-control.jsonl").read_bytes())
    auditor = Console(away, away / "nada")
    words = ("--public-key", str(away / "llave.pem"), "--checkpoints", str(away / "puntos.jsonl"))
    copy = ("audit", "verify", "--database", f"sqlite:///{away / 'copia.db'}")
    proven = auditor.run(*copy, *words)
    assert proven.code == 0 and "ntegra" in proven.out, proven
    assert auditor.run(*copy).code == 2  # the key is not in the copy
    days = auditor.run("--json", *copy, *words, "--since", "01/01/2020")
    assert days.code == 0 and days.answer["data"]["proof"]["events"] >= 2, days
    assert auditor.run(*copy, *words, "--since", "31/02/2026").code == 2
    assert auditor.run(*copy, *words, "--printed", "1 0123456789abcdef").code == 1
    assert auditor.run(*copy, *words, "--printed", "nada").code == 2
    point = json.loads((away / "puntos.jsonl").read_text("utf-8").splitlines()[-1])
    paper = ("audit", "printed", "--database", copy[3], *words)
    fits = auditor.run(*paper, f"{point['seq']}", point["head"][:16])
    assert fits.code == 0 and f"Coincide: evento {point['seq']}" in fits.out, fits
    assert auditor.run(*paper, f"{point['seq']}-0000-0000-0000-0000").code == 1
    assert auditor.run(*paper, "nada").code == 2
    assert shared.run("audit", "prove", "2", "--folder", str(away)).code == 0
    proof = ("audit", "check-proof", str(away / "prueba-evento-2.json"), "--public-key", str(away / "llave.pem"))
    checked = auditor.run("--json", *proof)
    assert checked.code == 0 and checked.answer["data"]["inclusion"]["seq"] == 2, checked
    (away / "prueba-evento-2.json").write_text("{}", "utf-8")
    assert auditor.run(*proof).code == 1
    with closing(sqlite3.connect(away / "copia.db")) as database:
        for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f'DROP TRIGGER "{trigger}"')
        edit = "UPDATE audit_event SET body = replace(body, 'rsanjur', 'rsanjux') WHERE body LIKE '%rsanjur%'"
        assert database.execute(edit).rowcount > 0
        database.commit()
    forged = auditor.run("--json", *copy, *words)
    assert forged.code == 1 and forged.answer["data"]["intact"] is False


def test_a_backup_of_a_working_store_is_whole_and_can_be_put_back(shared: Console, tmp_path: Path) -> None:
    console, copy = another(shared, tmp_path), tmp_path / "copia.db"
    with console.store() as uow, writing_all_the_time(uow) as written:
        done = console.run("--json", "db", "backup", str(copy))
        assert done.code == 0, done
        busy = console.run("db", "restore", str(copy), "--yes")
        assert busy.code == 1 and "Hay programas trabajando" in busy.err, busy
    assert written and copy.stat().st_mode & 0o077 == 0
    assert console.run("db", "backup", str(copy)).code == 1  # never over another
    broken = tmp_path / "rota.db"
    broken.write_bytes(copy.read_bytes()[:20_000])
    assert console.run("db", "restore", str(broken), "--yes").code == 1
    restored = console.run("--json", "db", "restore", str(copy), "--yes")
    assert restored.code == 0 and Path(restored.answer["data"]["kept"]).is_file(), restored
    for words in (("db", "check"), ("ledger", "check"), ("audit", "verify"), ("db", "upgrade")):
        done = console.run(*words)
        assert done.code == 0, (words, done)


@contextmanager
def writing_all_the_time(uow: UnitOfWork) -> Iterator[list[int]]:
    """Another desk at work: one commit after the other until the end."""
    stop, written = threading.Event(), list[int]()
    failed: list[CoopError] = []

    def work() -> None:
        try:
            while not stop.is_set():
                with uow.begin_system(system_operator("prueba")) as tx:
                    tx.record("case.flag", detail={"turn": len(written)})
                    tx.commit()
                written.append(len(written))
        except CoopError as error:
            failed.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield written
    finally:
        stop.set()
        thread.join()
    assert not failed, failed


def test_a_store_without_its_guards_fails_the_check(shared: Console, tmp_path: Path) -> None:
    console = another(shared, tmp_path)
    assert console.run("db", "check").code == 0
    with closing(sqlite3.connect(console.data / "coop.db")) as database:
        (trigger,) = database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger' LIMIT 1").fetchone()
        database.execute(f'DROP TRIGGER "{trigger}"')
    checked = console.run("--json", "db", "check")
    assert checked.code == 1 and checked.answer["data"]["missing_guards"] == [trigger]
    assert console.run("find", "50012", "--as", "rsanjur", password=ADMINISTRATOR).code == 1


def test_worker_once_delivers_into_the_private_folder(shared: Console) -> None:
    with shared.store() as uow, uow.begin_system(system_operator("prueba"), member_id=1) as tx:
        assert outbox.notice(tx, 1, "access_unlocked", {}) is not None
        tx.record("case.flag", member=1)
        tx.commit()
    done = shared.run("--json", "worker", "--once")
    assert done.code == 0 and done.answer["data"]["drained"]["sent"] == 1, done
    mails = list((shared.data / "correo" / "new").iterdir())
    assert len(mails) == 1
    if os.name == "posix":
        assert mails[0].stat().st_mode & 0o077 == 0
    assert shared.run("worker", "--once").out.startswith("Enviados 0")


def test_doctor_tells_a_fit_installation_from_an_open_one(shared: Console) -> None:
    fit = shared.run("--json", "doctor")
    assert fit.code == 0 and {check["status"] for check in fit.answer["data"]} <= {"ok", "warn"}, fit
    if os.name != "posix":
        return
    shared.data.chmod(0o755)
    try:
        assert shared.run("doctor").code == 1
    finally:
        shared.data.chmod(0o700)
