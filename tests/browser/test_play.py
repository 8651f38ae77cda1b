"""Whole episodes through the one object that the worker's shell sees."""

import json

import numpy as np
import pytest

from interactive_gym.records import unpack
from interactive_gym.server.ingest import ending

from . import games

HERE = games.HERE


def test_an_episode_from_reset_to_its_end(drive):
    game = drive()
    first = game.begin()
    assert (first["frame"], first["over"], first["chunks"]) == (-1, None, [])
    last = game.run()
    assert (last["frame"], last["over"]) == (24, "terminated")
    assert [(head["index"], head["first"], head["rows"]) for head, _ in game.chunks] == [
        (0, -1, 11),
        (1, 10, 10),
        (2, 20, 5),
    ]
    rows = game.rows
    assert [row.frame for row in rows] == list(range(-1, 25))
    assert rows[0].observations["0"].dtype == np.float32
    assert rows[0].actions == {}
    assert [row.terminated["0"] for row in rows[1:]] == [False] * 24 + [True]
    assert all(row.truncated == {"0": False} for row in rows[1:])
    assert all(row.rewards == {"0": np.float64(1)} for row in rows[1:])
    assert all(row.observations is None for row in rows[1:])


def test_infos_are_recorded_as_they_were_in_their_frame(drive):
    game = drive()
    game.begin()
    game.run()
    at = [row.infos["0"]["at"][0] for row in game.rows]
    assert len(set(at)) == len(at)


def test_observations_are_recorded_on_request(drive):
    game = drive(record_observations=True)
    game.begin()
    game.run()
    assert [row.observations["0"][0] for row in game.rows[1:]] == [
        np.float32(row.infos["0"]["at"][0]) for row in game.rows[1:]
    ]


def test_who_acted_and_whether_they_looked(drive):
    game = drive()
    game.begin()
    game.tick("ArrowLeft")
    game.tick(pressed=["ArrowRight"], focused=False)
    game.tick("x")
    game.run()
    rows = game.rows[1:4]
    assert [row.actions["0"] for row in rows] == [0, 2, 1]
    assert [row.source["0"] for row in rows] == ["human", "human", "default"]
    assert [row.is_focused["0"] for row in rows] == [True, False, True]


def test_single_keystrokes_act_once(drive):
    game = drive(input_mode="single_keystroke")
    game.begin()
    game.tick("ArrowLeft", pressed=["ArrowLeft"])
    game.run(keys=lambda frame: ["ArrowLeft"])
    assert [row.actions["0"] for row in game.rows[1:]] == [0] + [1] * 24


def test_the_same_seed_and_keys_give_the_same_bytes(drive):
    one, two, other = drive(), drive(), drive(seed=8)
    for game in (one, two, other):
        game.begin()
        game.run()
    assert one.chunks == two.chunks
    assert other.chunks[0] != one.chunks[0]


def test_an_episode_does_not_depend_on_the_one_before(drive):
    game = drive()
    game.begin(0)
    first = game.run()
    game.begin(1)
    game.run()
    alone = drive()
    alone.begin(1)
    alone.run()
    assert alone.chunks == game.chunks
    assert game.rows[0].observations != first
    assert game.packet["frame"] == 24


def test_each_episode_has_a_fresh_environment_and_the_old_one_is_closed(drive):
    made, closed = games.Walk.made, games.Walk.closed
    game = drive()
    game.begin(0)
    game.begin(1)
    assert (games.Walk.made, games.Walk.closed) == (made + 2, closed + 1)
    game.play.close()
    game.play.close()
    assert games.Walk.closed == closed + 2


def test_max_steps_truncates_the_last_row(drive):
    game = drive(max_steps=5)
    game.begin()
    last = game.run()
    assert (last["frame"], last["over"]) == (4, "max_steps")
    assert [row.truncated["0"] for row in game.rows[1:]] == [False] * 4 + [True]
    assert not any(row.terminated["0"] for row in game.rows[1:])


def test_an_environment_that_ends_with_max_steps_has_the_last_word(drive):
    game = drive(max_steps=25)
    game.begin()
    assert game.run()["over"] == "terminated"
    assert game.rows[-1].truncated == {"0": False}


