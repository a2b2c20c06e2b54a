"""The docs say what the program does: commands, keys, levels, texts, settings and the format of the trail.

`COOP_UPDATE_DOCS=1` writes anew what the guide takes from the program.
"""

from __future__ import annotations

import argparse
import ast
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from importlib import import_module
from pathlib import Path

import pytest

from coop_tui import settings
from coop_tui.cli import SUBCOMMANDS
from coop_tui.cli.keys import cheatsheet_text
from data.secrets.signing import Signer
from screens import record_commands
from services.audit_chain import link
from services.checkpoints import checkpoint
from services.operations import Op
from services.operator import ROLE_LABELS, Role, system_operator
from services.policy import load_policy
from tests.services.conftest import sqlite_world
from tests.services.world import World

__all__ = ["sqlite_world"]

ROOT = Path(__file__).resolve().parent.parent
DOCS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
GUIDE = ROOT / "docs" / "guia-del-usuario.md"
DEPLOYMENT = ROOT / "docs" / "despliegue.md"
FORMAT = ROOT / "docs" / "formato-de-auditoria.md"
UPDATING = os.environ.get("COOP_UPDATE_DOCS") == "1"  # Read here: the tests' own home drops the program's variables.
GLOBAL_WORDS = {"--json", "--version", "--help", "--data"}


def between(path: Path, mark: str, wanted: str) -> str:
    """What stands between `<!-- mark -->` and `<!-- fin -->`; with COOP_UPDATE_DOCS=1 `wanted` is put there first."""
    pattern = re.compile(rf"(<!-- {mark} -->\n)(.*?)(<!-- fin -->)", re.DOTALL)
    content = path.read_text("utf-8")
    if UPDATING:
        content = pattern.sub(lambda found: found[1] + wanted + found[3], content)
        path.write_text(content, "utf-8")
    found = pattern.search(content)
    assert found is not None, f"{path.name} has no <!-- {mark} -->"
    return found[2]


# ---------------------------------------------------------------- the command line


@cache
def parser_of(name: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=name)
    import_module(SUBCOMMANDS[name][0]).add_arguments(name, parser)
    return parser


def actions_of(name: str) -> dict[str, argparse.ArgumentParser]:
    """The actions of a sub-command (`staff add`), empty where it has none."""
    for action in parser_of(name)._actions:
        if isinstance(action, argparse._SubParsersAction):
            return dict(action.choices)
    return {}


def called(content: str) -> Iterator[list[str]]:
    """The words after each `coop-tui` that is called in a code span or an indented line."""
    joined = content.replace("\\\n", " ")
    code = re.findall(r"`([^`\n]+)`", joined) + re.findall(r"(?m)^(?: {4,}|ExecStart=)(.*)$", joined)
    for line in code:
        for match in re.finditer(r"(?:^|[\s/'|])coop-tui((?: [^|>«»]*)?)", line):
            yield match[1].split()


def complaint(words: list[str]) -> str | None:
    """Why `coop-tui WORDS…` is no call of this program, or None."""
    while words and words[0] in GLOBAL_WORDS:
        words = words[2:] if words[0] == "--data" else words[1:]
    if not words or words[0] in ("ORDEN", '"', "worker") or words[0].startswith(("COOP_", "ssh-")):
        return None
    name, *rest = words
    if name not in SUBCOMMANDS:
        return f"no sub-command {name!r}"
    parser, actions = parser_of(name), actions_of(name)
    if actions and rest:
        wanted, *rest = rest
        alternatives = wanted.split("|")
        if unknown := [action for action in alternatives if action not in actions]:
            return f"{name} has no {unknown}"
        parser = actions[alternatives[0]]
    options = {option for action in parser._actions for option in action.option_strings}
    alien = [word for word in rest if word.startswith("--") and word.strip("[],;.)") not in options]
    return f"{name}: no option {alien}" if alien else None


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_every_command_in_the_docs_exists(path: Path) -> None:
    found = [(words, why) for words in called(path.read_text("utf-8")) if (why := complaint(words)) is not None]
    assert found == []


def test_a_planted_command_is_seen() -> None:
    planted = [
        "`coop-tui finde 1`",
        "    coop-tui audit proof",
        "`coop-tui db backup x --zip`",
        "    x | coop-tui stop",
    ]
    for line in planted:
        assert any(complaint(words) for words in called(line)), line
    assert [complaint(words) for words in called("`coop-tui --json audit verify --database sqlite:///x`")] == [None]


