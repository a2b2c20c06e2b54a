"""`import FILE…`: members, accounts and movements from CSV, all or nothing, by whoever holds the store's files."""

from __future__ import annotations

import argparse
import json
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coop_tui.cli.running import answer, console_operator, settings_of

if TYPE_CHECKING:
    from services.imports import FileResult, ImportRefused, Progress

BAR = 24


def add_arguments(_name: str, parser: argparse.ArgumentParser) -> None:
    text = "socios.csv, cuentas.csv, movimientos.csv, en cualquier orden"
    parser.add_argument("files", nargs="+", metavar="ARCHIVO", type=Path, help=text)


def run(options: argparse.Namespace) -> int:
    from coop_tui.wiring import open_store
    from services.imports import ImportFiles, ImportRefused, import_files

    settings = settings_of(options)
    uow = open_store(settings)
    operator = console_operator("import.run", settings)
    draw = _bar if sys.stderr.isatty() and not options.json else _silent
    try:
        with _interruptible() as cancelled:
            result = import_files(ImportFiles(tuple(options.files)), operator, uow, progress=draw, cancelled=cancelled)
    except ImportRefused as error:
        _clear(draw)
        return _refused(options, error)
    finally:
        _clear(draw)
        uow.engine.dispose()
    answer(options, result, [_line(file) for file in result.files])
    return 0


def _refused(options: argparse.Namespace, error: ImportRefused) -> int:
    """Every finding on a line of its own; as JSON a list of file, line and reason."""
    if options.json:
        problems = [{"file": item.file, "line": item.line, "reason": item.reason} for item in error.problems]
        said = {"ok": False, "error": error.code, "message": error.user_text, "problems": problems, "cut": error.cut}
        print(json.dumps(said, ensure_ascii=False))
    else:
        print(error.user_text, file=sys.stderr)
    return 1


def _line(file: FileResult) -> str:
    if file.skipped:
        return f"{file.name}: ya estaba importado; no cambió nada."
    same = f"; {file.unchanged:,} ya estaban" if file.unchanged else ""
    return f"{file.name}: {file.added:,} filas importadas{same}."


@contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Ctrl+C asks for the end: the import stops at its next step and takes everything back, never half way.

    Once the last step has been asked, the commit goes through.
    """
    stop = threading.Event()

    def ask(_number: int, _frame: Any) -> None:
        stop.set()

    if threading.current_thread() is not threading.main_thread():  # only the main thread takes signals
        yield stop.is_set
        return
    former = signal.signal(signal.SIGINT, ask)
    try:
        yield stop.is_set
    finally:
        signal.signal(signal.SIGINT, former)


def _silent(_progress: Progress) -> None:
    """Nobody looks on."""


def _bar(progress: Progress) -> None:
    """`Movimientos [#######.........]  45 %  12,247 de 27,215`, over itself."""
    total = max(progress.total, 1)
    full = min(BAR, progress.done * BAR // total)
    bar = "#" * full + "." * (BAR - full)
    percent = min(100, progress.done * 100 // total)
    text = f"{progress.stage:<12} [{bar}] {percent:3d} %  {progress.done:,} de {progress.total:,}"
    sys.stderr.write(f"\r{text:<76}")
    sys.stderr.flush()


def _clear(draw: Callable[[Progress], None]) -> None:
    if draw is _bar:
        sys.stderr.write(f"\r{'':<76}\r")
        sys.stderr.flush()
