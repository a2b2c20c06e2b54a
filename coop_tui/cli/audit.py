"""`audit verify|printed|prove|patterns|…`: the trail proves itself, here or on another machine (req. 50); C16."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from coop_tui.cli.running import Usage, answer, console_operator, settings_of

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from services.audit_period import Period
    from services.audit_proof import Proof


def add_arguments(_name: str, parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="ACCIÓN", required=True)
    verify = actions.add_parser("verify", help="recorre la cadena y los puntos de control")
    verify.add_argument("--database", metavar="URL", help="una copia en vez del almacén (sqlite:///copia.db)")
    verify.add_argument("--public-key", metavar="PEM", type=Path, help="llave pública, cuando no está el almacén")
    verify.add_argument("--checkpoints", metavar="ARCHIVO", type=Path, help="archivo de puntos de control")
    verify.add_argument("--since", metavar="DD/MM/AAAA", help="desde este día, entre sus puntos de control")
    verify.add_argument("--until", metavar="DD/MM/AAAA", help="hasta este día")
    verify.add_argument("--printed", metavar="CABEZA", help="lo impreso en un cierre: «1234 9f86d081884c7d65»")
    printed = actions.add_parser("printed", help="dice si un papel coincide con la auditoría")
    printed.add_argument("text", nargs="+", metavar="TEXTO", help="lo del código QR, o el control y el sello impresos")
    printed.add_argument("--database", metavar="URL", help="una copia en vez del almacén (sqlite:///copia.db)")
    printed.add_argument("--public-key", metavar="PEM", type=Path, help="llave pública, cuando no está el almacén")
    printed.add_argument("--checkpoints", metavar="ARCHIVO", type=Path, help="archivo de puntos de control")
    prove = actions.add_parser("prove", help="escribe la prueba de un evento, que cualquiera comprueba")
    prove.add_argument("seq", type=int, metavar="EVENTO", help="número del evento en la cadena")
    prove.add_argument("--folder", type=Path, default=Path(), metavar="CARPETA", help="dónde (esta, si no se dice)")
    check = actions.add_parser("check-proof", help="comprueba la prueba de un evento; no necesita almacén")
    check.add_argument("file", type=Path, metavar="ARCHIVO")
    check.add_argument("--public-key", metavar="PEM", type=Path, required=True)
    patterns = actions.add_parser("patterns", help="busca señales en lo nuevo e imprime las que están abiertas")
    patterns.add_argument("--again", action="store_true", help="desde el primer evento, con los parámetros de ahora")
    actions.add_parser("checkpoint", help="firma un punto de control ahora")
    actions.add_parser("public-key", help="imprime la llave pública para verificar en otra máquina")


def run(options: argparse.Namespace) -> int:
    return {
        "verify": _verify,
        "printed": _printed,
        "prove": _prove,
        "check-proof": _check_proof,
        "patterns": _patterns,
        "checkpoint": _checkpoint,
        "public-key": _public_key,
    }[options.action](options)


def _verify(options: argparse.Namespace) -> int:
    if options.database:
        proof = _verify_copy(options)
    else:
        from coop_tui.wiring import open_store
        from data.secrets.signing import Signer

        settings = settings_of(options)
        uow = open_store(settings)
        key = Signer(uow.secrets.signing_key).public_key
        proof = _walk(uow.engine, options.checkpoints or settings.checkpoints_path, key, options)
        with uow.begin_system(console_operator("audit.verify", settings)) as tx:
            tx.record("audit.verify", result="ok" if proof.intact else "failed", detail={"events": proof.events})
            tx.commit()
    lines = [proof.summary, *(finding.text for finding in proof.findings[1:])]
    if proof.intact:
        lines.append(
            f"Cabeza {proof.head[:16]}… · {proof.checkpoints} puntos de control, hasta el evento {proof.anchored}"
        )
    answer(options, {"intact": proof.intact, "proof": proof}, lines)
    return 0 if proof.intact else 1


def _walk(engine: Engine, checkpoints: Path, key: bytes, options: argparse.Namespace) -> Proof:
    """Ctrl+C ends the walk at the next report; what was found until then is told."""
    import signal
    from dataclasses import replace

    from services.audit_proof import check_printed, verify
    from services.checkpoints import read_checkpoints

    stopped: list[int] = []
    former = signal.signal(signal.SIGINT, lambda number, _frame: stopped.append(number))

    def progress(done: int, total: int) -> bool:
        _draw(done, total)
        return not stopped

    try:
        proof = verify(engine, read_checkpoints(checkpoints), key, period=_period(options), progress=progress)
        printed = check_printed(engine, options.printed) if options.printed else None
    except ValueError:
        raise Usage("--printed lleva un número y 16 cifras hexadecimales: «1234 9f86d081884c7d65»") from None
    finally:
        signal.signal(signal.SIGINT, former)
    return replace(proof, findings=(*proof.findings, printed)) if printed else proof


def _period(options: argparse.Namespace) -> Period | None:
    from datetime import date

    from data.values.dates import parse_date
    from data.values.errors import InvalidValue
    from services.audit_period import Period

    try:
        days = [parse_date(typed) if typed else None for typed in (options.since, options.until)]
    except InvalidValue as error:
        raise Usage(str(error)) from None
    since, until = days
    return Period(since or date(2000, 1, 1), until or date(2200, 1, 1)) if since or until else None


def _verify_copy(options: argparse.Namespace) -> Proof:
    from data.engine import make_engine

    if not options.public_key or not options.checkpoints:
        raise Usage("con --database hacen falta --public-key y --checkpoints")
    return _walk(make_engine(options.database), options.checkpoints, _read_key(options.public_key), options)


def _read_key(path: Path) -> bytes:
    from data.secrets.signing import read_public_pem

    try:
        return read_public_pem(path.read_text("ascii"))
    except (OSError, ValueError):
        raise Usage(f"«{path}» no es una llave pública Ed25519 en PEM") from None


def _printed(options: argparse.Namespace) -> int:
    """A paper against the store, or against a copy with the public key alone."""
    from services.checkpoints import read_checkpoints
    from services.paper_check import check_paper
    from services.paper_seal import read_printed

    try:
        mark, operation = read_printed(" ".join(options.text))
    except ValueError:
        raise Usage("se espera lo impreso: «1200-9F86-D081-884C-7D65», con el sello detrás si lo hay") from None
    engine, checkpoints, key = _paper_store(options)
    found = check_paper(engine, read_checkpoints(checkpoints), key, mark, operation)
    answer(options, {"fits": found.fits, "lines": found.lines}, list(found.lines))
    return 0 if found.fits else 1


def _paper_store(options: argparse.Namespace) -> tuple[Engine, Path, bytes]:
    """Database, file of the checkpoints and public key: of the store, or of the copy that was named."""
    if options.database:
        from data.engine import make_engine

        if not options.public_key or not options.checkpoints:
            raise Usage("con --database hacen falta --public-key y --checkpoints")
        return make_engine(options.database), options.checkpoints, _read_key(options.public_key)
    from coop_tui.wiring import open_store
    from data.secrets.signing import Signer

    settings = settings_of(options)
    uow = open_store(settings)
    with uow.begin_system(console_operator("audit.printed", settings)) as tx:
        tx.record("audit.printed", detail={"query": " ".join(options.text)})
        tx.commit()
    return uow.engine, options.checkpoints or settings.checkpoints_path, Signer(uow.secrets.signing_key).public_key


def _prove(options: argparse.Namespace) -> int:
    from coop_tui.wiring import open_store
    from services.audit_inclusion import inclusion
    from services.checkpoints import read_checkpoints

    settings = settings_of(options)
    uow = open_store(settings)
    path = options.folder / f"prueba-evento-{options.seq}.json"
    with uow.begin_system(console_operator("audit.prove", settings)) as tx:
        proof = inclusion(tx.connection, read_checkpoints(settings.checkpoints_path), options.seq)
        try:
            path.write_text(proof + "\n", "utf-8")
        except OSError as error:
            raise Usage(f"no se puede escribir «{path}» ({error.strerror})") from None
        tx.record("audit.prove", detail={"event": options.seq})
        tx.commit()
    answer(options, {"path": str(path)}, [f"Prueba del evento {options.seq}: {path}"])
    return 0


def _check_proof(options: argparse.Namespace) -> int:
    from services.audit_body import body_lines
    from services.audit_inclusion import check_inclusion

    try:
        content = options.file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        raise Usage(f"no se puede leer «{options.file}»") from None
    found = check_inclusion(content, _read_key(options.public_key))
    head = (
        f"Probado: evento {found.seq} del almacén {found.store}, firmado el {found.at} con {found.checkpoint} eventos."
    )
    answer(options, {"proven": True, "inclusion": found}, [head, *body_lines(found.body)])
    return 0


def _patterns(options: argparse.Namespace) -> int:
    from coop_tui.wiring import open_store
    from data.values.dates import format_datetime
    from services.pattern_lines import open_rows
    from services.pattern_run import PatternWatch

    settings = settings_of(options)
    uow = open_store(settings)
    added = PatternWatch().run_all(uow, again=options.again)
    with uow.begin_system(console_operator("pattern.view", settings)) as tx:
        rows = open_rows(tx)
        tx.record(detail={"rows": len(rows)})
        tx.commit()
    lines = [f"Señales nuevas: {added}. Abiertas: {len(rows)}."]
    lines += [
        f"{row.line_id:>5}  {format_datetime(row.happened_at)}  {row.title} · {row.who or 'nadie en particular'}"
        + (f" · asociado {row.number}" if row.number else "")
        + f" · {row.count} eventos"
        for row in rows
    ]
    answer(options, {"added": added, "open": rows}, lines)
    return 0


def _draw(done: int, total: int) -> None:
    """A line on the terminal that redraws itself; nothing in a pipe."""
    if sys.stderr.isatty():
        end = "\n" if done >= total else ""
        print(f"\r{done:,} de {total:,} eventos", end=end, file=sys.stderr, flush=True)


def _checkpoint(options: argparse.Namespace) -> int:
    from coop_tui.wiring import open_store
    from services.checkpoints import checkpoint

    settings = settings_of(options)
    point = checkpoint(open_store(settings), settings.checkpoints_path, force=True)
    text = f"Punto de control del evento {point.seq}." if point else "No hay eventos nuevos."
    answer(options, {"seq": point.seq if point else None}, [text])
    return 0


def _public_key(options: argparse.Namespace) -> int:
    from coop_tui.wiring import secrets_of
    from data.secrets.signing import Signer

    signer = Signer(secrets_of(settings_of(options)).signing_key)
    answer(options, {"key": signer.key_id, "pem": signer.public_pem()}, [signer.public_pem().rstrip()])
    return 0
