"""The self-check finds the mistakes that environments make, says where, and finds none where there are none."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import Any

import pytest

from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.game.selfcheck import ending, episode, examine, first_difference
from interactive_gym.game.selfcheck.findings import Findings
from interactive_gym.game.selfcheck.recording import check_recording
from interactive_gym.game.selfcheck.rehearsal import Rehearsal
from tests.fresh import in_fresh_python


def game(environment: str, actions: tuple[Any, ...] = (0, 1, 2), **changes: Any) -> dict[str, Any]:
    """A ``protocol_game.Game`` for one human who has a key for each of ``actions``."""
    reference = environment if ":" in environment else f"tests.envs.broken:{environment}"
    return {
        "scene_id": "kitchen", "environment": reference, "options": {}, "draw": None, "hud": None,
        "hud_function": None, "policies": {"0": "human"},
        "bindings": [{"keys": [f"F{n}"], "action": action} for n, action in enumerate(actions)],
        "default_action": actions[0], "input_mode": "pressed_keys", "fps": 30, "width": 600, "height": 400,
        "background": "#ffffff", "assets": [], "episodes": 1, "max_steps": None, "pause_s": 0, "loading_timeout_s": 60,
        "record_observations": False,
    } | changes  # fmt: skip


def made(name: str, actions: tuple[Any, ...]) -> dict[str, Any]:
    return game("gymnasium:make", actions, options={"id": name})


def problems(result: dict[str, Any], *severities: str) -> list[str]:
    return [problem["what"] for problem in result["problems"] if problem["severity"] in severities]


@pytest.mark.parametrize(
    "sound",
    [
        game("Sound"),
        game("LosesStateToEzPickle"),
        made("MountainCar-v0", (0, 1, 2)),
        made("CartPole-v1", (0, 1)),
        made("Pendulum-v1", ([1.0], [-1.0])),
        made("FrozenLake-v1", (0, 1, 2, 3)),
        made("Blackjack-v1", (0, 1)),
        game("slime_volleyball.slimevolley_env:SlimeVolleyEnv", (0, 3),
             policies={"agent_left": "human", "agent_right": "functools:reduce"}),
    ],
    ids=lambda value: value["options"].get("id", value["environment"]),
)  # fmt: skip
def test_nothing_is_wrong_with_sound_environments(sound: dict[str, Any]) -> None:
    result = in_fresh_python("interactive_gym.game.selfcheck", "examine", game=sound, frames=100)
    assert result["failure"] is None
    assert problems(result, "error", "warning") == []
    assert result["determinism"]["equal"] and result["snapshot"]["exact"]
    assert result["snapshot"]["method"] == "reference"
    assert [one["episode"] for one in result["episodes"]] == [0, 1]
    assert all(len(one["digests"]) > 1 for one in result["episodes"])
    assert result["episodes"][0]["digests"] != result["episodes"][1]["digests"]
    assert result["step_ms"] > 0 and result["snapshot"]["save_ms"] > 0 and result["snapshot"]["bytes"] > 0


def test_overcooked_passes_with_its_own_hooks() -> None:
    kitchen = game(
        "cogrid.envs:registry.make", tuple(range(7)), options={"environment_id": "Overcooked-CrampedRoom-V0"},
        policies={"0": "human", "1": "functools:reduce"},
    )  # fmt: skip
    result = in_fresh_python("interactive_gym.game.selfcheck", "examine", game=kitchen, frames=60)
    assert problems(result, "error", "warning") == []
    assert result["snapshot"]["method"] == "hooks" and result["snapshot"]["exact"]


def test_an_episode_ends_at_max_steps_as_it_does_for_participants() -> None:
    result = examine(game("Sound", max_steps=10), frames=100)
    assert [(len(one["digests"]), one["over"]) for one in result["episodes"]] == [(11, True)] * 2


# --- actions --------------------------------------------------------------------------------------------------------


def test_actions_are_mapped_to_what_step_gets() -> None:
    actions = examine(made("Pendulum-v1", ([1.0], [2.0])), frames=5)["actions"]
    assert actions["agent"] == "0" and actions["space"] == "Box(-2.0, 2.0, (1,), float32)"
    assert [bound["native"] for bound in actions["bindings"]] == [
        "array([1.], dtype=float32)", "array([2.], dtype=float32)",
    ]  # fmt: skip


def test_wrong_actions_are_named_with_the_parameter() -> None:
    result = examine(game("Sound", (7, 1), default_action=None), frames=5)
    bad = [problem for problem in result["problems"] if problem["severity"] == "error"]
    assert [(problem["method"], problem["parameter"]) for problem in bad] == [
        ("gameplay", "actions"), ("gameplay", "default_action"),
    ]  # fmt: skip
    assert "F0" in bad[0]["what"] and "7 is not one of the actions 0 to 2" in bad[0]["what"]
    assert result["actions"]["bindings"][0]["problem"]


def test_a_human_whose_actions_are_others_is_tried_too() -> None:
    both = {"cat": "human", "mouse": "human"}
    result = examine(game("tests.game.games:Unequal", (0, 1, 2), policies=both), frames=5)
    assert result["failure"] is None and result["actions"]["agent"] == "cat"
    assert problems(result, "error") == [
        "the action of F2 is none of the environment's: 2 is not one of the actions 0 to 1"
    ]


def test_actions_without_a_key_are_mentioned() -> None:
    result = examine(game("Sound", (0, 1)), frames=5)
    assert result["actions"]["unbound"] == [2]
    assert problems(result, "info") == ["no key means the actions 2"]


def test_policies_for_other_agents_than_the_env_has() -> None:
    result = examine(game("Sound", policies={"0": "human", "chef": "functools:reduce"}), frames=5)
    assert result["failure"]["stage"] == "make"
    assert result["problems"][0]["method"] == "policies"


# --- what is recorded on request ------------------------------------------------------------------------------------


def test_what_is_left_out_of_recorded_states_is_told() -> None:
    result = examine(game("Sound", record_states=True), frames=100)
    assert problems(result, "error", "warning") == []
    (problem,) = [problem for problem in result["problems"] if problem["parameter"] == "record_states"]
    assert problem["severity"] == "info" and "leave out" in problem["what"] and "rng (it is a " in problem["what"]
    assert "get_state() and set_state(state)" in problem["fix"]
    assert not any("leave out" in what for what in problems(examine(game("Sound"), frames=10), "info"))


def test_nothing_to_record_of_a_state_is_an_error() -> None:
    result = examine(game("tests.browser.test_states:Mute", record_states=True), frames=10)
    (problem,) = result["problems"]
    assert (problem["severity"], problem["method"], problem["parameter"]) == ("error", "gameplay", "record_states")
    assert "nothing of the state of Mute can be recorded" in problem["what"]


@pytest.mark.parametrize(
    ("name", "option", "why"),
    [("Noisy", "record_states", "can be stored"), ("Noisy", "record_observations", "can be stored"),
     ("Crumbled", "record_states", "more than 1000000 values")],
)  # fmt: skip
def test_more_than_can_be_stored_of_a_second_is_an_error(name: str, option: str, why: str) -> None:
    (problem,) = [problem for problem in recorded(game(name, **{option: True})) if problem["severity"] == "error"]
    assert (problem["method"], problem["parameter"]) == ("gameplay", option) and why in problem["what"]
    assert recorded(game(name)) == []


def recorded(asked: dict[str, Any]) -> list[dict[str, Any]]:
    findings = Findings()
    with VirtualWorld().installed() as world:
        check_recording(asked, world, 1, [Rehearsal(asked, world, 1, 0)], findings)
    return findings.problems


# --- snapshots ------------------------------------------------------------------------------------------------------


def test_state_in_a_closure_is_refused_by_name() -> None:
    result = examine(game("HidesStateInAClosure"))
    assert not result["snapshot"]["exact"]
    assert result["snapshot"]["not_restored"] == ["env.count.<closure>.steps"]
    (what,) = problems(result, "warning")
    assert "env.count.<closure>.steps" in what and "after a restore" in what


def test_a_hook_that_forgets_is_told_what() -> None:
    snapshot = examine(game("ForgetsInItsHook"))["snapshot"]
    assert (snapshot["method"], snapshot["exact"], snapshot["not_restored"]) == ("hooks", False, ["env.total"])
    assert snapshot["first_difference"] is not None


# --- the end of an episode ------------------------------------------------------------------------------------------


def test_an_episode_is_played_to_its_end_and_back() -> None:
    result = examine(game("Sound"), frames=10)
    assert result["ending"] | {"seconds": 0} == {"frames": 60, "seconds": 0, "reason": "terminated", "same": True}
    assert examine(game("NeverEnds", max_steps=500), frames=10)["ending"]["reason"] == "max_steps"


@pytest.mark.parametrize(("name", "more"), [("ForgetsItsEnd", ""), ("RefusesToGoOn", "call reset() first")])
def test_a_hook_that_forgets_what_the_last_step_changes_is_told_what(name: str, more: str) -> None:
    result = examine(game(name))
    assert result["ending"]["same"] is False and result["snapshot"]["exact"] is False
    (problem,) = [problem for problem in result["problems"] if problem["severity"] == "warning"]
    assert problem["what"].startswith("the end of an episode, frame 199, is another one after a restore")
    assert problem["what"].endswith(": env.is_over is not restored") and more in problem["what"]
    assert problem["fix"] == "have get_state() return it and set_state() put it back"


def test_the_forgotten_end_is_an_error_where_several_people_play() -> None:
    pair = {"cat": "human", "mouse": "human"}
    result = examine(game("tests.game.games:ForgetsItsEnd", policies=pair))
    (what,) = problems(result, "error")
    assert "is another one after a restore" in what and what.endswith("env.winner is not restored")


def test_an_end_that_is_not_reached_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ending, "LONGEST", 1000)
    result = examine(game("NeverEnds"), frames=10)
    assert (result["ending"]["frames"], result["ending"]["reason"], result["ending"]["same"]) == (1000, None, None)
    (what,) = [what for what in problems(result, "info") if "came to its end" in what]
    assert "in 1,000 frames of random play" in what
    monkeypatch.setattr(ending, "LONGEST_S", 0.0)
    assert examine(game("NeverEnds"), frames=10)["ending"]["frames"] == 0


def test_what_fails_late_in_an_episode_is_found() -> None:
    result = examine(game("FailsVeryLate"), frames=10)
    assert result["failure"]["stage"] == "step" and "the pot is empty" in result["failure"]["problem"]


def test_what_cannot_be_saved_is_named() -> None:
    result = examine(game("HoldsAGenerator"))
    assert result["snapshot"] == {"method": "reference", "exact": False}
    assert "env.moves (generator) cannot be saved" in problems(result, "warning")[0]


def test_a_set_that_iterates_in_another_order_is_named() -> None:
    result = examine(game("IteratesOverASet"))
    assert result["snapshot"]["reordered"] == ["env.pots"]
    assert any("the set env.pots iterates in another order" in what for what in problems(result, "warning"))


def test_an_environment_that_goes_on_otherwise_is_named_though_all_was_restored() -> None:
    result = examine(game("KeepsWhatItReads"))
    assert result["snapshot"]["not_restored"] == [] and not result["snapshot"]["exact"]
    (what,) = problems(result, "warning")
    assert what.endswith("after a restore (1 frames on): env.luck")


def test_it_is_an_error_where_several_people_play() -> None:
    pair = {"cat": "human", "mouse": "human"}
    result = examine(game("tests.game.games:HidesItsScore", policies=pair))
    (what,) = problems(result, "error")
    assert "env.add.<closure>.score" in what
    alone = examine(game("tests.game.games:HidesItsScore", policies=pair | {"mouse": "functools:reduce"}))
    assert problems(alone, "warning") == [what] and problems(alone, "error") == []


def test_games_of_several_people_that_are_sound() -> None:
    for name in ("Duel", "NumpyResults", "Early"):
        result = examine(game(f"tests.game.games:{name}", policies={"cat": "human", "mouse": "human"}), frames=50)
        assert problems(result, "error", "warning") == [] and result["snapshot"]["exact"]


# --- drawing --------------------------------------------------------------------------------------------------------


def render(env: Any) -> None:
    env.render()


def examined_and_drawn(name: str) -> dict[str, Any]:
    return examine(game(name), frames=50, look=lambda: render)


def test_what_drawing_keeps_to_itself_does_no_harm() -> None:
    result = examined_and_drawn("DrawsWithItself")
    assert problems(result, "error", "warning") == [] and result["snapshot"]["exact"]


@pytest.mark.parametrize(("name", "attribute"), [("MovesWhenDrawn", "total"), ("MovesWhenDrawnLate", "blink")])
def test_a_game_that_depends_on_what_was_drawn_is_told_so(name: str, attribute: str) -> None:
    assert examine(game(name), frames=50)["snapshot"]["exact"]
    result = examined_and_drawn(name)
    (problem,) = [problem for problem in result["problems"] if problem["severity"] == "warning"]
    assert problem["what"].startswith(f"drawing changes {name}.{attribute}, ")
    assert (problem["method"], problem["parameter"]) == ("rendering", "draw")
    assert not result["snapshot"]["exact"]


def test_drawing_that_fails_is_found_elsewhere() -> None:
    result = examined_and_drawn("Sound")  # which has no render()
    assert problems(result, "error", "warning") == []


# --- determinism ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("DrawsUnseeded", r"without a seed (os.urandom) at broken.py:"),
        ("DrawsFromGlobals", "global generator of numpy.random"),
        ("DrawsFromGlobals", "global generator of random"),
        ("ReadsTheClock", "(time.time) at broken.py:"),
    ],
)
def test_what_is_taken_from_the_outside_repeats_itself_and_is_mentioned(name: str, text: str) -> None:
    result = examine(game(name))
    assert result["determinism"]["equal"] and result["snapshot"]["exact"]
    assert problems(result, "error", "warning") == []
    assert any(text in what for what in problems(result, "info"))


def test_what_cannot_be_given_is_found_by_running_twice() -> None:
    result = examine(game("ReadsTheDevice"))
    assert result["determinism"]["first_difference"] == {"episode": 0, "frame": -1}
    assert any("two runs from the same seed" in what for what in problems(result, "error"))


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("CountsOnItsClass", "tests.envs.broken.CountsOnItsClass.episodes"),
        ("CountsInItsModule", "tests.envs.broken.SERIAL"),
    ],
)
def test_state_that_leaks_into_the_next_episode_is_named(name: str, path: str) -> None:
    result = examine(game(name))
    assert not result["determinism"]["equal"]
    (changed,) = result["determinism"]["changed_outside"]
    assert changed.startswith(path)
    assert any(path in what for what in problems(result, "error"))


def test_shared_state_that_makes_no_difference_is_a_warning() -> None:
    result = examine(game("LogsInItsModule"))
    assert result["determinism"]["equal"]
    assert any("tests.envs.broken.LOG" in what for what in problems(result, "warning"))


PLAY = """
import json, sys
from interactive_gym.game.selfcheck import episode, examine
game = json.load(sys.stdin)
json.dump(examine(game)["episodes"][1]["digests"] if sys.argv[1] == "both" else episode(game, 1), sys.stdout)
"""


def in_a_fresh_interpreter(what: str, played: dict[str, Any]) -> list[str]:
    command = [sys.executable, "-W", "ignore", "-c", PLAY, what]
    environment = os.environ | {"PYTHONHASHSEED": "0", "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    done = subprocess.run(
        command, input=json.dumps(played), capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


def test_episode_2_after_episode_1_is_episode_2_alone() -> None:
    sound, leaky = game("Sound"), game("CountsOnItsClass")
    assert first_difference(in_a_fresh_interpreter("both", sound), in_a_fresh_interpreter("alone", sound)) is None
    assert first_difference(in_a_fresh_interpreter("both", leaky), in_a_fresh_interpreter("alone", leaky)) == -1


def test_the_first_difference_is_a_frame() -> None:
    assert first_difference(["r", "a", "b"], ["r", "a", "b"]) is None
    assert first_difference(["r", "a"], ["x", "a"]) == -1
    assert first_difference(["r", "a", "b"], ["r", "a", "c"]) == 1
    assert first_difference(["r", "a", "b"], ["r", "a"]) == 1


# --- failures -------------------------------------------------------------------------------------------------------


def test_what_cannot_be_recorded_is_named_with_its_path() -> None:
    result = examine(game("GivesObjects"))
    assert any(what.startswith("infos['0']['kitchen']['pot'] cannot be recorded") for what in problems(result, "error"))


@pytest.mark.parametrize(
    ("name", "stage", "text"),
    [
        ("no_such_module:make", "import", "no_such_module"),
        ("NoSuchName", "import", "NoSuchName"),
        ("FailsToBeMade", "make", "no kitchen"),
        ("FailsToReset", "reset", "must take a seed"),
        ("FailsLate", "step", "the pot is empty"),
    ],
)
def test_an_environment_that_fails_ends_the_check_with_the_reason(name: str, stage: str, text: str) -> None:
    result = examine(game(name))
    assert result["failure"]["stage"] == stage
    assert text in result["failure"]["problem"] and result["failure"]["detail"]
    assert text in problems(result, "error")[0]


def test_a_draw_function_or_policy_that_does_not_import_is_found() -> None:
    for change in ({"draw": "no_such_module:draw"}, {"hud_function": "no_such_module:hud"}):
        assert examine(game("Sound", **change))["failure"]["stage"] == "import"


def test_one_episode_alone_is_the_episode_of_the_examination() -> None:
    sound = game("Sound")
    assert episode(sound, 1) == examine(sound)["episodes"][1]["digests"]
