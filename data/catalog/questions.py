"""Security questions, of which a member chooses three, by stable id and version (S56-S60, req. 33)."""

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

from data.catalog.reader import Row, read_catalog, unique

FILE = "questions.toml"
# Fewer likely answers than this is «débil»: three tries would guess too many of them (req. 21).
WEAK_BELOW = 20


@dataclass(frozen=True, slots=True)
class SecurityQuestion:
    """A question. ``wordings`` are other texts under which it was shown; compare ids, never texts."""

    id: str
    text: str
    wordings: tuple[str, ...]
    likely_answers: int
    active: bool
    source: str

    @property
    def weak(self) -> bool:
        """Fewer than 20 likely answers: at most one of a member's three, and never alone for N1 (req. 21)."""
        return self.likely_answers < WEAK_BELOW


@dataclass(frozen=True, slots=True)
class QuestionCatalog:
    """The questions by id. ``version`` is stored beside every answer (G4)."""

    version: date
    by_id: Mapping[str, SecurityQuestion]

    def get(self, question_id: str) -> SecurityQuestion | None:
        """The question of an id, retired ones included: old answers still name them."""
        return self.by_id.get(question_id)

    def offered(self) -> tuple[SecurityQuestion, ...]:
        """Those that can be chosen today."""
        return tuple(question for question in self.by_id.values() if question.active)


def parse_questions(text: str | None = None) -> QuestionCatalog:
    """Read ``questions.toml`` (or ``text``).

    Raises: CatalogError.
    """
    top = read_catalog(FILE, text)
    version = top.day("version")
    questions = unique([_question(row) for row in top.rows("question")], lambda item: item.id, FILE)
    top.done()
    return QuestionCatalog(version, MappingProxyType(questions))


@functools.cache
def load_questions() -> QuestionCatalog:
    """The catalogue that the program ships, read once."""
    return parse_questions()


def _question(row: Row) -> SecurityQuestion:
    likely = row.optional_int("likely_answers")
    if likely is None or likely < 2:
        raise row.error("«likely_answers» debe ser 2 o más")
    question = SecurityQuestion(
        id=row.text("id"),
        text=row.text("text"),
        wordings=row.texts("wordings"),
        likely_answers=likely,
        active=row.flag("active", True),
        source=row.text("source"),
    )
    row.done()
    return question