def test_the_readme_names_every_sub_command_and_action() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for name in SUBCOMMANDS:
        assert re.search(rf"`{name}[ `]", readme), name
        for action in actions_of(name):
            assert re.search(rf"`{name} [a-z|-]*\b{action}\b", readme), f"{name} {action}"


def test_every_make_target_in_the_docs_exists() -> None:
    targets = set(re.findall(r"(?m)^([a-z]+):", (ROOT / "Makefile").read_text("utf-8")))
    named = {word for path in DOCS for word in re.findall(r"(?:`| {4})make ([a-z]+)", path.read_text("utf-8"))}
    assert {"run", "test", "check", "bench", "faults"} <= named <= targets


def test_links_lead_somewhere() -> None:
    for path in DOCS:
        for target in re.findall(r"\]\((?!https?:)([^)#\s]+)", path.read_text("utf-8")):
            assert (path.parent / target).exists(), f"{path.name} → {target}"


def test_pictures_call_on_nobody_and_tell_no_secret() -> None:
    from data.demo_figures import demo_password, load_members

    answers = {answer for member in load_members() for _, answer in member.answers}
    for name in ("mostrador.svg", "ficha.svg"):
        picture = (ROOT / "docs" / "screenshots" / name).read_text("utf-8")
        assert set(re.findall(r"https?://[^\"'\s)<]+", picture)) == {"http://www.w3.org/2000/svg"}
        assert "@font-face" not in picture and "url(http" not in picture
        shown = re.sub(r"<[^>]+>", "", picture).replace("&#160;", " ")
        assert demo_password() not in shown and not any(answer in shown for answer in answers)


# ---------------------------------------------------------------- what the guide takes from the program


def test_the_guide_holds_the_program_s_own_keys() -> None:
    wanted = f"\n```text\n{cheatsheet_text().rstrip()}\n```\n\n"
    assert between(GUIDE, "teclas", wanted) == wanted


def test_the_guide_holds_the_shipped_levels() -> None:
    wanted = f"\n{operations_table()}\n\n"
    assert between(GUIDE, "operaciones", wanted) == wanted


def operations_table() -> str:
    """Each command of the record with level, password and roles, from the shipped policy."""
    rules = load_policy().operations
    lines = ["| Operación | Nivel | Contraseña | Quién |", "|---|---|---|---|"]
    for command in (*record_commands.USUAL, *record_commands.SELDOM):
        if command.operation:
            rule = rules[Op(command.operation)]
            roles = ", ".join(ROLE_LABELS[role].lower().replace("cis", "CIS") for role in Role if role in rule.roles)
            proof = "sí" if rule.reauthenticate else "no"
            lines.append(f"| {command.label} | N{rule.level} | {proof} | {roles} |")
    return "\n".join(lines)


@cache
def program_texts() -> str:
    """Every string in the source of services, screens and program."""
    found = []
    for folder in ("services", "screens", "coop_tui"):
        for path in (ROOT / folder).rglob("*.py"):
            nodes = ast.walk(ast.parse(path.read_text("utf-8")))
            found += [node.value for node in nodes if isinstance(node, ast.Constant) and isinstance(node.value, str)]
    return "\n".join(found)


def test_refusals_in_the_guide_are_the_program_s_own_words() -> None:
    rows = re.findall(r"(?m)^\| «(.+)» \|", GUIDE.read_text("utf-8"))
    assert len(rows) > 20
    assert [row for row in rows if row not in program_texts()] == []


def test_words_in_quotes_are_labels_of_commands() -> None:
    labels = {command.label for command in (*record_commands.USUAL, *record_commands.SELDOM)}
    named = re.findall(r"\*\*O\*\*, «([^»]+)»", GUIDE.read_text("utf-8"))
    assert named and set(named) <= labels


def test_every_setting_is_in_the_deployment_guide_and_no_other() -> None:
    named = set(re.findall(r"\bCOOP_[A-Z_]*[A-Z]\b", DEPLOYMENT.read_text("utf-8")))
    assert named - {"COOP_DATA"} == set(settings._KNOWN)


# ---------------------------------------------------------------- the verifier of the trail's format


