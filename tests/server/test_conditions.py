"""Who gets which condition: balanced, drawn once, in the store before anybody is told."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import interactive_gym as ig
from interactive_gym.data import assignments, people, tables
from interactive_gym.data.assignments import Standing
from interactive_gym.server.conditions import balanced
from tests.data.test_files import table
from tests.server.game import draw, make_so
from tests.server.meeting import Player, gym, study
from tests.server.rows import FPS, whole_episode
from tests.server.running import Participant, Running

Serve = Callable[..., Running]
Arrive = Callable[..., Participant]
Come = Callable[..., Awaitable[Player]]

NAMES = ["a", "b", "c"]
numbers = st.integers(0, 4)
standings = st.dictionaries(st.sampled_from([*NAMES, "gone"]), st.builds(Standing, numbers, numbers, numbers, numbers))


def factor(balance: Any = "finished") -> ig.Factor:
    return ig.Factor("pace", dict.fromkeys(NAMES, 0), balance=balance)


@given(standings, st.text(max_size=5))
def test_the_condition_that_the_fewest_have_finished(known: dict[str, Standing], seed: str) -> None:
    chosen = balanced(factor(), known, seed)
    fewest = min(known.get(name, Standing()).finished for name in NAMES)
    assert known.get(chosen, Standing()).finished == fewest
    level = [name for name in NAMES if known.get(name, Standing()).finished == fewest]
    assert known.get(chosen, Standing()).running == min(known.get(name, Standing()).running for name in level)
    assert balanced(factor(), known, seed) == chosen


@given(standings, st.text(max_size=5))
def test_the_condition_that_the_fewest_have_started(known: dict[str, Standing], seed: str) -> None:
    chosen = balanced(factor("started"), known, seed)
    assert known.get(chosen, Standing()).started == min(known.get(name, Standing()).started for name in NAMES)


@pytest.mark.parametrize("balance", ["finished", "started"])
@given(st.lists(st.booleans(), max_size=60))
def test_one_after_the_other_they_stay_level(balance: str, ends: list[bool]) -> None:
    """``ends``: whether each one finishes, before the next one comes."""
    finished, started = Counter[str](), Counter[str]()
    for number, ends_well in enumerate(ends):
        known = {name: Standing(finished[name], 0, started[name], started[name]) for name in NAMES}
        chosen = balanced(factor(balance), known, f"p-{number}")
        started[chosen] += 1
        finished[chosen] += ends_well
    counted = finished if balance == "finished" else started
    assert max(counted[name] for name in NAMES) - min(counted[name] for name in NAMES) <= 1


def test_ties_are_drawn() -> None:
    chosen = Counter(balanced(factor(), {}, f"p-{number}") for number in range(900))
    assert min(chosen[name] for name in NAMES) > 200


# --- with a server ----------------------------------------------------------------------------------------------------


def alone(size: ig.Factor) -> ig.GymScene:
    scene = ig.GymScene("game").environment(make_so, options={"size": size}).rendering(draw=draw, fps=FPS)
    return scene.gameplay(actions={"ArrowLeft": 1}, default_action=0)


def varied(*more: Any) -> ig.Experiment:
    """Two pages and two games in an order of one's own, between pages that tell of the condition."""
    brief = ig.Conditions(
        "brief", {"told": ig.StaticScene("told"), "untold": [ig.StaticScene("a"), ig.StaticScene("b")]}
    )
    size = ig.Factor("size", {"small": 1, "large": 2})
    game = alone(size)
    mixed = ig.RandomizeOrder(
        *(ig.StaticScene(f"page-{n}") for n in range(5)), ig.RepeatScene(game, n=2), *more, keep_n=5
    )
    return ig.Experiment("varied").scenes(ig.StartScene("welcome"), brief, mixed, ig.EndScene("thanks"))


def stored(server: Running, one: Participant) -> tuple[Any, ...]:
    def read(connection: Any) -> tuple[Any, ...]:
        return people.sequence_of(connection, one.id), dict(assignments.by_unit(connection).get(one.id, {}))

    return server.desk.store.read_now(read)


async def walk(one: Participant, page: dict[str, Any]) -> list[dict[str, Any]]:
    """Goes on from ``page`` to the end."""
    seen = [page]
    while seen[-1]["kind"] not in ("end", "refused"):
        here = seen[-1]
        if here["kind"] == "gym":
            await one.resume(here["session_id"])
            await one.upload(*whole_episode(here["session_id"], 5))
        seen.append(await one.advance(here["scene_id"]))
    return seen