def test_a_tick_after_the_end_is_an_error(drive):
    game = drive(max_steps=1)
    game.begin()
    game.tick()
    assert "over" in game.tick()["error"]["problem"]


def test_what_an_environment_prints_breaks_nothing(drive, capsys):
    game = drive(environment=f"{HERE}:Prints")
    game.begin()
    assert game.run()["over"] == "terminated"
    assert "stepping 2" in capsys.readouterr().out


def test_an_environment_that_changes_its_action_does_not_change_the_record(drive):
    bindings = [{"keys": ["a"], "action": [0.5, -0.25]}]
    game = drive(
        environment=f"{HERE}:Pushes", bindings=bindings, default_action=[0, 0], draw=f"{HERE}:nothing", max_steps=3
    )
    game.begin()
    game.run(keys=lambda frame: ["a"])
    assert [row.actions["0"] for row in game.rows[1:]] == [[0.5, -0.25]] * 3


# --- pictures -------------------------------------------------------------------------------------------------------


def test_the_first_packet_is_whole_and_the_next_ones_are_differences(drive):
    game = drive()
    assert [drawn["t"] for drawn in game.begin()["draw"]["set"]] == ["circle", "rect"]
    packet = game.tick("ArrowRight")
    assert packet["draw"]["full"] is False
    assert [drawn["id"] for drawn in packet["draw"]["set"]] == ["walker"]
    assert game.begin(1)["draw"]["full"] is True


def test_pixels(drive):
    game = drive(draw=None, environment=f"{HERE}:Pictures", options={"how": "array"})
    packet = game.begin()
    assert (packet["draw"], packet["pixels"]) == (None, [6, 4])
    game.tick()
    rgba = np.frombuffer(game.play.pixels(), np.uint8).reshape(4, 6, 4)
    assert (rgba[..., :3] == 1).all()
    assert (rgba[..., 3] == 255).all()


def test_an_environment_may_render_a_surface(drive):
    kept = drive(draw=None, environment=f"{HERE}:Pictures", options={"how": "surface"})
    assert kept.begin()["draw"]["full"] is True
    assert [drawn["id"] for drawn in kept.tick("ArrowRight")["draw"]["set"]] == ["walker"]
    new = drive(draw=None, environment=f"{HERE}:Pictures", options={"how": "new surface"})
    new.begin()
    assert len(new.tick("ArrowRight")["draw"]["set"]) == 2
    assert new.packet["draw"]["full"] is True


def test_an_environment_may_render_a_packet(drive):
    game = drive(draw=None, environment=f"{HERE}:Pictures", options={"how": "packet"})
    assert game.begin()["draw"] == {"full": True, "set": [], "drop": []}


@pytest.mark.parametrize(("how", "says"), [("nothing", "rgb_array"), ("floats", "float64")])
def test_what_cannot_be_shown_is_said(drive, how, says):
    game = drive(draw=None, environment=f"{HERE}:Pictures", options={"how": how})
    error = game.begin()["error"]
    assert error["stage"] == "draw"
    assert says in error["problem"]


def test_the_hud(drive):
    template = "{score:.0f} {reward:.0f} {frame} {episode}/{episodes} {seconds:.1f}"
    game = drive(hud=template)
    assert game.begin(1)["hud"] == "0 0 0 2/3 0.0"
    game.tick("ArrowRight")
    assert game.tick("ArrowRight")["hud"] == "2 1 2 2/3 0.2"
    assert drive(hud_function=f"{HERE}:hud").begin()["hud"] == "at step 0"
    assert drive().begin()["hud"] is None


def test_who_asks_for_the_agent_is_told(drive):
    game = drive(hud_function=f"{HERE}:hud_of", draw=f"{HERE}:draw_for")
    packet = game.begin()
    assert packet["hud"] == "0 at step 0"
    assert [drawn["s"] for drawn in packet["draw"]["set"]] == ["for '0'"]


# --- many agents ----------------------------------------------------------------------------------------------------

CHASE = {
    "environment": f"{HERE}:Chase", "policies": {"0": "human", "mouse": f"{HERE}:flee"}, "draw": f"{HERE}:nothing",
    "max_steps": 12,
}  # fmt: skip