@pytest.fixture
def evidence(sqlite_world: World, tmp_path: Path) -> Path:
    """A folder with a copy of a small store, its checkpoints, its public key and the verifier of the docs."""
    for first in (0, 12):
        for number in range(first, first + 12):
            with sqlite_world.uow.begin_system(system_operator("test")) as tx:
                tx.record("test.event", about=f"ñ {number}", detail={"n": number, "texto": "«á»\u2028"})
                tx.commit()
        checkpoint(sqlite_world.uow, tmp_path / "puntos.jsonl", force=True)
    source = sqlite_world.engine.url.database
    assert source is not None
    with closing(sqlite3.connect(source)) as live, closing(sqlite3.connect(tmp_path / "copia.db")) as copy:
        live.backup(copy)
    (tmp_path / "llave.pem").write_text(Signer(sqlite_world.uow.secrets.signing_key).public_pem())
    (program,) = re.findall(r"```python\n(.*?)```", FORMAT.read_text("utf-8"), re.DOTALL)
    assert len([line for line in program.splitlines() if line]) <= 40
    (tmp_path / "verificar.py").write_text(program, "utf-8")
    return tmp_path


def judged(folder: Path) -> tuple[int, str]:
    """Exit code and last words of the verifier, run on its own."""
    command = [sys.executable, "-I", "verificar.py", "copia.db", "puntos.jsonl", "llave.pem"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, encoding="utf-8", check=False)
    return done.returncode, (done.stdout + done.stderr).strip().splitlines()[-1]


def tamper(folder: Path, *statements: str) -> None:
    """What somebody does who owns the file."""
    with closing(sqlite3.connect(folder / "copia.db")) as copy:
        for (name,) in copy.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            copy.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            copy.execute(statement)
        copy.commit()


def test_the_verifier_of_the_docs_agrees_with_the_program(evidence: Path) -> None:
    assert judged(evidence) == (0, "Íntegra hasta el evento 24; 2 puntos de control, hasta el evento 24.")


EVENT_7 = "(SELECT event_id FROM audit_seal WHERE seq = 7)"
TAMPERING = {
    f"UPDATE audit_event SET body = replace(body, 'test', 'tEst') WHERE id = {EVENT_7}": "Evento 7: falta",
    f"DELETE FROM audit_event WHERE id = {EVENT_7}": "Evento 7: falta",
    "DELETE FROM audit_seal WHERE seq = 7": "Evento 7: falta",
    "DELETE FROM audit_seal WHERE seq > 20": "Faltan los eventos 21 a 24",
    "INSERT INTO audit_event (body) SELECT body FROM audit_event LIMIT 1": "Hay eventos sin sello",
}


@pytest.mark.parametrize("statement", TAMPERING)
def test_the_verifier_of_the_docs_sees_tampering(evidence: Path, statement: str) -> None:
    tamper(evidence, statement)
    code, said = judged(evidence)
    assert code == 1 and said.startswith(TAMPERING[statement])


def test_the_verifier_of_the_docs_sees_a_rewritten_chain(evidence: Path) -> None:
    tamper(evidence, f"UPDATE audit_event SET body = replace(body, 'test', 'tEst') WHERE id = {EVENT_7}")
    with closing(sqlite3.connect(evidence / "copia.db")) as copy:
        (head,) = copy.execute("SELECT hash FROM audit_seal WHERE seq = 6").fetchone()
        query = "SELECT s.seq, CAST(e.body AS BLOB) FROM audit_seal s JOIN audit_event e ON e.id = s.event_id"
        for seq, body in copy.execute(f"{query} WHERE s.seq > 6 ORDER BY s.seq").fetchall():
            head = link(head, seq, body)
            copy.execute("UPDATE audit_seal SET hash = ? WHERE seq = ?", (head, seq))
        copy.commit()
    code, said = judged(evidence)
    assert code == 1 and said.startswith("Evento 12: la cadena fue escrita de nuevo")


def test_the_verifier_of_the_docs_sees_a_forged_checkpoint(evidence: Path) -> None:
    path = evidence / "puntos.jsonl"
    whole = path.read_text("utf-8")
    path.write_text(whole.replace('"seq":24', '"seq":23'), "utf-8")
    code, said = judged(evidence)
    assert code == 1 and "InvalidSignature" in said
    path.write_text(whole.splitlines(keepends=True)[1], "utf-8")
    code, said = judged(evidence)
    assert code == 1 and said.startswith("Punto de control, línea 1")
    shutil.copy(ROOT / "README.md", path)
    assert judged(evidence)[0] == 1
