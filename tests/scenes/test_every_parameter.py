"""Every parameter of every method: a bad value is refused by name, and a good one changes what participants get."""

import inspect
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import interactive_gym as ig
from tests.scenes import kitchen

NAN = float("nan")
INFINITE = float("inf")
NOT_TEXT = [None, 3, b"bytes", "", "  \n", ["a"], "x" * 200_001]
NOT_FUNCTIONS = [3, "draw", lambda env, surface: None, kitchen.local_function(), kitchen.unnamed]
HERE = Path(__file__).parent


def not_whole(low: int, high: int) -> list[Any]:
    return [low - 1, high + 1, -1 if low >= 0 else low - 5, 2.0, "2", True, NAN, INFINITE, [2], np.float64(2)]


def not_number(low: float, high: float) -> list[Any]:
    return [low - 1, high + 1, "2", None, False, NAN, INFINITE, -INFINITE, [1], 1j]


@dataclass(frozen=True)
class Row:
    """A parameter of a method with values that must be refused, and one that must have an effect."""

    scene: ig.StartScene | ig.StaticScene | ig.GymScene | ig.EndScene | ig.CompletionCodeScene
    method: str
    parameter: str
    bad: list[Any]
    good: Any
    beside: Mapping[str, Any] = field(default_factory=dict)  # what the method needs, too

    def __str__(self) -> str:
        return f"{self.scene.kind}-{self.method}-{self.parameter}"

    def given(self, value: Any) -> Any:
        return getattr(self.scene, self.method)(**{**self.beside, self.parameter: value})


def given(values: list[Any]) -> list[Any]:
    """Without None, which is a value there."""
    return [value for value in values if value is not None]


class Endless(ig.Matcher):
    """Its own limit is none."""

    max_p2p_rtt = INFINITE

    def decide(self, waiting: Any, now: float) -> list[ig.Group]:
        return []


def text_rows(scene: Any, *parameters: str) -> list[Row]:
    return [Row(scene, "content", parameter, NOT_TEXT, "<b>Soup</b>") for parameter in parameters] + [
        Row(scene, "content", "body_file", [None, 3, "", "missing.html", HERE, "latin1.html"], "body.html")
    ]


def ending_rows(scene: Any) -> list[Row]:
    """Of scenes that are not the last; tests/scenes/test_endings.py has more bad values of outcomes."""
    left = {"name": "withdrew"}
    return [
        Row(scene, "leaving", "button", NOT_TEXT, "Stop"),
        Row(scene, "leaving", "question", NOT_TEXT, "<p>Sure?</p>"),
        Row(scene, "outcome", "name", [None, "", "left", "completed", 3], "withdrew", {"code": True}),
        Row(scene, "outcome", "header", NOT_TEXT, "Bye", left),
        Row(scene, "outcome", "body", NOT_TEXT, "<p>Bye</p>", left),
        Row(scene, "outcome", "code", [False, "C0DE", 3], ig.secret("STUDY_CODE"), left),
        Row(scene, "outcome", "redirect", ["", 3, "example.org", "javascript:1"], "https://example.org/{code}", left),
        Row(scene, "outcome", "redirect_after", [-1, 3601, "2", True, NAN, INFINITE], 10, left),
    ]


