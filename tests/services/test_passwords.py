"""What a good password is, and what a temporary one looks like (req. 11)."""

import unicodedata

import pytest

from data.secrets import Secret
from services.errors import InvalidInput
from services.passwords import (
    MAX_LENGTH,
    minimum_length,
    password_problems,
    require_good_password,
    same_password,
    temporary_password,
)
from services.policy import load_policy

CONTEXT = ("m.rodriguez", "María Peña de Rodríguez")


def problems(text: str, minimum: int = 15) -> str:
    return " ".join(password_problems(Secret(text), context=CONTEXT, minimum=minimum))


def test_the_policy_asks_15_alone_and_12_beside_a_second_factor() -> None:
    limits = load_policy().session
    assert minimum_length(limits, second_factor=False) == 15
    assert minimum_length(limits, second_factor=True) == 12


@pytest.mark.parametrize("minimum", [12, 15])
def test_length_counts_code_points_at_both_ends(minimum: int) -> None:
    letters = "ñáéíóúüabcdefghijklmnopqrstuvwxyz" * 5
    assert "al menos" in problems(letters[: minimum - 1], minimum)
    assert problems(letters[:minimum], minimum) == ""
    assert problems(letters[:MAX_LENGTH], minimum) == ""
    assert f"{MAX_LENGTH} caracteres o menos" in problems(letters[: MAX_LENGTH + 1], minimum)


def test_two_spellings_of_one_letter_are_one_code_point() -> None:
    composed = "ñandúes y chuchúes"[:15]
    assert problems(unicodedata.normalize("NFD", composed)) == ""
    assert "al menos" in problems(unicodedata.normalize("NFD", composed[:14]))
    assert same_password(Secret(composed), Secret(unicodedata.normalize("NFD", composed)))
    assert not same_password(Secret(composed), Secret(composed.upper()))


@pytest.mark.parametrize(
    "text",
    [
        "caballo correcto bateria",
        "todo en minusculas",
        "48151623420908172635",
        "ÑANDÚ VERDE CORRE",
        "🐎🔋📎🌊 y nada mas ya",
    ],
)
def test_no_rule_of_composition(text: str) -> None:
    assert problems(text) == ""


@pytest.mark.parametrize(
    "text",
    [
        "contraseña12345678",
        "CONTRASEÑA12345678",
        "passwordpassword",
        "123456781234567812345678",
        "ababababababababab",
        "z" * 20,
    ],
)
def test_what_everybody_tries_first_is_refused(text: str) -> None:
    assert "primeras que se prueban" in problems(text)


@pytest.mark.parametrize(
    "text",
    [
        "mrodriguez llueve hoy",
        "M_Rodriguez-llueve-hoy",
        "la senora Pena llueve",
        "RODRÍGUEZ y el mar azul",
        "mi Cooperativa querida",
        "c.o.o.p.e.r.a.t.i.v.a 77",
    ],
)
def test_words_of_the_person_and_the_house_are_refused(text: str) -> None:
    assert "No incluya su usuario" in problems(text)


def test_all_problems_are_told_at_once_on_the_field() -> None:
    with pytest.raises(InvalidInput) as refused:
        require_good_password(Secret("maria"), context=CONTEXT, minimum=15, field="new")
    assert refused.value.field == "new"
    assert "al menos 15" in refused.value.user_text and "No incluya" in refused.value.user_text
    assert "maria" not in refused.value.user_text


def test_a_whole_file_is_no_password() -> None:
    assert "caracteres o menos" in problems("a b c d e f" * 100_000)


def test_temporary_passwords_are_random_readable_and_good() -> None:
    made = [temporary_password().reveal() for _ in range(200)]
    assert len(set(made)) == 200
    assert all(len(text) == 19 and not set(text) & set("0o1li") for text in made)
    assert all(problems(text) == "" for text in made)
