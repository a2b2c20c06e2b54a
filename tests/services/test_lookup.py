"""Finding a member.

One box, exact, masked, counted, and the same answer where there is nothing to say (req. 16).
"""

from __future__ import annotations

import json

import pytest

from data.engine import writing
from data.name_index import index_names
from services.errors import NotFound, NotPermitted, RateLimited, SessionEnded
from services.lookup import Find, FindResult, find
from services.operator import Operator, Role
from tests.services.test_lookup_query import HOSTILE
from tests.services.world import World


@pytest.fixture
def agent(world: World) -> Operator:
    return world.staff("mrodriguez", roles=(Role.CIS_AGENT,))


@pytest.fixture
def supervisor(world: World) -> Operator:
    return world.staff("lsupervisor", roles=(Role.SUPERVISOR,))


def people(world: World) -> dict[str, int]:
    """A handful of members in the name index."""
    names = {
        "50012": ("Itzel", "Pérez Muñoz"),
        "50013": ("María Luisa", "De la Peña"),
        "50014": ("José", "González Núñez"),
        "50015": ("Ana", "Gonzales"),
        "50016": ("María", "O'Neill"),
        "50017": ("Mariana", "Perez"),
    }
    ids = {
        number: world.member(number, given_names=given, surnames=surnames)
        for number, (given, surnames) in names.items()
    }
    with writing(world.engine).begin() as connection:
        index_names(connection, ids.values())
    return ids


def numbers(result: FindResult) -> list[str]:
    return [hit.number for hit in result.hits]


# ------------------------------------------------------------ exact


@pytest.mark.parametrize(
    "typed", ["50012", " 0050012", "8-700-50012", "08 0700 050012", "06-018-50012-1", "06018500121"]
)
def test_one_box_takes_number_cedula_and_account(world: World, agent: Operator, typed: str) -> None:
    member = world.member("50012")
    world.member("50013")
    world.account(member, number="06-018-50012-1")
    result = find(Find(typed), agent, world.uow)
    assert [hit.member_id for hit in result.hits] == [member] and not result.by_name


def test_a_tercero_is_found_by_client_number(world: World, agent: Operator) -> None:
    member = world.member("70001", kind="tercero")
    (hit,) = find(Find("70001"), agent, world.uow).hits
    assert (hit.member_id, hit.kind) == (member, "tercero")


def test_a_hit_is_masked(world: World, agent: Operator) -> None:
    member = world.member("50012")
    world.access(member, "solicitado")
    (hit,) = find(Find("50012"), agent, world.uow).hits
    assert hit.name == "ITZEL P••••"
    assert hit.cedula == "8-•••-•012"
    assert hit.access == "solicitado, espera activación" and hit.state == "solicitado"
    assert "Pérez".upper() not in repr(hit) and "700" not in repr(hit)


def test_the_cooperative_s_own_accounts_lead_to_nobody(world: World, agent: Operator) -> None:
    world.account(None, number="06-018-99999-1")
    with pytest.raises(NotFound):
        find(Find("06-018-99999-1"), agent, world.uow)


def test_a_number_beats_an_account_with_the_same_digits(world: World, agent: Operator) -> None:
    member = world.member("12345678")
    other = world.member("50013")
    world.account(other, number="12345678")
    assert [hit.member_id for hit in find(Find("12345678"), agent, world.uow).hits] == [member]


# ------------------------------------------------------------ by name


@pytest.mark.parametrize(
    ("typed", "first"),
    [
        ("perez munoz", "50012"),
        ("PÉREZ MUÑOZ", "50012"),
        ("itzel", "50012"),
        ("itsel", "50012"),  # another letter
        ("izel perez", "50012"),  # one fewer
        ("ittzel", "50012"),  # one more
        ("tizel", "50012"),  # swapped
        ("maria de la pena", "50013"),
        ("pena", "50013"),
        ("o'neill", "50016"),
        ("oneil", "50016"),
        ("jose gonz", "50014"),  # a beginning of the last word
        ("gonzalez", "50014"),
    ],
)
def test_names_forgive(world: World, supervisor: Operator, typed: str, first: str) -> None:
    people(world)
    result = find(Find(typed), supervisor, world.uow)
    assert result.by_name and numbers(result)[0] == first


def test_the_exact_name_comes_first(world: World, supervisor: Operator) -> None:
    people(world)
    assert numbers(find(Find("gonzales"), supervisor, world.uow)) == ["50015", "50014"]
    assert numbers(find(Find("perez"), supervisor, world.uow)) == ["50017", "50012"]
    assert numbers(find(Find("perez munos"), supervisor, world.uow)) == ["50012"]
    assert numbers(find(Find("maria"), supervisor, world.uow))[-1] == "50017"  # only begins so


def test_every_word_must_be_met(world: World, supervisor: Operator) -> None:
    people(world)
    with pytest.raises(NotFound):
        find(Find("itzel gonzalez"), supervisor, world.uow)


