"""Scenes in an order, number or choice of each participant's own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

import interactive_gym as ig
from interactive_gym.scenes.wrappers import drawn, scenes_of
from tests.scenes import kitchen

START, END = ig.StartScene("welcome"), ig.EndScene("thanks")
A, B, C, D = (ig.StaticScene(id) for id in "abcd")


def first(factor: ig.Factor) -> str:
    return next(iter(factor.values))


def ids(part: Any, seed: str = "p-1", condition: Callable[[ig.Factor], str] = first) -> list[str]:
    return [scene.id for scene in drawn([part], seed, condition)]


class Backwards(ig.SceneWrapper):
    """A researcher's own."""

    def choose(self, draw: ig.Draw) -> Sequence[Any]:
        return self.parts[::-1]


class Badly(ig.SceneWrapper):
    """A researcher's own, with a mistake."""

    def __init__(self, mistake: Callable[[Any], Any]) -> None:
        super().__init__(A, B)
        self.mistake = mistake

    def choose(self, draw: ig.Draw) -> Sequence[Any]:
        return self.mistake(self.parts)


@st.composite
def nested(draw: st.DrawFn) -> Any:
    """A tree of wrappers whose leaves are different scenes."""
    numbers = iter(range(1000))

    def leaf() -> Any:
        return ig.StaticScene(f"s{next(numbers)}")

    def tree(depth: int) -> Any:
        kind = draw(st.sampled_from(["scene", "order", "repeat", "conditions", "own"] if depth else ["scene"]))
        parts = [] if kind == "scene" else [tree(depth - 1) for _ in range(draw(st.integers(1, 3)))]
        match kind:
            case "order":
                return ig.RandomizeOrder(*parts, keep_n=draw(st.none() | st.integers(1, len(parts))))
            case "repeat":
                return ig.RepeatScene(parts[0], n=draw(st.integers(1, 3)))
            case "conditions":
                return ig.Conditions(f"c{next(numbers)}", {"one": parts[:1], "rest": parts[1:]})
            case "own":
                return Backwards(*parts)
        return leaf()

    return tree(draw(st.integers(0, 3)))


@given(nested(), st.text(max_size=8), st.sampled_from([0, -1]))
def test_whatever_is_nested_is_drawn_from_what_is_known_once_and_alike(tree: Any, seed: str, which: int) -> None:
    def condition(factor: ig.Factor) -> str:
        return list(factor.values)[which]

    experiment = ig.Experiment("study").scenes(START, tree, END)
    order = drawn(experiment.parts, seed, condition)
    names = [scene.id for scene in order]
    assert len(set(names)) == len(names)
    assert set(names) <= {scene.id for scene in experiment.sequence}
    assert (names[0], names[-1]) == ("welcome", "thanks")
    assert [scene.id for scene in drawn(experiment.parts, seed, condition)] == names


@given(st.integers(1, 8), st.integers(1, 8), st.text(max_size=8))
def test_so_many_are_kept(scenes: int, kept: int, seed: str) -> None:
    everything = [ig.StaticScene(f"s{number}") for number in range(scenes)]
    kept = min(kept, scenes)
    found = ids(ig.RandomizeOrder(*everything, keep_n=kept), seed)
    assert len(set(found)) == len(found) == kept
    assert sorted(ids(ig.RandomizeOrder(*everything), seed)) == sorted(scene.id for scene in everything)


def test_every_order_comes_up_equally_often() -> None:
    orders = Counter(tuple(ids(ig.RandomizeOrder(A, B, C), f"p-{number}")) for number in range(3000))
    assert len(orders) == 6
    assert min(orders.values()) > 400


def test_two_wrappers_of_one_participant_are_drawn_apart() -> None:
    first, second = ig.RandomizeOrder(A, B), ig.RandomizeOrder(C, D)
    together = Counter(tuple(s.id for s in drawn([first, second], f"p-{n}", lambda _: "")) for n in range(400))
    assert len(together) == 4


def test_what_is_nested_stays_together_and_is_drawn_each_time() -> None:
    block = ig.RepeatScene(ig.RandomizeOrder(A, B), n=2)
    assert [scene.id for scene in scenes_of([block])] == ["a-1", "b-1", "a-2", "b-2"]
    found = {tuple(ids(block, f"p-{number}")) for number in range(100)}
    assert found == {
        (x, y, z, w) for x, y in (("a-1", "b-1"), ("b-1", "a-1")) for z, w in (("a-2", "b-2"), ("b-2", "a-2"))
    }
    assert ids(ig.RepeatScene(ig.RepeatScene(A, n=2), n=2)) == ["a-1-1", "a-2-1", "a-1-2", "a-2-2"]


def test_a_repeated_game_is_complete_and_the_one_that_was_repeated_stays() -> None:
    game = kitchen.complete_game()
    once, again = scenes_of([ig.RepeatScene(game, n=2)])
    assert isinstance(once, ig.GymScene) and isinstance(again, ig.GymScene)
    assert [scene.game()["scene_id"] for scene in (once, again, game)] == ["game-1", "game-2", "game"]
    assert {**once.game(), "scene_id": ""} == {**game.game(), "scene_id": ""}


def test_conditions_see_their_own_scenes() -> None:
    brief = ig.Conditions("brief", {"told": [A, B], "shown": C, "untold": []})
    assert [ids(brief, condition=lambda _, name=name: name) for name in ("told", "shown", "untold")] == [
        ["a", "b"], ["c"], []
    ]  # fmt: skip
    experiment = ig.Experiment("study").scenes(START, D, brief, END)
    assert [scene.id for scene in experiment.sequence] == ["welcome", "d", "a", "b", "c", "thanks"]


