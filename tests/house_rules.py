"""The house rules that ruff and mypy do not know, as small searches over the source.

Each takes a file's text (and its path in the project) and gives the violations as `path:line: what`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("coop_tui", "screens", "widgets", "services", "data")
MAX_FILE_LINES = 350
MAX_FUNCTION_LINES = 60

SQL_TEXT_ALLOWED = {
    "data/engine.py": "PRAGMA names from a literal tuple: SQLite takes no parameters there",
}
"""Files that may build SQL text, each with its reason. Nothing that a person types may come near them."""

_SQL_CALLS = {
    "text",
    "execute",
    "exec",
    "executemany",
    "executescript",
    "exec_driver_sql",
    "scalar",
    "scalars",
    "DDL",
}
_REPLACING = re.compile(r"\bOR\s+IGNORE\b|(?<!CREATE )\bOR\s+REPLACE\b|\bREPLACE\s+INTO\b", re.IGNORECASE)
_MACHINE = re.compile(
    "|".join(
        (
            r"/home/[a-z]",
            r"/Users/[A-Za-z]",
            r"[A-Z]:\\+Users\\",
            r"/root/",
            r"(?<![\w.])/work/",
            r"\.\./shared",
        )
    )
)
_PATH_WORD = re.compile(r"(?:^|_)(?:path|dir|folder|file|root|home|parent|spool|maildir)s?$", re.IGNORECASE)
_TEXT_SUFFIXES = {".py", ".sql", ".toml", ".md", ".tcss", ".mako", ".html", ".txt", ".csv", ".json", ".yml"}
_SKIPPED = {
    ".venv",
    ".tools",
    ".git",
    "build",
    "dist",
    "__pycache__",
    ".hypothesis",
    ".ruff_cache",
    ".mypy_cache",
}


def sources(*suffixes: str, packages: tuple[str, ...] = PACKAGES) -> Iterator[tuple[str, str]]:
    """(path in the project, text) of the program's own files."""
    for package in packages:
        for path in sorted((ROOT / package).rglob("*")):
            if path.suffix in suffixes and "__pycache__" not in path.parts:
                yield path.relative_to(ROOT).as_posix(), path.read_text("utf-8")


def project_texts() -> Iterator[tuple[str, str]]:
    """Every text file that belongs to the project, tests and documents included."""
    for path in sorted(ROOT.rglob("*")):
        inside = path.relative_to(ROOT)
        if _SKIPPED.intersection(inside.parts) or not path.is_file():
            continue
        if path.suffix in _TEXT_SUFFIXES or inside.as_posix() in ("Makefile", ".ci/run", "uv.lock"):
            yield inside.as_posix(), path.read_text("utf-8", errors="replace")


def float_money(path: str, source: str) -> list[str]:
    """Money is integer centésimos (req. 5): no `float`, no true division; in money's own file no float."""
    own_file = path.endswith("values/money.py")
    found = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "float":
            found.append((node.lineno, "float()"))
        elif isinstance(node, (ast.BinOp, ast.AugAssign)) and isinstance(node.op, ast.Div) and not _joins_path(node):
            found.append((node.lineno, "true division"))
        elif own_file and isinstance(node, ast.Constant) and isinstance(node.value, float):
            found.append((node.lineno, "float literal"))
        elif own_file and isinstance(node, ast.Name) and node.id == "float" and isinstance(node.ctx, ast.Load):
            found.append((node.lineno, "float"))
    return _report(path, found)


def replacing_sql(path: str, source: str) -> list[str]:
    """OR IGNORE and OR REPLACE silently drop or overwrite rows: in a trial they made money out of nothing."""
    if path.endswith(".sql"):
        lines = [re.sub(r"--.*", "", line) for line in source.splitlines()]
        return _report(path, [(n, "OR IGNORE/REPLACE") for n, line in enumerate(lines, 1) if _REPLACING.search(line)])
    tree = ast.parse(source)
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    found = [
        (node.lineno, "OR IGNORE/REPLACE")
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation
        if _REPLACING.search(node.value)
    ]
    return _report(path, found)


def built_sql(path: str, source: str) -> list[str]:
    """SQL only with parameters (req. 59): no text put together from parts goes into a call that runs SQL."""
    if path in SQL_TEXT_ALLOWED or path.startswith("data/migrations/"):
        return []
    found = []
    for scope in _scopes(ast.parse(source)):
        built = {
            target.id
            for node in _own_nodes(scope)
            if isinstance(node, ast.Assign) and _is_built(node.value, set())
            for target in node.targets
            if isinstance(target, ast.Name)
        }
        for node in _own_nodes(scope):
            if (
                isinstance(node, ast.Call)
                and _called(node) in _SQL_CALLS
                and node.args
                and _is_built(node.args[0], built)
            ):
                found.append((node.lineno, f"built SQL in {_called(node)}()"))
    return _report(path, found)


def machine_paths(path: str, source: str) -> list[str]:
    """No path of a developer's machine: it works nowhere else, and tells who wrote it."""
    return _report(
        path, [(n, "machine path") for n, line in enumerate(source.splitlines(), 1) if _MACHINE.search(line)]
    )


def long_code(path: str, source: str) -> list[str]:
    """A file that does not fit in the head gets rooms; a function longer than a screen gets parts."""
    found = []
    lines = source.count("\n") + 1
    if lines > MAX_FILE_LINES:
        found.append((lines, f"file of {lines} lines"))
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and node.end_lineno is not None:
            length = node.end_lineno - node.lineno + 1
            if length > MAX_FUNCTION_LINES:
                found.append((node.lineno, f"function {node.name} of {length} lines"))
    return _report(path, found)


def _report(path: str, found: list[tuple[int, str]]) -> list[str]:
    return [f"{path}:{line}: {what}" for line, what in sorted(found)]


def _joins_path(node: ast.BinOp | ast.AugAssign) -> bool:
    """Whether this `/` joins a path: a text on the right, or a name that says so on the left."""
    left, right = (node.left, node.right) if isinstance(node, ast.BinOp) else (node.target, node.value)
    if isinstance(right, ast.JoinedStr) or (isinstance(right, ast.Constant) and isinstance(right.value, str)):
        return True
    if isinstance(left, ast.BinOp) and isinstance(left.op, ast.Div):
        return _joins_path(left)
    if isinstance(left, ast.Call):
        return _called(left) in ("Path", "files")
    name = left.attr if isinstance(left, ast.Attribute) else left.id if isinstance(left, ast.Name) else ""
    return bool(_PATH_WORD.search(name))


def _scopes(tree: ast.Module) -> Iterator[ast.AST]:
    yield tree
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node


def _own_nodes(scope: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a scope without those of the functions inside it."""
    for child in ast.iter_child_nodes(scope):
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield child
            yield from _own_nodes(child)


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _is_built(node: ast.AST, built: set[str]) -> bool:
    """Whether an expression is text made of parts that are not all literals."""
    if isinstance(node, ast.Name):
        return node.id in built
    if isinstance(node, ast.JoinedStr):
        return any(isinstance(part, ast.FormattedValue) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, (ast.Add, ast.Mod)):
        sides = (node.left, node.right)
        texts = [side for side in sides if _is_text(side) or _is_built(side, built)]
        return bool(texts) and not all(_is_text(side) for side in sides)
    if isinstance(node, ast.Call):
        if _called(node) == "text" and node.args:
            return False  # judged on its own
        return isinstance(node.func, ast.Attribute) and node.func.attr in (
            "format",
            "format_map",
            "replace",
            "join",
        )
    return False


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