def test_a_policy_plays_the_other_agent(drive):
    game = drive(**CHASE)
    game.begin()
    game.run()
    rows = game.rows[1:]
    assert [row.actions for row in rows] == [{"0": 2, "mouse": frame % 3} for frame in range(12)]
    assert all(row.source == {"0": "human", "mouse": "bot"} for row in rows)
    assert [row.observed for row in rows] == [{"mouse": frame - 1} for frame in range(12)]
    assert all(row.is_focused == {"0": True} for row in rows)
    assert game.packet["over"] == "max_steps"
    assert rows[-1].truncated == {"0": True, "mouse": True}


def test_only_the_last_record_looks_like_the_last_one(drive):
    """The server finds the end of an episode in the last row of a chunk, whatever an environment leaves unsaid."""
    game = drive(**CHASE | {"environment": f"{HERE}:Silent", "max_steps": None})
    game.begin()
    game.run()
    last_rows = [unpack(data)[-1] for _, data in game.chunks]
    assert [row.frame for row in last_rows] == [9, 19, 24]
    assert [ending(row, None) for row in last_rows] == [None, None, "truncated"]


def test_an_agent_that_is_done_acts_no_more(drive):
    game = drive(**CHASE, options={"caught_at": 4})
    game.begin()
    game.run()
    assert ["mouse" in row.actions for row in game.rows[1:]] == [True] * 4 + [False] * 8
    assert [row.terminated.get("mouse") for row in game.rows[1:6]] == [False, False, False, True, None]


def test_what_a_policy_draws_does_not_move_the_world(drive):
    calm = drive(**CHASE)
    wild = drive(**CHASE | {"policies": {"0": "human", "mouse": f"{HERE}:flee_randomly"}})
    for game in (calm, wild):
        game.begin()
        game.run()
    assert [row.infos for row in wild.rows] == [row.infos for row in calm.rows]
    again = drive(**CHASE | {"policies": {"0": "human", "mouse": f"{HERE}:flee_randomly"}})
    again.begin()
    again.run()
    assert again.chunks == wild.chunks


# --- going on after a reload ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("changes", [{}, CHASE, {"record_observations": True}, {"hud": "{score}"}])
@pytest.mark.parametrize("kept", [1, 2])
def test_resuming_goes_on_bit_by_bit(drive, changes, kept):
    def keys(frame):
        return [["ArrowLeft"], [], ["ArrowRight"]][frame % 3]

    whole = drive(**changes)
    whole.begin(1)
    end = whole.run(keys)
    resumed = drive(**changes)
    first = resumed.begin(1, whole.chunks[:kept])
    assert first["draw"]["full"] is True
    if first["over"] is None:
        assert first["frame"] == kept * 10 - 1
        assert {**resumed.run(keys), "step_ms": 0} == {**end, "step_ms": 0}
    assert resumed.chunks == whole.chunks[kept:]


def test_an_episode_whose_end_was_recorded_is_over_at_once(drive):
    whole = drive()
    whole.begin()
    whole.run()
    packet = drive().begin(0, whole.chunks)
    assert (packet["frame"], packet["over"], packet["chunks"]) == (24, "terminated", [])


def test_an_environment_that_cannot_be_played_again_is_found_out(drive):
    whole = drive(environment=f"{HERE}:Drifts")
    whole.begin()
    whole.run()
    error = drive(environment=f"{HERE}:Drifts").begin(0, whole.chunks[:1])["error"]
    assert error["stage"] == "step"
    assert "rewards of frame 0" in error["problem"]
    assert "recorded" in error["detail"]


def test_a_recording_of_another_game_is_refused(drive):
    whole = drive()
    whole.begin()
    whole.run()
    assert "frame 10 where the episode goes on from frame -1" in drive().begin(0, whole.chunks[1:])["error"]["problem"]
    assert drive(seed=8).begin(0, whole.chunks)["error"]["stage"] == "reset"
    assert "error" in drive().begin(0, [(None, b"junk")])


def test_javascript_hands_over_bytes_in_its_own_way(drive):
    class Uint8Array:
        def __init__(self, data):
            self.data = data

        def to_bytes(self):
            return self.data

    whole = drive()
    whole.begin()
    whole.run()
    game = drive()
    assert json.loads(game.play.begin(0, [Uint8Array(whole.chunks[0][1])]))["frame"] == 9