def test_a_game_plays_with_the_option_of_its_condition() -> None:
    size = ig.Factor("size", {"small": 3, "large": 9}, by="group")
    game = kitchen.complete_game().environment(options={"size": size})
    assert game.game()["options"] == {"size": 3}
    assert game.game({"size": "large"})["options"] == {"size": 9}
    assert game.factors == (size,)
    registered = ig.GymScene("car").environment(
        "MountainCar-v0", options={"goal_velocity": size.of({"large": 1, "small": 0})}
    )
    game = registered.rendering(draw=kitchen.draw).gameplay(actions={"a": 0}, default_action=1)
    assert game.game({"size": "large"})["options"] == {"id": "MountainCar-v0", "goal_velocity": 1}


def test_what_differs_together_is_one_factor() -> None:
    brief = ig.Conditions("brief", {"told": A, "untold": []}, balance="started")
    game = kitchen.complete_game().environment(options={"size": brief.of({"untold": 5, "told": 9})})
    experiment = ig.Experiment("study").scenes(START, brief, game, END)
    assert game.factors[0].values == {"untold": 5, "told": 9}
    assert game.factors[0].balance == "started"
    assert experiment.varies
    assert not ig.Experiment("study").scenes(START, game, END).varies


LONG = ig.StaticScene("x" * 64)
BAD: list[tuple[Callable[[], Any], str, str]] = [
    (lambda: ig.RandomizeOrder(A, "b"), "RandomizeOrder", "scenes"),
    (lambda: ig.RandomizeOrder(ig.StaticScene), "RandomizeOrder", "scenes"),
    *((lambda n=n: ig.RandomizeOrder(A, B, keep_n=n), "RandomizeOrder", "keep_n") for n in (0, 3, -1, 1.0, True, "1")),
    (lambda: ig.RepeatScene("a", n=2), "RepeatScene", "scene"),
    *((lambda n=n: ig.RepeatScene(A, n=n), "RepeatScene", "n") for n in (0, 1001, None, 2.0, True, "2")),
    (lambda: ig.RepeatScene(LONG, n=2), "RepeatScene", "id"),
    *((lambda id=id: ig.Conditions(id, {"x": A}), "Conditions", "id") for id in ("", "a b", None, 3)),
    *((lambda s=s: ig.Conditions("c", s), "Conditions", "scenes") for s in (None, {}, [A], {"": A}, {3: A}, {"x": 3})),
    *((lambda b=b: ig.Conditions("c", {"x": A}, balance=b), "Conditions", "balance") for b in (None, "", "done", 3)),
    (lambda: ig.Conditions("c", {"x": A, "y": []}).of({"x": 1}), "of", "values"),
    *((lambda id=id: ig.Factor(id, {"x": 1}), "Factor", "id") for id in ("", "a b", None, 3)),
    *((lambda v=v: ig.Factor("f", v), "Factor", "values") for v in (None, {}, [1], {"": 1}, {3: 1}, {"x": {1}})),
    *((lambda b=b: ig.Factor("f", {"x": 1}, by=b), "Factor", "by") for b in (None, "", "pair", 3)),
    *((lambda b=b: ig.Factor("f", {"x": 1}, balance=b), "Factor", "balance") for b in (None, "", "done", True)),
    *((lambda v=v: ig.Factor("f", {"x": 1}).of(v), "of", "values") for v in ({"y": 1}, {"x": 1, "y": 2})),
]


@pytest.mark.parametrize(("make", "method", "parameter"), BAD)
def test_bad_values_are_refused_by_name(make: Callable[[], Any], method: str, parameter: str) -> None:
    with pytest.raises(ig.ConfigError) as caught:
        make()
    assert (caught.value.method, caught.value.parameter) == (method, parameter)


@pytest.mark.parametrize(
    ("part", "problem"),
    [
        (ig.RandomizeOrder(START), "only be the first"),
        (ig.RandomizeOrder(A, END), "nothing can follow"),
        (ig.RandomizeOrder(A, A), "has this id"),
        (ig.RandomizeOrder(), "has no scenes"),
        (ig.RandomizeOrder(ig.RepeatScene(A, n=2), ig.StaticScene("a-2")), "has this id"),
        (ig.RandomizeOrder(ig.GymScene("game")), "factory"),
        (Badly(lambda parts: [*parts, *parts]), "at most once"),
        (Badly(lambda parts: [C]), "parts of its own"),
        (Badly(lambda parts: [A.missing]), "raises AttributeError"),
        (Badly(lambda parts: None), "raises TypeError"),
    ],
)
def test_what_cannot_be_an_experiment_is_refused_when_it_is_put_together(part: Any, problem: str) -> None:
    with pytest.raises(ig.ConfigError, match=problem):
        ig.Experiment("study").scenes(START, part, END)


@pytest.mark.parametrize("end", [(ig.RandomizeOrder(START), END), (START, ig.RandomizeOrder(END))])
def test_the_ends_are_no_wrappers(end: tuple[Any, Any]) -> None:
    with pytest.raises(ig.ConfigError, match="not RandomizeOrder"):
        ig.Experiment("study").scenes(*end)


def test_one_id_is_one_factor() -> None:
    small = kitchen.complete_game().environment(options={"size": ig.Factor("size", {"small": 3, "large": 9})})
    other = ig.Factor("size", {"small": 3, "large": 9}, balance="started")
    with pytest.raises(ig.ConfigError, match="is there twice"):
        ig.Experiment("study").scenes(
            START, small, kitchen.complete_game("b").environment(options={"size": other}), END
        )


def test_people_who_play_together_share_the_condition() -> None:
    own = ig.Factor("size", {"small": 3, "large": 9})
    with pytest.raises(ig.ConfigError, match="by='group'") as caught:
        kitchen.game_of_two().environment(options={"size": own}).check()
    assert (caught.value.method, caught.value.parameter) == ("environment", "options")
