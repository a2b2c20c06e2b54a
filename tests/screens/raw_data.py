"""The rule «no string from data reaches a widget raw» as a check of syntax trees (req. 55)."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

RAW_WIDGETS = frozenset(
    {"Static", "Label", "DataTable", "Markdown", "MarkdownViewer", "RichLog", "Log", "Link", "Pretty", "Toast"}
)
"""Textual's widgets that read markup: screens use the house's instead."""
MARKUP_CALLS = frozenset(
    {"Button", "Option", "Tab", "TabPane", "Checkbox", "RadioButton", "Collapsible", "Selection", "Digits", "ListItem"}
)
"""Widgets whose first texts are read as markup: only literals and `safe…` may go in."""
MARKUP_METHODS = frozenset(
    {"notify", "update", "add_row", "add_rows", "add_column", "add_columns", "add_option", "update_cell"}
)
MARKUP_ATTRIBUTES = frozenset({"border_title", "border_subtitle", "tooltip", "title", "sub_title", "label"})
PARSERS = frozenset({"from_markup", "from_ansi"})
CLEANERS = frozenset({"safe", "safe_content", "plain", "joined"})


@dataclass(frozen=True)
class RawData:
    """A place where data could reach a widget raw."""

    line: int
    what: str


def raw_data(source: str) -> list[RawData]:
    """Return the places of a module that break the rule."""
    return sorted(_found(ast.parse(source)), key=lambda place: place.line)


def _found(tree: ast.AST) -> Iterator[RawData]:
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("textual.widgets"):
            for name in node.names:
                if name.name in RAW_WIDGETS:
                    yield RawData(node.lineno, f"imports {name.name}: use the house's widget")
        elif isinstance(node, ast.Call):
            yield from _call(node)
        elif isinstance(node, ast.Assign | ast.AnnAssign):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            for target in targets:
                named = isinstance(target, ast.Attribute) and target.attr in MARKUP_ATTRIBUTES
                if named and not _own_label(target) and not _clean(node.value):
                    yield RawData(node.lineno, "sets a title, tooltip or label from data")


def _own_label(target: ast.expr) -> bool:
    """Tell whether the target is `self.label`: a house widget's own attribute, shown through `PlainText`."""
    return ast.unparse(target) == "self.label"


def _call(node: ast.Call) -> Iterator[RawData]:
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name in PARSERS:
        yield RawData(node.lineno, f"{name} reads markup or escapes")
    texts = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg in ("title", "message", "label"))]
    is_method = isinstance(function, ast.Attribute)
    if (name in RAW_WIDGETS or name in MARKUP_CALLS) and not is_method and not all(map(_clean, node.args[:1])):
        yield RawData(node.lineno, f"{name}() from data")
    if is_method and name in MARKUP_METHODS and not all(map(_clean, texts)):
        yield RawData(node.lineno, f".{name}() from data")


def _clean(node: ast.AST | None) -> bool:
    """Tell whether an argument is a literal or has gone through the house's cleaner."""
    if node is None or isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.Call):
        function = node.func
        name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
        return name in CLEANERS
    if isinstance(node, ast.List | ast.Tuple):
        return all(map(_clean, node.elts))
    if isinstance(node, ast.IfExp):
        return _clean(node.body) and _clean(node.orelse)
    return isinstance(node, ast.Starred) and _clean(node.value)