# --- errors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("how", "stage", "says"),
    [
        ("make", "make", "Fails() raised ValueError: no map"),
        ("reset", "reset", "reset() raised ValueError: no start"),
        ("reset info", "reset", "infos['0']['engine'] cannot be recorded"),
        ("raise", "step", "ZeroDivisionError"),
        ("exit", "step", "SystemExit"),
        ("info", "step", "infos['0']['engine'][0] cannot be recorded: it is a builtins.object"),
        ("reward", "step", "the reward 'much', which is not a number"),
    ],
)
def test_a_failing_environment_is_an_error_packet(drive, how, stage, says):
    game = drive(environment=f"{HERE}:Fails", options={"how": how})
    game.begin()
    error = game.run()["error"]
    assert error["stage"] == stage
    assert says in error["problem"]
    assert "Traceback" in error["detail"]
    assert "Traceback" not in error["problem"]


@pytest.mark.parametrize(
    ("changes", "stage", "says"),
    [
        ({"default_action": 3}, "make", "gameplay(default_action) does not fit the action space"),
        ({"bindings": [{"keys": ["b", "a"], "action": "jump"}]}, "make", "gameplay(actions[['a', 'b']])"),
        ({"policies": {"1": "human"}}, "make", "names the agents ['1'], but the environment has ['0']"),
        ({"draw": f"{HERE}:draw_badly"}, "draw", "draw_badly() raised ValueError"),
        (
            {**CHASE, "policies": {"0": "human", "mouse": f"{HERE}:sulk"}},
            "policy",
            "sulk() raised RuntimeError: no cheese",
        ),
        ({**CHASE, "policies": {"0": "human", "mouse": f"{HERE}:cheat"}}, "policy", "the policy of agent 'mouse'"),
        ({**CHASE, "policies": {"0": "human"}}, "make", "['0', 'mouse']"),
    ],
)
def test_a_config_that_does_not_fit_is_an_error_packet(drive, changes, stage, says):
    game = drive(**changes)
    game.begin()
    error = game.run()["error"]
    assert error["stage"] == stage
    assert says in error["problem"]


def test_pictures_that_the_game_has_are_drawn_and_others_are_an_error_packet(drive):
    plain = {"url": "/pictures/a.png", "bytes": 1, "size": [32, 32], "cell": None, "atlas": None}
    assets = [{**plain, "name": "floor"}, {**plain, "name": "chef", "cell": [16, 16]}]
    game = drive(assets=assets, draw=f"{HERE}:draw_pictures")
    chef, floor = game.begin()["draw"]["set"]
    assert (chef["src"], chef["frame"], floor["src"]) == ("chef", 2, "floor")
    error = game.run()["error"]
    assert error["stage"] == "draw"
    assert "src must be 'chef', 'floor', 'data:image/png" in error["problem"] and "not 'pan'" in error["problem"]


def test_after_an_error_the_game_is_lost(drive):
    closed = games.Fails.closed
    game = drive(environment=f"{HERE}:Fails", options={"how": "raise"})
    game.begin()
    game.run()
    assert games.Fails.closed == closed + 1
    assert "no episode" in game.tick()["error"]["problem"]


def test_before_it_begins_there_is_nothing_to_tick(drive):
    assert "no episode" in drive().tick()["error"]["problem"]


# --- published environments -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("id", "default"), [("MountainCar-v0", 1), ("CartPole-v1", 0)])
def test_gymnasium(drive, id, default):
    changes = {
        "environment": "gymnasium:make", "options": {"id": id}, "draw": f"{HERE}:nothing", "default_action": default,
        "bindings": [{"keys": ["ArrowLeft"], "action": 0}, {"keys": ["ArrowRight"], "action": 1}], "max_steps": 50,
        "record_observations": True,
    }  # fmt: skip

    def keys(frame):
        return [["ArrowLeft", "ArrowRight"][frame // 2 % 2]]

    whole = drive(**changes)
    whole.begin()
    last = whole.run(keys)
    assert last["frame"] + 1 == len(whole.rows) - 1 > 10
    assert all(row.observations["0"].dtype == np.float32 for row in whole.rows)
    resumed = drive(**changes)
    resumed.begin(0, whole.chunks[:1])
    resumed.run(keys)
    assert resumed.chunks == whole.chunks[1:]
    assert unpack(whole.chunks[0][1])[0].frame == -1
