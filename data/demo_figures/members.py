"""The demo's 101 members: the guide's own, the cast with a story each, and generated neighbours around them."""

import functools
import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from data.demo_figures.reading import read
from data.values.text import fold

SEED = 20181227
NEIGHBOUR = "sin solicitud de acceso"
FIRST, LAST = 40001, 40100  # numbers that no import file of the cooperative uses
BRANCHES = ("001", "001", "002", "005", "018", "018", "054", "064", "070", "072", "074")
PROVINCE = {
    "001": 8,
    "002": 3,
    "005": 13,
    "018": 4,
    "054": 9,
    "064": 6,
    "070": 2,
    "072": 7,
    "074": 1,
}


@dataclass(frozen=True, slots=True)
class MemberFigure:
    """One member. `ago` and the other moments are minutes before the demo is made; `accounts` None: to be drawn."""

    number: str
    kind: str
    given_names: str
    surnames: str
    cedula: str
    birth_date: date
    branch: str
    joined_on: date
    email: str | None
    phone: str | None
    stage: str = "ninguno"
    ago: int = 0
    route: str = "web"
    request: str = "activacion"
    purpose: str = ""
    answers: tuple[tuple[str, str], ...] = ()
    accounts: tuple[tuple[str, ...], ...] | None = None
    more: Mapping[str, Any] = field(default_factory=dict)
    contract_on: date | None = None
    last_visit: datetime | None = None

    @property
    def story(self) -> bool:
        """Whether the member belongs to the cast, not to the generated neighbours."""
        return self.purpose != NEIGHBOUR


@functools.cache
def load_members() -> tuple[MemberFigure, ...]:
    """The guide's member first, then by number."""
    cast = {row["number"]: row for row in read("cast")["member"]}
    names = read("names")
    chance = random.Random(SEED)  # noqa: S311  a fixed drawing of invented people
    found = [_guide()]
    for number in range(FIRST, LAST + 1):
        row = cast.get(str(number))
        found.append(_figure(row) if row else _drawn(number, names, chance))
    return tuple(found)


def _guide() -> MemberFigure:
    document = read("guide")
    row = document["member"]
    accounts = tuple((item["product"], item["balance"], "", item["number"]) for item in document["account"])
    return _figure(row | {"accounts": accounts})


def _figure(row: Mapping[str, Any]) -> MemberFigure:
    plain = set(MemberFigure.__dataclass_fields__) - {"accounts", "answers", "more", "email", "phone", "joined_on"}
    number = int(row["number"])
    accounts = row.get("accounts")
    return MemberFigure(
        **{name: value for name, value in row.items() if name in plain},
        joined_on=row.get("joined_on") or date(1996 + number % 25, 1 + number % 12, 1 + number % 28),
        email=row.get("email", _email(row["given_names"], row["surnames"], number)) or None,
        phone=row.get("phone", _phone(number)) or None,
        answers=tuple((question, answer) for question, answer in row.get("answers", ())),
        accounts=tuple(tuple(item) for item in accounts) if accounts is not None else None,
        more={name: value for name, value in row.items() if name not in MemberFigure.__dataclass_fields__},
    )


def _drawn(number: int, names: Mapping[str, list[str]], chance: random.Random) -> MemberFigure:
    branch = chance.choice(BRANCHES)
    given = chance.choice(names["given"])
    surnames = " ".join(chance.sample(names["surnames"], 2))
    born = date(chance.randint(1945, 2004), chance.randint(1, 12), chance.randint(1, 28))
    return MemberFigure(
        number=str(number),
        kind="tercero" if chance.random() < 0.15 else "asociado",
        given_names=given,
        surnames=surnames,
        cedula=f"{PROVINCE[branch]}-{chance.randint(10, 999)}-{number - 15000}",
        birth_date=born,
        branch=branch,
        joined_on=date(max(born.year + 18, chance.randint(1990, 2023)), chance.randint(1, 12), chance.randint(1, 28)),
        email=_email(given, surnames, number) if chance.random() < 0.9 else None,
        phone=_phone(number),
        purpose=NEIGHBOUR,
    )


def _email(given_names: str, surnames: str, number: int) -> str:
    first = fold(given_names).split()[0]
    last = fold(surnames).replace(" ", "")
    return f"{first}.{last[:12]}{number}@example.com"


def _phone(number: int) -> str:
    return f"+5076{(number * 7919) % 10_000_000:07d}"


def portal_password() -> str:
    """What every member of the cast who chose a password chose."""
    return str(read("cast")["portal_password"])