def test_name_hits_are_masked_and_capped(world: World, supervisor: Operator) -> None:
    ids = [world.member(str(60000 + n), given_names="Rosa", surnames=f"Castillo {n:c}") for n in range(97, 122)]
    with writing(world.engine).begin() as connection:
        index_names(connection, ids, fresh=True)
    result = find(Find("rosa castillo"), supervisor, world.uow)
    assert len(result.hits) == world.uow.policy.lookup.name_results and result.more
    assert {hit.name for hit in result.hits} == {"ROSA C••••"}


def test_indexing_again_follows_the_new_name(world: World, supervisor: Operator) -> None:
    ids = people(world)
    world.change("UPDATE member SET surnames = 'Zambrano' WHERE id = :id", id=ids["50012"])
    with writing(world.engine).begin() as connection:
        assert index_names(connection, [ids["50012"]]) == 1
    assert numbers(find(Find("zambrano"), supervisor, world.uow)) == ["50012"]
    assert numbers(find(Find("perez"), supervisor, world.uow)) == ["50017"]


def test_everybody_can_be_indexed_at_once(world: World, supervisor: Operator) -> None:
    people(world)
    with writing(world.engine).begin() as connection:
        assert index_names(connection) == 6
    assert numbers(find(Find("oneill"), supervisor, world.uow)) == ["50016"]


# ------------------------------------------------------------ equal answers


def test_nobody_and_not_allowed_answer_alike(world: World, agent: Operator) -> None:
    people(world)
    with pytest.raises(NotFound) as nobody:
        find(Find("59999"), agent, world.uow)
    with pytest.raises(NotFound) as forbidden:
        find(Find("Itzel Pérez"), agent, world.uow)
    assert nobody.value.user_text == forbidden.value.user_text == "No hay un registro con esos datos."
    assert (nobody.value.code, nobody.value.field) == (forbidden.value.code, forbidden.value.field)


@pytest.mark.parametrize("typed", HOSTILE)
def test_hostile_text_finds_nobody(world: World, supervisor: Operator, typed: str) -> None:
    world.member("50012")
    with pytest.raises(NotFound):
        find(Find(typed), supervisor, world.uow)
    assert len(world.events("member.find")) == 1


def test_administrators_find_nobody_at_all(world: World) -> None:
    admin = world.staff("admin", roles=(Role.ADMINISTRATOR,))
    with pytest.raises(NotPermitted):
        find(Find("50012"), admin, world.uow)


def test_a_session_is_needed(world: World) -> None:
    with pytest.raises(SessionEnded):
        find(Find("50012"), world.staff("fantasma", sign_in=False), world.uow)


# ------------------------------------------------------------ the trail


def test_every_look_up_leaves_an_event_without_the_text(world: World, agent: Operator) -> None:
    member = world.member("50012")
    find(Find("8-700-50012"), agent, world.uow)
    for typed in ("8-555-4321", "clave Bombero secreta"):
        with pytest.raises(NotFound):
            find(Find(typed), agent, world.uow)
    found, missing, named = world.events("member.find")
    assert (found["result"], found["member"], found["detail"]["kind"]) == ("ok", member, "cedula")
    assert (missing["result"], missing["detail"]["kind"]) == ("not_found", "cedula") and "member" not in missing
    assert (named["result"], named["reason"], named["detail"]["kind"]) == ("refused", "not_permitted", "nombre")
    bodies = json.dumps([found, missing, named], ensure_ascii=False).casefold()
    assert not any(secret in bodies for secret in ("50012", "4321", "bombero", "secreta"))


def test_name_hits_are_listed_in_the_trail(world: World, supervisor: Operator) -> None:
    ids = people(world)
    find(Find("perez"), supervisor, world.uow)
    assert sorted(world.events("member.find")[0]["detail"]["members"]) == sorted([ids["50012"], ids["50017"]])


# ------------------------------------------------------------ the limit


def test_thirty_in_ten_minutes_and_no_more(world: World, agent: Operator) -> None:
    world.member("50012")
    limits = world.uow.policy.lookup
    for turn in range(limits.per_window):
        if turn % 2:
            find(Find("50012"), agent, world.uow)
        else:
            with pytest.raises(NotFound):
                find(Find("59999"), agent, world.uow)
    for _ in range(2):
        with pytest.raises(RateLimited) as refused:
            find(Find("50012"), agent, world.uow)
        assert "supervisor" in refused.value.user_text
    assert [event["reason"] for event in world.events("member.find")[limits.per_window :]] == ["rate_limited"] * 2

    other = world.staff("otro")
    assert find(Find("50012"), other, world.uow).hits  # each agent has a count of their own
    world.clock.advance(minutes=4)
    with pytest.raises(RateLimited):
        find(Find("50012"), agent, world.uow)
    world.clock.advance(minutes=3)
    world.change("UPDATE staff_session SET last_seen_at = :now", now=_stored(world))
    world.clock.advance(minutes=3, seconds=1)
    assert find(Find("50012"), agent, world.uow).hits


def _stored(world: World) -> object:
    moment = world.clock.now()
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ") if world.dialect == "sqlite" else moment
