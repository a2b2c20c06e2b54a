"""The member's security questions: set, drawn once a case, compared; an answer never leaves (req. 18–21, C6, G4)."""

import itertools
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from sqlalchemy import Select, delete, func, insert, select, update
from sqlmodel import col

from data.catalog.questions import SecurityQuestion, load_questions
from data.secrets import Secret
from data.tables import Access, Case, Member, SecurityAnswer
from services.errors import DataChanged, InvalidInput, NotFound
from services.staff_proof import reading
from services.text_cleaning import fold
from services.unit_of_work import Transaction, UnitOfWork

QUESTIONS = 3
LONGEST = 100
LETTERS = 3
EASY_MESSAGE = "Elija una respuesta menos fácil de adivinar."
EASY = frozenset(
    (
        *("123", "1234", "12345", "123456", "abc", "abcd", "abcdef", "asdf", "asdfg", "qwerty", "prueba", "test"),
        *("nada", "ninguno", "ninguna", "nadie", "no se", "nose", "no recuerdo", "hola", "panama", "cooperativa"),
        *("clave", "contrasena", "password", "respuesta", "pregunta", "secreto", "secreta", "mama", "papa"),
        *("uno", "dos", "tres"),
    )
)


@dataclass(frozen=True, slots=True)
class NewAnswer:
    """An answer to a question of the catalogue."""

    question_id: str
    answer: Secret = field(repr=False)


@dataclass(frozen=True, slots=True)
class StoredQuestion:
    """A question that the member chose, by position 1–3."""

    position: int
    question: SecurityQuestion | None  # None: an id that no catalogue of ours knows
    text: str

    @property
    def weak(self) -> bool:
        """Fewer than 20 likely answers, or unknown: never alone for N1 (req. 21)."""
        return self.question is None or self.question.weak


@dataclass(frozen=True, slots=True)
class Compared:
    """What a comparison outside of the transaction found, and the hash that it was made with."""

    position: int
    matches: bool
    stored: str = field(repr=False)


def set_answers(tx: Transaction, member_id: int, answers: Sequence[NewAnswer]) -> None:
    """Replace the member's three questions and answers (req. 19, 21, 33). The caller records the event and commits.

    Three different questions that are offered today, at most one of them «débil»; answers of at least three letters,
    all different, none that the record or a first guess gives away. Raises InvalidInput (field `answer1`…), NotFound.
    """
    catalogue = load_questions()
    chosen = [catalogue.get(item.question_id) for item in answers]
    offered = [question for question in chosen if question is not None and question.active]
    if not len(chosen) == len(offered) == len({question.id for question in offered}) == QUESTIONS:
        raise InvalidInput("Elija tres preguntas distintas de la lista.", field="questions")
    if sum(question.weak for question in offered) > 1:
        raise InvalidInput("Elija a lo sumo una pregunta débil; cambie una de ellas.", field="questions")
    folded = [fold(item.answer.reveal()[: LONGEST * 4]) for item in answers]
    known = _known_words(tx, member_id)
    for number, (question, answer) in enumerate(zip(offered, folded, strict=True), start=1):
        if not _is_good(answer, question, known) or folded.count(answer) > 1:
            raise InvalidInput(EASY_MESSAGE, field=f"answer{number}")
    tx.connection.execute(delete(SecurityAnswer).where(col(SecurityAnswer.member_id) == member_id))
    rows = [
        {
            "member_id": member_id,
            "position": number,
            "question_id": question.id,
            "catalogue": catalogue.version.isoformat(),
            "answer_hash": tx.uow.hasher.hash(answer),
            "set_at": tx.now,
        }
        for number, (question, answer) in enumerate(zip(offered, folded, strict=True), start=1)
    ]
    tx.connection.execute(insert(SecurityAnswer), rows)


def clear_answers(tx: Transaction, member_id: int) -> int:
    """Forget the member's questions and answers; answers how many there were."""
    return tx.connection.execute(delete(SecurityAnswer).where(col(SecurityAnswer.member_id) == member_id)).rowcount


def stored_questions(tx: Transaction, member_id: int) -> tuple[StoredQuestion, ...]:
    """What the member chose, in order; empty before the first access and after a reset."""
    rows = tx.connection.execute(
        select(col(SecurityAnswer.position), col(SecurityAnswer.question_id))
        .where(col(SecurityAnswer.member_id) == member_id)
        .order_by(col(SecurityAnswer.position))
    ).all()
    found = []
    for position, question_id in rows:
        question = load_questions().get(question_id)
        found.append(StoredQuestion(position, question, question.text if question else "(pregunta retirada)"))
    return tuple(found)