async def test_nothing_is_drawn_again_wherever_the_server_stops(serve: Serve, arrive: Arrive) -> None:
    server = serve(varied())
    before = arrive(server)
    await before.join()
    page, (order, given_) = await before.connect(), stored(server, before)
    seen = [page["scene_id"]]
    while page["kind"] != "end":
        server.stop()
        server = serve(varied())
        after = arrive(server)
        after.token, after.id = before.token, before.id
        assert await after.connect() == page
        assert stored(server, after)[0] == order
        assert given_.items() <= stored(server, after)[1].items()
        if page["kind"] == "gym":
            assert page["game"]["options"] == {"size": {"small": 1, "large": 2}[given_["size"]]}
            await after.resume(page["session_id"])
            await after.upload(*whole_episode(page["session_id"], 5))
        page = await after.advance(page["scene_id"])
        seen.append(page["scene_id"])
    assert seen == order
    server.stop()
    (row,) = tables_of(server, "participants.csv")
    assert (row["sequence"], row["conditions"]) == (order, given_)


def tables_of(server: Running, file: str) -> list[dict[str, Any]]:
    return [{name: parsed(value) for name, value in row.items()} for row in table(server.data / file)]


def parsed(cell: str) -> Any:
    return json.loads(cell) if cell[:1] in ("[", "{") else cell


async def test_orders_differ_between_participants_and_each_is_walked_to_its_end(serve: Serve, arrive: Arrive) -> None:
    server = serve(varied())
    orders = set()
    for _ in range(6):
        one = await arrive(server).join()
        seen = [page["scene_id"] for page in await walk(one, await one.connect())]
        assert seen == stored(server, one)[0]
        orders.add(tuple(seen))
    assert len(orders) > 1
    told = Counter("told" in order for order in orders)
    assert set(told) == {True, False}


async def test_conditions_are_level_among_those_who_finish(serve: Serve, arrive: Arrive) -> None:
    server = serve(varied())
    given_ = Counter[str]()
    for number in range(8):
        one = await arrive(server).join()
        page = await one.connect()
        if number % 2:
            await one.advance("welcome")  # and then is gone
        else:
            await walk(one, page)
            given_[stored(server, one)[1]["brief"]] += 1
    assert given_ == {"told": 2, "untold": 2}


async def test_scenes_that_are_gone_are_skipped_and_the_rest_stays(serve: Serve, arrive: Arrive) -> None:
    server = serve(varied())
    before = arrive(server)
    await before.join()
    order, _ = stored(server, before)
    await before.connect()
    await before.advance("welcome")
    here = order[1]
    server.stop()
    left = [ig.StaticScene(id) for id in ("new", "page-3", "page-1", "told", "a", "b")]
    server = serve(ig.Experiment("varied").scenes(ig.StartScene("welcome"), *left, ig.EndScene("goodbye")))
    after = arrive(server)
    after.token, after.id = before.token, before.id
    seen = [page["scene_id"] for page in await walk(after, await after.connect())]
    kept = {"told", "a", "b", "page-1", "page-3"}
    assert seen == [here, *(id for id in order[2:] if id in kept), "goodbye"]


async def test_who_came_before_there_was_anything_to_draw_goes_on_in_an_order_of_their_own(
    serve: Serve, arrive: Arrive
) -> None:
    pages = [ig.StaticScene(f"page-{number}") for number in range(5)]
    server = serve(ig.Experiment("varied").scenes(ig.StartScene("welcome"), *pages, ig.EndScene("thanks")))
    before = arrive(server)
    await before.join()
    await before.connect()
    await before.advance("welcome")
    assert stored(server, before) == ([], {})
    server.stop()
    server = serve(varied())
    after = arrive(server)
    after.token, after.id = before.token, before.id
    seen = [page["scene_id"] for page in await walk(after, await after.connect())]
    assert seen[0] == "page-0"
    assert ["welcome", *seen] == stored(server, after)[0]
    assert len(set(seen)) == len(seen)