GAME = kitchen.complete_game()
TWO = kitchen.game_of_two()
WITH_BOT = TWO.waitroom(bot=kitchen.policy, min_group=1)
EXTENDED = TWO.waitroom(on_timeout="extend", extend=5)
FLOOR, KITCHEN = "pictures/floor.png", ("pictures/kitchen.png", "pictures/kitchen.json")
PICTURED = GAME.assets(folder="pictures", images={"floor": "floor.png"})
NOT_NAMED: list[Any] = [None, FLOOR, [FLOOR], {3: FLOOR}, {"": FLOOR}, {"a/b": FLOOR}, {"a" * 65: FLOOR}]
NOT_CELLS: list[Any] = [None, 8, (8,), (0, 8), (8, 4097), (8.0, 8), (True, 8), (5, 8), (32, 32), "88"]
NOT_PICTURES = ["", None, 3, ".", "pictures/none.png", "pictures/kitchen.json", "body.html"]
NOT_RENAMED: list[Any] = [None, "age", [3], [""], ["a b"], {"age": "a b"}, {"a": "c", "b": "c"}, ["a", "a"]]
NOT_TEXTS = [text for text in NOT_TEXT if text is not None]
NOT_POLICIES: list[Any] = [3, "bot", lambda seen, agent: 0, kitchen.hud]
READ_BY_THE_SERVER = {("gym", "game_text", "agent"), ("gym", "game", "conditions")}
ROWS = [
    *text_rows(ig.StartScene("welcome"), "header", "body", "button"),
    *text_rows(ig.StaticScene("form"), "header", "body", "button"),
    *ending_rows(ig.StartScene("welcome")),
    *ending_rows(ig.StaticScene("form")),
    *ending_rows(GAME),
    Row(ig.StartScene("welcome"), "consent", "refuse", NOT_TEXT, "No"),
    Row(ig.StaticScene("form"), "consent", "refuse", NOT_TEXT, "No"),
    *text_rows(ig.EndScene("thanks"), "header", "body"),
    *text_rows(ig.CompletionCodeScene("code"), "header", "body"),
    Row(ig.CompletionCodeScene("code"), "code", "secret", ["C0DE", None, 3], ig.secret("STUDY_CODE")),
    *text_rows(GAME, "header", "body", "game_text"),
    Row(GAME, "content", "game_text", [{}, {0: ""}, {0: None}, {None: "a"}, {0: "a", "0": "b"}], {0: "You cook."}),
    Row(TWO, "content", "game_text", [{True: "a"}, {1: 3}], {1: "You are the blue one."}),
    Row(GAME, "content", "button", NOT_TEXTS, None),
    *(
        Row(scene, "attributes", "from_answers", NOT_RENAMED, {"age": "years"})
        for scene in (ig.StartScene("welcome"), ig.StaticScene("form"))
    ),
    Row(GAME, "environment", "factory", [None, 3, "", "NoSuchEnv-v0", *NOT_FUNCTIONS[1:]], "CartPole-v1"),
    Row(GAME, "environment", "seed", not_whole(0, 2**31 - 1), 7),
    Row(GAME, "environment", "options", [None, [], {1: 2}, {"size": NAN}, {"size": {1}}, {"size": 2**60}], {"size": 5}),
    Row(GAME, "rendering", "draw", [*NOT_FUNCTIONS, kitchen.draw_without_surface], kitchen.renamed),
    Row(GAME, "rendering", "draw", [kitchen.draw_for_two], kitchen.draw_for),
    Row(GAME, "rendering", "fps", not_whole(1, 240), 60),
    Row(GAME, "rendering", "width", not_whole(1, 4096), 800),
    Row(GAME, "rendering", "height", not_whole(1, 4096), np.int64(800)),
    Row(GAME, "rendering", "background", [None, 3, "", "nocolor", "#12345", (1, 2), (1, 2, 256), (1, 2, NAN)], "teal"),
    Row(GAME, "rendering", "hud", ["", 3, "{points}", "{", "{score.real}", "{}", "{frame:q}"], "{score}"),
    Row(GAME, "rendering", "hud", [kitchen.draw_for, kitchen.local_function()], kitchen.hud_for),
    Row(GAME, "rendering", "interpolate", [None, 1, "no"], False),
    Row(GAME, "rendering", "smooth", [None, 0, "no"], False),
    Row(PICTURED, "assets", "folder", ["", None, 3, "none", FLOOR], "pictures/night"),
    Row(GAME, "assets", "images", [*NOT_NAMED, *({"a": file} for file in NOT_PICTURES)], {"floor": FLOOR}),
    Row(
        GAME,
        "assets",
        "sheets",
        [*NOT_NAMED, *({"a": (file, (8, 8))} for file in NOT_PICTURES), *({"a": (FLOOR, cell)} for cell in NOT_CELLS)],
        {"floor": (FLOOR, (8, 8))},
    ),
    Row(
        GAME,
        "assets",
        "atlases",
        [
            *NOT_NAMED,
            *({"a": (file, KITCHEN[1])} for file in NOT_PICTURES),
            {"a": (KITCHEN[0],) * 2},
            {"a": KITCHEN * 2},
        ],
        {"kitchen": KITCHEN},
    ),
    Row(GAME, "policies", "agents", [None, {}, [], {0: None}, {0: 3}, {0: ig.Human, "0": ig.Human}], {"a": ig.Human}),
    Row(
        GAME,
        "policies",
        "agents",
        [dict.fromkeys(range(17), ig.Human), {0: kitchen.policy}, {0: ig.Human, 1: 0}],
        {0: ig.Human, 1: kitchen.policy, 2: ig.Human},
    ),
    Row(
        GAME,
        "policies",
        "agents",
        [{0: ig.Human, **dict.fromkeys(range(1, 65), kitchen.policy)}],
        dict.fromkeys(range(16), ig.Human),
    ),
    Row(
        GAME,
        "policies",
        "agents",
        [{**dict.fromkeys(range(32), kitchen.policy), 32: ig.Human, 33: ig.Human}],
        {**dict.fromkeys(range(40), kitchen.policy), 40: ig.Human},
    ),
    Row(
        GAME,
        "policies",
        "agents",
        [{**dict.fromkeys(range(31), kitchen.policy), 31: ig.Human, 32: ig.Human}],
        {**dict.fromkeys(range(1, 40), kitchen.policy), 0: ig.Human, 31: ig.Human},
    ),
    Row(GAME, "policies", "agents", [{True: ig.Human}, {"": ig.Human}, {0: kitchen.hud, 1: ig.Human}], {1: ig.Human}),
    Row(GAME, "gameplay", "actions", [None, {}, [], {"arrowup": 0}, {"W": 0}, {"": 0}, {3: 0}, {(): 0}], {"a": 1}),
    Row(
        GAME,
        "gameplay",
        "actions",
        [{"a": None}, {"a": NAN}, {"a": {1, 2}}, {"a": b""}, {"a": {1: 2}}],
        {"a": [0.5, 1]},
    ),
    Row(GAME, "gameplay", "actions", [{("a", "b"): 0, ("b", "a"): 1}, {("a", "a"): 0}], {("a", "Shift"): 1}),
    Row(GAME, "gameplay", "default_action", [None, NAN, object(), {1}, np.array([INFINITE])], 2),
    Row(GAME, "gameplay", "episodes", not_whole(1, 10_000), 3),
    Row(GAME, "gameplay", "max_steps", not_whole(1, 2**31 - 1), 100),
    Row(GAME, "gameplay", "input_mode", [None, "", "pressed", 3, ["pressed_keys"]], "single_keystroke"),
    Row(GAME, "gameplay", "pause", not_number(0, 3600), 2.5),
    Row(GAME, "gameplay", "record_observations", [None, 1, "yes"], True),
    Row(GAME, "gameplay", "record_states", [None, 1, "yes"], True),
    Row(TWO, "waitroom", "timeout", not_number(1, 86_400), 60),
    Row(TWO, "waitroom", "countdown", not_number(0, 60), 0),
    Row(TWO, "waitroom", "matcher", [None, 3, "fifo", ig.FIFO, Endless()], ig.Latency(max_server_rtt=200)),
    Row(TWO, "waitroom", "partners", [None, 1, "", "old", ["any"]], "new"),
    Row(TWO, "waitroom", "min_group", not_whole(1, 15), 1),
    Row(WITH_BOT, "waitroom", "start_smaller_after", given(not_number(1, 86_400)), 30),
    Row(TWO, "waitroom", "on_timeout", [None, 3, "", "a b", "x" * 65, ["bot"]], "survey"),
    Row(EXTENDED, "waitroom", "extend", given(not_number(1, 86_400)), 60),
    Row(TWO, "waitroom", "bot", NOT_POLICIES, kitchen.policy),
    Row(TWO, "waitroom", "call", [None, 0, "no"], False),
    Row(TWO, "multiplayer", "input_delay", [-1, 11, "Auto", "2", True, 1.0, NAN, [1]], "auto"),
    Row(TWO, "multiplayer", "relay", [None, True, "", "sometimes", ["never"]], "never"),
    Row(TWO, "multiplayer", "on_disconnect", [None, "", "end", True, ["pause"]], "continue"),
    Row(TWO, "multiplayer", "reconnection_timeout", [*not_number(1, 300), None], 20),
    Row(TWO, "multiplayer", "return_timeout", [*not_number(1, 3600), None], 60.5),
    Row(
        TWO,
        "multiplayer",
        "on_leave",
        [None, "", "bot", kitchen.policy, ig.TakeOver, ["end"], *(ig.TakeOver(bad) for bad in NOT_POLICIES)],
        ig.TakeOver(kitchen.policy),
    ),
    Row(TWO, "multiplayer", "on_leave", ["pause"], "smaller"),
    Row(TWO, "multiplayer", "left_behind", [None, 3, "", "a b", "x" * 65, ["next"]], "next"),
    Row(TWO, "multiplayer", "when_hidden", [None, "", "default", True, ["pause"]], "pause"),
    Row(TWO, "multiplayer", "hidden_timeout", given(not_number(1, 3600)), None),
    Row(GAME, "monitoring", "max_ping", [0, 60_001, "100", True, NAN], 150),
    Row(GAME, "monitoring", "ping_window", not_whole(1, 20), 8),
    Row(GAME, "monitoring", "ping_violations", not_whole(1, 20), 2),
    Row(GAME, "monitoring", "hidden_warn_after", [0, 3601, "5", False, INFINITE], 5),
    Row(GAME, "monitoring", "hidden_exclude_after", [0, 3601, "5", False, INFINITE], 10.5),
    Row(GAME, "monitoring", "warning", NOT_TEXTS, "Come back!"),
    Row(GAME, "monitoring", "partner_text", NOT_TEXTS, "<p>Gone.</p>"),
    Row(GAME, "monitoring", "callback", [3, "judge", lambda: None, lambda one, two: None], lambda context: None),
    Row(GAME, "monitoring", "callback_every", not_whole(1, 1_000_000), 60),
    Row(GAME, "monitoring", "callback_timeout", not_number(0.1, 60), 1),
    Row(GAME, "runtime", "loading_timeout", not_number(1, 3600), 90),
    Row(GAME, "runtime", "min_speed", given(not_number(0.1, 1000)), 2),
    Row(GAME, "runtime", "packages", [None, "scipy", ["scipy>=1"], [3], [""]], ["scipy"]),
]