def draw_questions(tx: Transaction, case_id: str, stored: Sequence[StoredQuestion]) -> tuple[int, ...]:
    """The positions to ask in this case: drawn at random the first time, the same ever after (req. 20).

    A further case within the window in which failures count asks what the last one asked, at whatever desk: opening
    the record again is no way to an easier question.
    Never more than one weak one; empty when the member has too few good questions for a draw. A question whose answer
    was erased meanwhile drops out.
    """
    drawn = _drawn(tx, case_id)
    if drawn is None and (draws := _possible_draws(stored, tx.policy.verification.questions_drawn)):
        former = _former_draw(tx, case_id)
        choice = " ".join(map(str, former if former in draws else secrets.choice(draws)))
        tx.connection.execute(
            update(Case).where(col(Case.id) == case_id, col(Case.questions).is_(None)).values(questions=choice)
        )
        drawn = _drawn(tx, case_id)  # read back: another call of this case may have drawn first
    here = {question.position for question in stored}
    return tuple(position for position in drawn or () if position in here)


def compare_answer(uow: UnitOfWork, member_id: int, position: int, answer: Secret) -> Compared:
    """Compare what the caller said, at the same cost whether or not there is such an answer.

    Outside of any transaction: nobody waits for a slow hash. `check_compared` holds it against the row inside.
    Raises InvalidInput for an answer without letters or digits, which is no try.
    """
    typed = fold(answer.reveal()[: LONGEST * 4])
    if not typed:
        raise InvalidInput("Escriba la respuesta que dice quien llama.", field="answer")
    with reading(uow) as connection:
        stored = connection.execute(_hash_of(member_id, position)).scalar()
    if stored is None:
        uow.hasher.verify_dummy(typed)
        return Compared(position, False, "")
    return Compared(position, uow.hasher.verify(stored, typed), stored)


def check_compared(tx: Transaction, member_id: int, compared: Compared) -> bool:
    """Whether the answer was right. Raises DataChanged if the answers were replaced since the comparison."""
    if tx.connection.execute(_hash_of(member_id, compared.position)).scalar() != (compared.stored or None):
        raise DataChanged("Las preguntas del asociado cambiaron. Empiece la verificación de nuevo.")
    return compared.matches


def _hash_of(member_id: int, position: int) -> Select[str]:
    return select(col(SecurityAnswer.answer_hash)).where(
        col(SecurityAnswer.member_id) == member_id, col(SecurityAnswer.position) == position
    )


def _former_draw(tx: Transaction, case_id: str) -> tuple[int, ...]:
    """What was drawn last for this member while the answers were the same; empty if nothing was of late."""
    oldest = tx.now - timedelta(hours=tx.policy.verification.failure_window_hours)
    chosen = tx.connection.execute(
        select(func.max(col(SecurityAnswer.set_at))).where(col(SecurityAnswer.member_id) == tx.member_id)
    ).scalar()
    text = tx.connection.execute(
        select(col(Case.questions))
        .where(
            col(Case.member_id) == tx.member_id,
            col(Case.id) != case_id,
            col(Case.questions).is_not(None),
            col(Case.opened_at) >= max(oldest, chosen or oldest),
        )
        .order_by(col(Case.opened_at).desc(), col(Case.id).desc())
        .limit(1)
    ).scalar()
    return tuple(int(word) for word in (text or "").split())


def _drawn(tx: Transaction, case_id: str) -> tuple[int, ...] | None:
    text = tx.connection.execute(select(col(Case.questions)).where(col(Case.id) == case_id)).scalar()
    return tuple(int(word) for word in text.split()) if text is not None else None


def _possible_draws(stored: Sequence[StoredQuestion], size: int) -> list[tuple[int, ...]]:
    return [
        tuple(question.position for question in draw)
        for draw in itertools.combinations(stored, size)
        if sum(question.weak for question in draw) <= 1
    ]


def _known_words(tx: Transaction, member_id: int) -> frozenset[str]:
    """What whoever knows the member, or found their card, would try first."""
    member = tx.connection.execute(select(Member).where(col(Member.id) == member_id)).mappings().first()
    if member is None:
        raise NotFound
    username = tx.connection.execute(select(col(Access.username)).where(col(Access.member_id) == member_id)).scalar()
    names = f"{member['given_names']} {member['surnames']}"
    whole = (names, member["given_names"], member["surnames"], member["number"], member["cedula"], username or "")
    local_part = (member["email"] or "").partition("@")[0]
    return frozenset(map(fold, (*whole, *names.split(), local_part))) - {""}


def _is_good(answer: str, question: SecurityQuestion, known: frozenset[str]) -> bool:
    letters = [char for char in answer if char.isalpha()]
    plain = len(letters) >= LETTERS and len(set(letters)) > 1 and len(answer) <= LONGEST
    return plain and answer not in EASY and answer not in known and answer not in fold(question.text).split()
