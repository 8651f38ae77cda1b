"""Games: what the server and the browser read of them, and what must fit across their methods."""

import json
from typing import Any

import gymnasium
import msgspec
import numpy as np
import pytest

import interactive_gym as ig
from interactive_gym.protocol import Game
from tests.scenes import kitchen


def full_game() -> ig.GymScene:
    return (
        ig.GymScene("game")
        .environment(kitchen.make_env, seed=7, options={"size": np.int32(4)})
        .rendering(draw=kitchen.draw, fps=20, width=300, height=200, background=(0, 128, 128), hud=kitchen.hud)
        .policies({"chef": ig.Human, 1: kitchen.policy})
        .gameplay(actions={"a": np.float32(0.5), ("b", "Shift"): (1, 2)}, default_action={"move": np.array([0, 1])})
        .gameplay(episodes=2, max_steps=99, input_mode="single_keystroke", pause=0.5, record_observations=True)
        .gameplay(record_states=True)
        .content(header="Cook", body="<p>", game_text="<i>", button="Go")
        .runtime(loading_timeout=30, packages=["scipy"], min_speed=2)
    )


def test_a_game_is_what_the_protocol_says() -> None:
    game = full_game().game()
    assert msgspec.convert(game, Game, strict=True).fps == 20
    assert json.loads(json.dumps(game)) == game
    assert set(game) == set(Game.__struct_fields__)


def test_every_field_of_a_game() -> None:
    module = kitchen.__name__
    assert full_game().game() == {
        "scene_id": "game",
        "environment": f"{module}:make_env",
        "options": {"size": 4},
        "draw": f"{module}:draw",
        "hud": None,
        "hud_function": f"{module}:hud",
        "policies": {"chef": "human", "1": f"{module}:policy"},
        "bindings": [{"keys": ["a"], "action": 0.5}, {"keys": ["b", "Shift"], "action": [1, 2]}],
        "default_action": {"move": [0, 1]},
        "input_mode": "single_keystroke",
        "fps": 20,
        "width": 300,
        "height": 200,
        "background": "#008080",
        "interpolate": True,
        "smooth": True,
        "assets": [],
        "episodes": 2,
        "max_steps": 99,
        "pause_s": 0.5,
        "loading_timeout_s": 30.0,
        "min_speed": 2.0,
        "record_observations": True,
        "record_states": True,
        "multiplayer": None,
    }
    assert (full_game().seed, full_game().packages) == (7, ("scipy",))


def test_several_humans_play_together() -> None:
    scene = kitchen.game_of_two().waitroom(timeout=60).multiplayer(relay="never", input_delay=0)
    assert scene.game()["multiplayer"] == {
        "group": 2,
        "wait_s": 60.0,
        "countdown_s": 3.0,
        "input_delay": 0,
        "relay": "never",
        "on_disconnect": "pause",
        "reconnection_timeout_s": 5.0,
        "return_timeout_s": 30.0,
        "on_leave": "end",
        "take_over": None,
        "when_hidden": "default_action",
        "hidden_timeout_s": 30.0,
        "call": True,
    }
    assert msgspec.convert(scene.game(), Game, strict=True).multiplayer


def test_a_policy_takes_over() -> None:
    scene = kitchen.game_of_two().multiplayer(on_leave=ig.TakeOver(kitchen.policy))
    found: Any = scene.game()["multiplayer"]
    assert (found["on_leave"], found["take_over"]) == ("bot", f"{kitchen.__name__}:policy")


@pytest.mark.parametrize(("fps", "delay"), [(8, 1), (30, 1), (59, 1), (60, 2), (240, 2)])
def test_what_is_fast_is_delayed_by_more_frames(fps: int, delay: int) -> None:
    game: Any = kitchen.game_of_two().rendering(fps=fps).multiplayer(input_delay=3).multiplayer(input_delay=None).game()
    assert game["multiplayer"]["input_delay"] == delay


def test_players_keep_the_order_of_the_config() -> None:
    scene = kitchen.complete_game().policies({"b": ig.Human, "c": kitchen.policy, "a": ig.Human})
    assert scene.humans == ("b", "a")
    assert list(scene.game()["policies"]) == ["b", "c", "a"]


def test_numbered_players_are_in_the_order_that_javascript_gives_them() -> None:
    scene = kitchen.complete_game().policies({"b": ig.Human, 10: ig.Human, 2: kitchen.policy, "01": ig.Human})
    assert list(scene.game()["policies"]) == ["2", "10", "b", "01"]


def test_what_a_player_is_told() -> None:
    scene = kitchen.game_of_two().content(game_text={1: "Blue."})
    assert (scene.game_text("0"), scene.game_text("1"), scene.page()["game_text"]) == ("", "Blue.", "")
    alone = kitchen.complete_game().content(game_text={0: "Cook."})
    assert (alone.game_text("0"), alone.page()["game_text"]) == ("Cook.", "Cook.")
    alike = kitchen.game_of_two().content(game_text="Cook.")
    assert {alike.game_text(agent) for agent in alike.humans} == {"Cook."}


def test_a_registered_environment_is_made_by_gymnasium() -> None:
    scene = kitchen.complete_game().environment("MountainCar-v0", options={"goal_velocity": 0.01})
    assert scene.game()["environment"] == "gymnasium:make"
    assert scene.game()["options"] == {"id": "MountainCar-v0", "goal_velocity": 0.01}


