"""The member's questions: which answers are taken, how they are compared, what is drawn (req. 18–21, C6)."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from data.secrets import Secret
from services import verification as v
from services.errors import DataChanged, InvalidInput
from services.operator import system_operator
from services.security_questions import check_compared, clear_answers, compare_answer
from services.verification_state import complete_factors
from tests.services.callers import ANSWERS, WEAK, answer_all, caller, give_answers, say
from tests.services.world import World

GOOD = tuple(ANSWERS.values())


@pytest.mark.parametrize(
    "answer",
    [
        "ab",
        "a1",
        "123",
        "1234",
        "¡¡¡!!!",
        "aaaa",
        "prueba",
        "  PRUEBA. ",
        "no sé",
        "Itzel",
        "pérez",
        "Perez Munoz",
        "itzel perez muñoz",
        "50012",
        "8-700-50012",
        "Socio50012",
        "itzeluser",
        "jefe",
        "x" * 101,
    ],
)
def test_an_answer_that_is_easy_to_guess_is_refused(sqlite_world: World, answer: str) -> None:
    member = sqlite_world.member()
    sqlite_world.access(member, "activo", username="ItzelUser", username_folded="itzeluser")
    with pytest.raises(InvalidInput) as refused:
        give_answers(sqlite_world, member, [("primer-jefe", answer), *GOOD[1:]])
    assert refused.value.user_text == "Elija una respuesta menos fácil de adivinar."
    assert refused.value.field == "answer1" and answer not in str(refused.value)
    assert sqlite_world.scalar("SELECT count(*) FROM security_answer") == 0


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ([("primer-jefe", "Samudio"), ("calle-infancia", "SAMUDIO."), GOOD[2]], "answer1"),
        ([GOOD[0], GOOD[0], GOOD[2]], "questions"),
        ([GOOD[0], GOOD[1]], "questions"),
        ([*GOOD, ("primera-mascota", "Laika Segunda")], "questions"),
        ([GOOD[0], GOOD[1], ("una-mia", "Cualquiera")], "questions"),
        ([GOOD[0], ("mes-mejor-amigo", "octubre"), ("deporte-secundaria", "Béisbol")], "questions"),
    ],
)
def test_a_choice_of_questions_that_is_refused(sqlite_world: World, answers: list[tuple[str, str]], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        give_answers(sqlite_world, sqlite_world.member(), answers)
    assert refused.value.field == field


def test_new_answers_replace_the_old_ones(world: World) -> None:
    member = world.member()
    give_answers(world, member)
    give_answers(world, member, [("primera-mascota", "Laika Segunda"), GOOD[1], GOOD[2]])
    rows = world.rows("SELECT * FROM security_answer ORDER BY position")
    assert [row["question_id"] for row in rows] == ["primera-mascota", "calle-infancia", "deporte-secundaria"]
    assert {row["catalogue"] for row in rows} == {"2026-11-01"}
    assert all(row["answer_hash"].startswith("$argon2id$") for row in rows)
    assert len({row["answer_hash"].rsplit("$", 2)[1] for row in rows}) == 3, "each answer has a salt of its own"
    with world.uow.begin_system(system_operator("prueba")) as tx:
        assert clear_answers(tx, member) == 3


@pytest.mark.parametrize("typed", ["Samudio", "  SAMUDIO. ", "samúdio", "¡Samudio!", "Sam\u0075dio"])
def test_case_accents_punctuation_and_blanks_do_not_matter(sqlite_world: World, typed: str) -> None:
    agent, member = caller(sqlite_world)
    sqlite_world.change("UPDATE service_case SET questions = '1 2'")
    assert say(sqlite_world, agent, member, 1, typed).outcome == "passed"


@pytest.mark.parametrize("typed", ["Samudi", "Samudios", "Sam udio", "Zamudio", "Samudio Samudio"])
def test_nothing_else_is_forgiven(sqlite_world: World, typed: str) -> None:
    agent, member = caller(sqlite_world)
    sqlite_world.change("UPDATE service_case SET questions = '1 2'")
    assert say(sqlite_world, agent, member, 1, typed).outcome == "failed"


def test_two_are_drawn_once_a_case_and_every_pair_comes_up(world: World) -> None:
    member = world.member()
    give_answers(world, member)
    drawn: Counter[tuple[int, ...]] = Counter()
    agent = world.staff()
    for _ in range(40):
        world.change("UPDATE service_case SET questions = NULL, closed_at = opened_at WHERE closed_at IS NULL")
        world.case(agent, member)
        first = v.begin(v.BeginVerification(member), agent, world.uow)
        again = v.begin(v.BeginVerification(member), agent, world.uow)
        assert first.questions == again.questions and len(first.questions) == 2
        drawn[tuple(question.position for question in first.questions)] += 1
    assert set(drawn) == {(1, 2), (1, 3), (2, 3)}


def test_two_weak_questions_are_never_drawn_together(sqlite_world: World) -> None:
    agent, member = caller(sqlite_world)
    sqlite_world.change("UPDATE security_answer SET question_id = 'mes-mejor-amigo' WHERE position = 2")
    for _ in range(20):
        sqlite_world.change("UPDATE service_case SET questions = NULL")
        state = v.begin(v.BeginVerification(member), agent, sqlite_world.uow)
        assert sum(question.weak for question in state.questions) == 1
    sqlite_world.change("UPDATE security_answer SET question_id = 'color-primer-auto' WHERE position = 1")
    sqlite_world.change("UPDATE service_case SET questions = NULL")
    state = v.begin(v.BeginVerification(member), agent, sqlite_world.uow)
    assert state.questions == () and state.has_questions
    offers = {offer.kind: offer.reason_disabled for offer in state.offers}
    assert offers["question"] and offers["record"], "weak questions are no way round to the record check"


def test_a_weak_question_is_marked(sqlite_world: World) -> None:
    agent, member = caller(sqlite_world)
    sqlite_world.change("UPDATE service_case SET questions = '1 3'")
    state = v.begin(v.BeginVerification(member), agent, sqlite_world.uow)
    assert [(q.position, q.weak, q.passed) for q in state.questions] == [(1, False, None), (WEAK, True, None)]
    assert state.questions[1].text == "¿Cuál fue su deporte favorito en la escuela secundaria?"


def test_one_question_is_not_enough_nor_the_same_one_twice(sqlite_world: World) -> None:
    agent, member = caller(sqlite_world)
    sqlite_world.change("UPDATE service_case SET questions = '1 2'")
    for _ in range(2):
        assert say(sqlite_world, agent, member, 1).level == 0
    assert complete_factors([("question", "1"), ("question", "1")], (1, 2)) == frozenset()
    assert complete_factors([], ()) == frozenset(), "no questions drawn is not all questions answered"
    assert say(sqlite_world, agent, member, 2).level == 1


def test_a_question_that_was_not_drawn_is_not_asked(sqlite_world: World) -> None:
    agent, member = caller(sqlite_world)
    sqlite_world.change("UPDATE service_case SET questions = '1 2'")
    for position in (3, 0, 99):
        with pytest.raises(InvalidInput):
            say(sqlite_world, agent, member, position, "Béisbol")
    assert sqlite_world.scalar("SELECT count(*) FROM verification_factor") == 0


def test_an_empty_answer_is_no_try(sqlite_world: World) -> None:
    agent, member = caller(sqlite_world)
    for typed in ("", "  ", "...", "\u202e"):
        with pytest.raises(InvalidInput):
            say(sqlite_world, agent, member, 1, typed)
    assert sqlite_world.scalar("SELECT count(*) FROM verification_factor") == 0


def test_someone_without_answers_costs_the_same_work(sqlite_world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    agent, member = caller(sqlite_world, answers=False)
    done: list[str] = []
    kind = type(sqlite_world.uow.hasher)
    verify = kind.verify
    monkeypatch.setattr(kind, "verify", lambda self, stored, text: done.append("hash") or verify(self, stored, text))
    with pytest.raises(InvalidInput):
        say(sqlite_world, agent, member, 1, "Samudio")
    assert done == ["hash"]


def test_answers_replaced_between_comparison_and_count(world: World) -> None:
    _, member = caller(world)
    compared = compare_answer(world.uow, member, 1, Secret("Samudio"))
    assert compared.matches and "Samudio" not in repr(compared) and "argon2" not in repr(compared)
    give_answers(world, member)
    with pytest.raises(DataChanged), world.uow.begin_system(system_operator("prueba")) as tx:
        check_compared(tx, member, compared)


def test_a_planted_answer_is_nowhere(sqlite_world: World, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(0)
    planted = "Xilofonte Barranquilla"
    agent, member = caller(sqlite_world, answers=False)
    give_answers(sqlite_world, member, [("primer-jefe", planted), *GOOD[1:]])
    sqlite_world.change("UPDATE service_case SET questions = '1 2'")
    states = [
        say(sqlite_world, agent, member, 1, planted),
        say(sqlite_world, agent, member, 2, f"otra {planted}"),
        say(sqlite_world, agent, member, 2),
    ]
    command = v.AnswerQuestion(member, 1, Secret(planted))
    with pytest.raises(InvalidInput):
        give_answers(sqlite_world, member, [("primer-jefe", planted), ("primer-jefe", planted), GOOD[2]])
    folder = Path(str(sqlite_world.engine.url.database)).parent
    sqlite_world.close()
    whole = b"".join(path.read_bytes() for path in folder.glob("coop.db*")).lower()
    assert b"primer-jefe" in whole, "looked in the wrong place"
    for text in (planted, planted.lower(), "xilofonte"):
        assert text.lower().encode() not in whole
        assert text not in caplog.text and text not in repr(command) + repr(states)


def test_the_whole_of_n1(world: World) -> None:
    agent, member = caller(world)
    state = answer_all(world, agent, member)
    assert (state.level, state.factors, state.message) == (1, ("question",), "Respuesta correcta.")
