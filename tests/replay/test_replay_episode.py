"""The program that replays an episode, on records of games that were really played."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import pytest

from interactive_gym.browser import spec
from interactive_gym.browser.play import Play
from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.game.episode import Episode
from interactive_gym.game.setup import load_setup
from interactive_gym.records import Row, pack, unpack
from interactive_gym.replay.programs.replay_episode import Replay, Replayer
from tests.browser import games, rooms
from tests.browser.wire import SEED, Page, Wire

HUMAN = "human"


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Iterator[VirtualWorld]:
    with VirtualWorld().installed() as world:
        monkeypatch.setattr("interactive_gym.replay.programs.replay_episode.VirtualWorld", lambda: world)
        yield world


def opened(game_json: str, rows: list[Row], predicted: Any = None, *, episode: int = 0, seed: int = SEED) -> Replay:
    """A replay of these rows, in chunks of ten."""
    job = {"game": json.loads(game_json), "seed": seed, "episode": episode, "frames": len(rows) - 1}
    chunks = [pack(rows[first : first + 10]).data for first in range(0, len(rows), 10)]
    return Replayer().open(json.dumps({**job, "predicted": predicted or {}}), chunks)


def checked(replay: Replay) -> dict[str, Any]:
    said: dict[str, Any] = {"frame": None}
    for _ in range(1000):
        before, said = said["frame"], json.loads(replay.check(7))
        if said["frame"] == before:
            return said
    raise AssertionError("it never ends")


def solo(world: VirtualWorld, game_json: str, frames: int = 1000) -> list[Row]:
    """What a participant records who walks to and fro."""
    play = Play(spec.load(game_json), world, SEED)
    packet, rows = json.loads(play.begin(0, [])), []
    for frame in range(frames):
        rows += [row for position in range(len(packet["chunks"])) for row in unpack(play.chunk(position))]
        if packet["over"]:
            break
        keys = [["ArrowLeft"], ["ArrowRight"], []][frame // 4 % 3]
        packet = json.loads(play.tick(json.dumps({"down": keys, "pressed": [], "focused": True})))
    return rows


class Screen:
    """What a page shows after packets of drawing commands."""

    def __init__(self) -> None:
        self.objects: dict[str, Any] = {}

    def take(self, draw: Mapping[str, Any] | None) -> dict[str, Any]:
        if draw is not None:
            kept = {} if draw["full"] else {name: one for name, one in self.objects.items() if name not in draw["drop"]}
            self.objects = kept | {one["id"]: one for one in draw["set"]}
        return self.objects


def test_an_episode_comes_out_as_it_was_recorded(world: VirtualWorld) -> None:
    game = games.game()
    replay = opened(game, solo(world, game))
    said = checked(replay)
    assert said == {"frame": 24, "last": 24, "frames": 25, "difference": None, "differing": 0, "savable": True}
    shown = json.loads(replay.show(24, True))
    assert [view["agent"] for view in shown["views"]] == ["0"]
    assert shown["row"]["actions"] == {"0": "0"} and shown["row"]["terminated"] == {"0": "true"}
    assert shown["differences"] == []


@pytest.mark.parametrize("environment", ["Walk", "Unsavable", "Forgets"])
def test_any_frame_looks_the_same_from_wherever_one_comes(world: VirtualWorld, environment: str) -> None:
    game = games.game(environment=f"{games.HERE}:{environment}", hud_function=f"{games.HERE}:hud")
    replay = opened(game, solo(world, game))
    assert checked(replay)["savable"] == (environment != "Unsavable")
    screen, seen = Screen(), {}
    for frame in (*range(-1, 25), 3, 17, 16, -1, 24, 0, 12):
        shown = json.loads(replay.show(frame, True))
        (view,) = shown["views"]
        looks = dict(screen.take(view["draw"])), view["hud"]
        assert seen.setdefault(frame, looks) == looks, frame
        assert shown["frame"] == frame and shown["differences"] == []
    assert len({str(looks) for looks in seen.values()}) == 26
    assert shown["savable"] == (environment == "Walk")


def test_what_never_comes_out_the_same_twice_is_said_of_the_frame(world: VirtualWorld) -> None:
    game = games.game(environment=f"{games.HERE}:Drifts")
    games.Drifts.total = 0.0
    rows = solo(world, game)
    games.Drifts.total = 0.0
    replay = opened(game, rows)
    assert checked(replay)["difference"] is None
    shown = json.loads(replay.show(3, True))
    assert [one["field"] for one in shown["differences"]] == ["rewards"] and not shown["savable"]


def test_pixels_are_there_for_the_last_answer(world: VirtualWorld) -> None:
    game = games.game(environment=f"{games.HERE}:Pictures", options={"how": "array"}, draw=None)
    replay = opened(game, solo(world, game))
    checked(replay)
    assert json.loads(replay.show(4, True))["views"][0]["pixels"] == [6, 4]
    assert replay.pixels(0)[0, 0].tolist() == [5, 5, 5, 255]


def met(page: Page, episode: int) -> Iterator[tuple[dict[str, Any], dict[str, Any]]]:
    """Each tick of a page, and what was to be seen after it."""
    screen = Screen()
    for packet in page.packets:
        shown = screen.take(packet["draw"])
        if packet["ticked"] and packet["episode"] == episode:
            yield packet, dict(shown)


@pytest.mark.parametrize("mode", ["pressed_keys", "single_keystroke"])
@pytest.mark.parametrize("players", [(HUMAN, HUMAN), (HUMAN, f"{rooms.HERE}:follow", HUMAN)])
def test_each_player_sees_again_what_they_saw(world: VirtualWorld, players: tuple[str, ...], mode: str) -> None:
    game = rooms.game(*players, input_mode=mode, hud_function=f"{rooms.HERE}:hud")
    wire = Wire(world, game)
    pages = wire.join_all()
    wire.run(60)
    agents = [agent for agent, player in enumerate(players) if player == HUMAN]
    saw = {str(agent): list(met(page, 1)) for agent, page in zip(agents, pages, strict=True)}
    predicted = {
        agent: {packet["frame"]: packet["predicted"] for packet, _ in ticks if packet["predicted"]}
        for agent, ticks in saw.items()
    }
    assert sum(len(frames) for frames in predicted.values()) > 20, "nothing was predicted"
    replay = opened(game, pages[0].rows(1), predicted, episode=1)
    assert checked(replay)["difference"] is None
    screens = {agent: Screen() for agent in (None, *saw)}
    known = {
        agent: {packet["frame"]: (packet["hud"], looks) for packet, looks in ticks} for agent, ticks in saw.items()
    }
    compared = 0
    for frame in (*range(45), 30, 7, 44, 20):
        shown = json.loads(replay.show(frame, True))
        canonical, *views = shown["views"]
        assert (canonical["agent"], canonical["predicted"]) == ("0", 0)
        assert [view["agent"] for view in views] == list(saw)
        for view in views:
            assert view["problem"] is None
            looks = view["hud"], dict(screens[view["agent"]].take(view["draw"]))
            if frame in known[view["agent"]]:
                assert looks == known[view["agent"]][frame], (frame, view["agent"])
                compared += 1
    assert compared > 60


def test_nothing_is_predicted_for_who_cannot_be_put_back(world: VirtualWorld) -> None:
    game = rooms.game(HUMAN, HUMAN, environment=f"{rooms.HERE}:Forgets", hud_function=f"{rooms.HERE}:hud")
    episode = Episode(load_setup(json.loads(game)), world, SEED, 0)
    rows = [episode.row]
    while episode.over is None:
        rows.append(episode.step(dict.fromkeys("01", episode.frame % 3), dict.fromkeys("01", HUMAN), {}, {}))
    replay = opened(game, rows, {"0": {"30": 3}})
    assert checked(replay)["savable"]
    for frame in (30, 31):
        shown = json.loads(replay.show(frame, True))
        assert not shown["savable"] and shown["differences"] == []
        assert [(view["hud"], view["predicted"]) for view in shown["views"]] == [
            (f"{agent} at step {frame + 1}", 0) for agent in (0, 0, 1)
        ]


def test_the_first_frame_that_differs_is_named_with_both_values(world: VirtualWorld) -> None:
    game = games.game()
    rows = solo(world, game)
    forged = Row(**{**{name: getattr(rows[9], name) for name in Row.__slots__}, "rewards": {"0": 7.0}})
    replay = opened(game, [*rows[:9], forged, *rows[10:]])
    said = checked(replay)
    assert said["differing"] == 1 and said["last"] == 24
    difference = said["difference"]
    assert (difference["frame"], difference["field"]) == (8, "rewards")
    assert "7.0" in difference["recorded"] and "7.0" not in difference["played"]
    assert [one["field"] for one in json.loads(replay.show(8, True))["differences"]] == ["rewards"]
    assert json.loads(replay.show(9, True))["differences"] == []


def test_states_are_shown_and_compared_whatever_the_viewer_draws(world: VirtualWorld) -> None:
    game = rooms.game(HUMAN, HUMAN, environment=f"{rooms.HERE}:Paints", draw=None, record_states=True)
    wire = Wire(world, game)
    page, _ = wire.join_all()
    wire.run(60)
    rows = page.rows(0)
    replay = opened(game, rows)
    assert checked(replay)["difference"] is None
    for frame in (44, 3, 9):
        shown = json.loads(replay.show(frame, True))
        assert shown["row"]["state"]["t"] == str(frame + 1) and "shown" not in shown["row"]["state"]
        assert shown["row"]["state_hash"] == ({"": rows[frame + 1].state_hash} if frame != 3 else {})
    forged = replace(rows[10], state={**(rows[10].state or {}), "t": 7}, state_hash="0" * 32)
    said = checked(opened(game, [*rows[:10], forged, *rows[11:]]))
    assert said["difference"] == {"frame": 9, "field": "state.t", "recorded": "7", "played": "10"}
    older = [replace(row, state_hash=None) for row in rows]
    assert checked(opened(game, older))["difference"] is None, "of before there were hashes"


def test_where_nothing_can_be_played_any_more_the_replay_ends(world: VirtualWorld) -> None:
    rows = solo(world, games.game())
    short = opened(games.game(options={"length": 12}), rows)
    assert checked(short)["difference"]["frame"] == 11  # it is over there, and was not when it was recorded
    said = checked(short)
    assert (said["last"], said["frames"], said["differing"]) == (11, 25, 2)
    fails = opened(games.game(environment=f"{games.HERE}:Fails", options={"how": "raise"}), rows)
    said = checked(fails)
    assert (said["last"], said["frames"]) == (1, 25)
    assert json.loads(fails.show(1, True))["frame"] == 1
    assert json.loads(fails.show(-1, True))["frame"] == -1