def test_an_id_that_others_have_registered_names_the_module_that_registers_it() -> None:
    gymnasium.register("KitchenOfOurOwn-v0", entry_point="tests.scenes.kitchen:make_env")
    scene = kitchen.complete_game().environment("KitchenOfOurOwn-v0")
    assert scene.game()["options"] == {"id": "tests.scenes.kitchen:KitchenOfOurOwn-v0"}


def test_a_game_is_a_copy() -> None:
    scene = full_game()
    game: Any = scene.game()
    game["options"]["size"] = 99
    game["bindings"][1]["action"].append(3)
    assert scene.game() == full_game().game()


def test_scenes_are_frozen() -> None:
    with pytest.raises(AttributeError):
        full_game().id = "other"  # type: ignore[misc]


def test_later_calls_refine_earlier_ones() -> None:
    scene = kitchen.complete_game().rendering(fps=60).rendering(width=100)
    assert (scene.game()["fps"], scene.game()["width"]) == (60, 100)


def test_the_body_is_given_once() -> None:
    with pytest.raises(ig.ConfigError, match="body and body_file") as caught:
        ig.StartScene("welcome").content(body="a", body_file="b.html")
    assert caught.value.parameter == "body_file"


def test_browsers_skip_files_and_gymnasium(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.platform", "emscripten")
    assert ig.StartScene("welcome").content(body_file="missing.html").page()["body"] == ""
    ig.GymScene("game").environment("Registered-on-the-server-v0")


@pytest.mark.parametrize(
    ("scene", "parameter", "names"),
    [
        (ig.GymScene("g"), "factory", ["environment"]),
        (kitchen.complete_game().environment(options={"heat": 1}), "options", ["make_env", "heat"]),
        (kitchen.complete_game().environment("CartPole-v1", options={"id": "x"}), "options", ["CartPole-v1", "id"]),
        (
            kitchen.complete_game().environment("CartPole-v1").rendering(draw=None),
            "draw",
            ["render_mode", "environment"],
        ),
        (
            kitchen.complete_game().environment(kitchen.DarkKitchen).rendering(draw=None),
            "draw",
            ["DarkKitchen", "render"],
        ),
        (ig.GymScene("g").environment(kitchen.make_env), "actions", ["gameplay", "policies"]),
        (ig.GymScene("g").environment(kitchen.make_env).gameplay(actions={"a": 0}), "default_action", ["actions"]),
        (kitchen.complete_game().rendering(fps=1).gameplay(max_steps=90_000), "max_steps", ["25 hours", "fps=1"]),
        (kitchen.complete_game().waitroom(), None, [".waitroom()", "policies()"]),
        (kitchen.complete_game().multiplayer(), None, [".multiplayer()", "policies()"]),
        (kitchen.game_of_two().content(game_text={2: "a"}), "game_text", ["content", "policies", "'2'", "'0', '1'"]),
        (kitchen.complete_game().content(game_text={1: "a"}), "game_text", ["policies", "'1'"]),
        (kitchen.game_of_two().environment(kitchen.Turns), "factory", ["Turns", "AEC", "aec_to_parallel", "policies"]),
    ],
)
def test_methods_must_fit_each_other(scene: ig.GymScene, parameter: str | None, names: list[str]) -> None:
    with pytest.raises(ig.ConfigError) as caught:
        ig.Experiment("study").scenes(ig.StartScene("a"), scene, ig.EndScene("z"))
    assert (caught.value.scene, caught.value.parameter) == (scene.id, parameter)
    assert all(name in str(caught.value) for name in names), str(caught.value)
    with pytest.raises(ig.ConfigError):
        scene.game()


@pytest.mark.parametrize(
    "scene",
    [
        kitchen.complete_game().environment("CartPole-v1", options={"render_mode": "rgb_array"}).rendering(draw=None),
        kitchen.complete_game().environment(kitchen.Kitchen).rendering(draw=None),
        kitchen.complete_game().rendering(draw=None),  # what a factory makes is known when it is made
        kitchen.complete_game().environment(dict),  # written in C: no signature to look at
        kitchen.complete_game().rendering(fps=1).gameplay(max_steps=86_400),
        kitchen.complete_game().environment(kitchen.Turns),  # the adapter says what to do
        kitchen.complete_game().waitroom().policies({0: ig.Human, 1: ig.Human}),
    ],
)
def test_what_fits_is_accepted(scene: ig.GymScene) -> None:
    scene.check()


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("arrowup", "ArrowUp"),
        ("Up", "ArrowUp"),
        ("Space", "' '"),
        ("esc", "Escape"),
        ("ArrowLft", "ArrowLeft"),
        ("W", "w"),
    ],
)
def test_near_misses_of_keys_are_explained(written: str, meant: str) -> None:
    with pytest.raises(ig.ConfigError, match=f"did you mean .*{meant}"):
        ig.GymScene("g").gameplay(actions={written: 0})


@pytest.mark.parametrize("key", ["ArrowUp", "Enter", " ", "w", "ö", "1", "+", "F5", ("a", "ArrowUp", "Shift")])
def test_keys_that_browsers_report(key: Any) -> None:
    scene = kitchen.complete_game().gameplay(actions={key: 0})
    assert scene.game()["bindings"] == [{"keys": list(key) if isinstance(key, tuple) else [key], "action": 0}]