def effect(scene: Any) -> dict[str, Any]:
    """Everything that the server reads of a scene."""
    names = (
        "seed",
        "packages",
        "fixed_code",
        "endings",
        "watch",
        "answer_attributes",
        "waiting",
        "left_behind",
        "hidden_timeout",
    )
    extras = {name: getattr(scene, name, None) for name in names}
    told = {agent: scene.game_text(agent) for agent in getattr(scene, "humans", ())}
    return {**scene.page(), **extras, "told": told}


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_bad_values_are_refused_by_name(row: Row) -> None:
    for value in row.bad:
        with pytest.raises(ig.ConfigError) as caught:
            row.given(value)
        assert (caught.value.scene, caught.value.method) == (row.scene.id, row.method), value
        assert caught.value.parameter == row.parameter, value
        assert repr(row.scene.id) in str(caught.value) and f".{row.method}({row.parameter})" in str(caught.value)


@pytest.mark.parametrize("row", ROWS, ids=str)
def test_a_good_value_has_an_effect_on_the_new_scene_only(row: Row) -> None:
    before = effect(row.scene)
    assert effect(row.given(row.good)) != before
    assert effect(row.scene) == before


def test_no_parameter_is_left_out_of_the_table() -> None:
    scenes = (ig.StartScene, ig.StaticScene, ig.GymScene, ig.EndScene, ig.CompletionCodeScene)
    accepted = {
        (scene.kind, name, parameter)
        for scene in scenes
        for name, method in inspect.getmembers(scene, inspect.isfunction)
        if not name.startswith("_")
        for parameter in list(inspect.signature(method).parameters)[1:]
    }
    assert accepted - READ_BY_THE_SERVER == {(row.scene.kind, row.method, row.parameter) for row in ROWS}


def test_none_is_a_value_where_it_means_something() -> None:
    scene = kitchen.complete_game().environment(kitchen.Kitchen, seed=3).rendering(hud="{frame}")
    scene = scene.gameplay(max_steps=10).environment(seed=None).rendering(draw=None, hud=None).gameplay(max_steps=None)
    game = scene.game()
    assert (scene.seed, game["draw"], game["hud"], game["max_steps"]) == (None, None, None, None)


def test_an_unknown_parameter_is_a_mistake() -> None:
    with pytest.raises(TypeError, match="frames_per_second"):
        kitchen.complete_game().rendering(frames_per_second=30)  # type: ignore[call-arg]
