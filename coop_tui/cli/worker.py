"""`worker`: delivers mail and messages, applies what was waiting, seals and signs the audit trail."""

from __future__ import annotations

import argparse
import signal

from coop_tui.cli.running import answer, settings_of


def add_arguments(_name: str, parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--once", action="store_true", help="una sola vuelta")


def run(options: argparse.Namespace) -> int:
    from coop_tui.logs import log_to
    from coop_tui.ways_out import transports_of, worker_tasks
    from coop_tui.wiring import open_store
    from services.checkpoints import checkpoint
    from services.worker import Worker

    settings = settings_of(options)
    log_to(settings.log_path)
    uow = open_store(settings)
    tasks = worker_tasks(settings, uow.secrets)
    worker = Worker(uow, transports_of(settings, uow.secrets), tasks)
    if options.once:
        done = worker.run_once()
        moved = done.drained
        told = {
            "Enviados": moved.sent,
            "por reintentar": moved.deferred,
            "fallidos": moved.failed,
            "vencidos": moved.expired,
        }
        text = ", ".join(f"{word} {count}" for word, count in told.items()) + "."
        answer(options, done, [text, *(f"No se pudo: {code}" for code in done.failures)])
        return 1 if done.failures else 0
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: worker.request_stop())
    worker.run_forever()
    checkpoint(uow, settings.checkpoints_path, force=True)
    return 0
