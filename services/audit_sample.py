"""A random sample of events that anybody can draw again: the seed on paper gives the same events (C11).

The seed is `K7QPM4-98765`: six letters or digits, and the last event of the chain that takes part. The population is
the M events that fit the filter, in the order of the chain, up to that one. The i-th draw (from 1) is
SHA-256("coop-tui sample v1" ‖ 0x00 ‖ seed ‖ 0x00 ‖ i in decimal) as a number, modulo M; who was drawn is passed over.
"""

import hashlib
import re
import secrets
from array import array
from collections.abc import Iterator
from dataclasses import dataclass, field

from sqlalchemy import func, select
from sqlmodel import col

from data.tables import AuditEvent, AuditSeal
from services.audit_body import AuditRow
from services.audit_filter import AuditFilter
from services.audit_log import MOST, filter_facts, rows_of
from services.audit_query import selected
from services.errors import InvalidInput
from services.operations import Op
from services.operator import Operator
from services.unit_of_work import Transaction, UnitOfWork

ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
_SEED = re.compile(rf"[{ALPHABET}]{{6}}-([1-9][0-9]{{0,17}})")


@dataclass(frozen=True, slots=True)
class DrawSample:
    """`size` events of those that fit (None: what the policy says), at most 200; a seed draws the same again."""

    filter: AuditFilter = field(default_factory=AuditFilter)
    size: int | None = None
    seed: str | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """`rows` newest first, out of `population` events."""

    rows: tuple[AuditRow, ...]
    seed: str
    population: int


def draw_sample(command: DrawSample, operator: Operator, uow: UnitOfWork) -> Sample:
    """Draw; the event keeps filter, seed and size. Raises InvalidInput (fields `seed`, `filter`) and the errors of
    authorisation."""
    with uow.begin(operator, Op.AUDIT_READ) as tx:
        head = tx.connection.execute(select(func.coalesce(func.max(col(AuditSeal.seq)), 0))).scalar_one()
        seed = command.seed.strip().upper() if command.seed else _new_seed(head)
        upto = _upto(seed, head)
        size = max(1, min(command.size or tx.policy.audit.sample_size, MOST))
        events = _population(tx, command.filter, upto)
        ids = [events[place] for place in draws(seed, size, len(events))]
        rows = sorted(rows_of(tx, ids), key=lambda row: (row.at, row.event_id), reverse=True)
        facts = {"seed": seed, "size": size, "total": len(events), "filter": filter_facts(command.filter)}
        tx.record("audit.sample", detail=facts)
        tx.commit()
    return Sample(tuple(rows), seed, len(events))


def draws(seed: str, size: int, population: int) -> list[int]:
    """Places from 0, no one twice; all of them where there are no more than `size`."""
    return list(dict.fromkeys(_draws(seed, size, population)))


def _draws(seed: str, size: int, population: int) -> Iterator[int]:
    seen: set[int] = set()
    number = 0
    while len(seen) < min(size, population):
        number += 1
        digest = hashlib.sha256(f"coop-tui sample v1\0{seed}\0{number}".encode()).digest()
        place = int.from_bytes(digest) % population
        if place not in seen:
            seen.add(place)
            yield place


def _population(tx: Transaction, wanted: AuditFilter, upto: int) -> "array[int]":
    """The ids of the events that take part, in the order of the chain: eight bytes each."""
    query = selected(tx, wanted, col(AuditEvent.id)).join(AuditSeal, col(AuditSeal.event_id) == col(AuditEvent.id))
    if wanted == AuditFilter():
        query = select(col(AuditSeal.event_id))
    query = query.where(col(AuditSeal.seq) <= upto).order_by(col(AuditSeal.seq))
    return array("q", tx.connection.execute(query.execution_options(yield_per=5000)).scalars())


def _new_seed(head: int) -> str:
    if not head:
        raise InvalidInput("Aún no hay eventos sellados de los que sacar una muestra.", field="seed")
    return "".join(secrets.choice(ALPHABET) for _ in range(6)) + f"-{head}"


def _upto(seed: str, head: int) -> int:
    match = _SEED.fullmatch(seed)
    if match is None:
        raise InvalidInput("La semilla se escribe como K7QPM4-98765.", field="seed")
    if int(match[1]) > head:
        raise InvalidInput(f"La semilla es de un evento que aquí no existe: la cadena llega al {head:,}.", field="seed")
    return int(match[1])