async def test_a_condition_that_is_gone_is_drawn_anew_and_noted(serve: Serve, arrive: Arrive) -> None:
    def study_of(**values: int) -> ig.Experiment:
        game = alone(ig.Factor("size", values))
        return ig.Experiment("one").scenes(ig.StartScene("welcome"), game, ig.EndScene("thanks"))

    server = serve(study_of(small=1))
    before = arrive(server)
    await before.join()
    assert stored(server, before)[1] == {"size": "small"}
    server.stop()
    server = serve(study_of(huge=9))
    after = arrive(server)
    after.token, after.id = before.token, before.id
    await after.connect()
    assert (await after.advance("welcome"))["game"]["options"] == {"size": 9}
    events = server.desk.store.read_now(lambda connection: list(tables.events_lines(connection)))
    (gone,) = [event for event in events if event["name"] == "condition_gone"]
    assert gone["data"] == {"factor": "size", "condition": "small"}
    assert stored(server, after)[1] == {"size": "huge"}


# --- groups -----------------------------------------------------------------------------------------------------------

PACES = {"slow": 1, "fast": 3}


def paced(scene_id: str = "game") -> Any:
    pace = ig.Factor("pace", PACES, by="group", balance="started")
    return gym(scene_id).environment(make_so, options={"pace": pace})


async def seated(*players: Player, scene_id: str = "game") -> list[dict[str, Any]]:
    for player in players:
        await player.enlist(scene_id)
    return [await player.hears("match") for player in players]


def drawn_for(server: Running, session_id: str) -> dict[str, str]:
    return dict(server.desk.store.read_now(assignments.by_unit)[session_id])


async def test_a_group_shares_a_condition_that_is_drawn_when_it_is_seated(serve: Serve, come: Come) -> None:
    server = serve(study(paced()))
    paces = []
    for _ in range(2):
        one, two = await come(server), await come(server)
        matches = await seated(one, two)
        assert matches[0]["game"] == matches[1]["game"]
        pace = drawn_for(server, matches[0]["session_id"])["pace"]
        assert matches[0]["game"]["options"] == {"pace": PACES[pace]}
        paces.append(pace)
        for player in (one, two):
            await player.validated(matches[0]["session_id"])
        await one.hears("play")
    assert sorted(paces) == ["fast", "slow"], "the second group has the condition that nobody has yet"
    server.stop()
    rows = tables_of(server, "sessions.csv")
    assert [row["conditions"] for row in rows] == [{"pace": pace} for pace in paces for _ in range(2)]
    assert [(row["factor"], row["condition"]) for row in tables_of(server, "assignments.csv")] == [
        ("pace", pace) for pace in paces
    ]


async def test_the_same_group_keeps_its_condition_after_a_match_that_came_to_nothing(serve: Serve, come: Come) -> None:
    server = serve(study(paced(), connect_s=60))
    one, two = await come(server), await come(server)
    first, _ = await seated(one, two)
    await one.validated(first["session_id"], "no way to each other")
    again = await one.hears("match")
    assert again["session_id"] != first["session_id"]
    assert again["game"] == first["game"]
    assert drawn_for(server, again["session_id"]) == drawn_for(server, first["session_id"])


async def test_a_match_that_came_to_nothing_does_not_count(serve: Serve, come: Come) -> None:
    server = serve(study(paced()))
    one, two = await come(server), await come(server)
    first, _ = await seated(one, two)
    await two.failed("runtime_failed")
    await one.hears("unmatched")

    def standing(connection: Any) -> Any:
        return assignments.of_sessions(connection, "pace")

    pace = drawn_for(server, first["session_id"])["pace"]
    assert server.desk.store.read_now(standing) == {pace: Standing(0, 0, 0, 1)}


async def test_whoever_comes_back_into_a_game_finds_its_condition(
    serve: Serve, come: Come, again: Callable[..., Awaitable[Player]]
) -> None:
    server = serve(study(paced()))
    one, two = await come(server), await come(server)
    first, _ = await seated(one, two)
    for player in (one, two):
        await player.validated(first["session_id"])
    await one.hears("play")
    page = await again(server, one, takeover=True)
    await page.enlist()
    match = await page.hears("match")
    assert match["returning"]
    assert match["game"] == first["game"]


async def test_a_game_without_factors_is_the_page_s_letter_for_letter(serve: Serve, come: Come) -> None:
    """So that what a page has prepared while it waited need not be made again."""
    server = serve(study(gym("game")))
    one, two = Player(server.url), await come(server)
    await one.join()
    await one.connect()
    page = await one.advance("welcome")
    matches = await seated(one, two)
    assert str(matches[0]["game"]) == str(page["game"])
    await one.leave()
