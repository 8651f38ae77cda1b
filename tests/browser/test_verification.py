"""What the archive does with jobs; here in this Python."""

from __future__ import annotations

import json
from base64 import b64decode
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from interactive_gym.browser import verification
from interactive_gym.browser.runtime import Runtime
from interactive_gym.browser.verification import Verifier, verify_all
from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.game.episode import Episode
from interactive_gym.game.setup import load_setup
from interactive_gym.records import Row, encode, pack, unpack

GAME: dict[str, Any] = {
    "scene_id": "g", "environment": "tests.game.games:Gathers", "options": {}, "fps": 10, "max_steps": 30,
    "policies": {"cat": "human", "mouse": "human"}, "record_observations": True, "episodes": 1, "multiplayer": None,
    "draw": None, "hud": None, "hud_function": None, "bindings": [], "default_action": 0, "input_mode": "pressed_keys",
    "width": 10, "height": 10, "assets": [],
}  # fmt: skip
SEED = 5


@pytest.fixture
def rows(world: VirtualWorld) -> list[Row]:
    """A whole episode, as it was recorded."""
    episode = Episode(load_setup(GAME), world, SEED, 1)
    found = [episode.row]
    while episode.over is None:
        actions = {agent: codec.plain(codec.actions[0]) for agent, codec in episode.codecs.items()}  # type: ignore[attr-defined]
        found.append(episode.step(actions, {}, {}, {}))
    return found


def job(rows: list[Row], **changes: Any) -> dict[str, Any]:
    return {"game": GAME, "seed": SEED, "episode": 1, "frames": len(rows) - 1, "states": False, **changes}


def chunks(rows: list[Row]) -> list[bytes]:
    return [pack(rows[at : at + 10]).data for at in range(0, len(rows), 10)]


def changed(rows: list[Row], frame: int, **fields: Any) -> list[Row]:
    return [replace(row, **fields) if row.frame == frame else row for row in rows]


def test_an_episode_that_comes_out_the_same(world: VirtualWorld, rows: list[Row]) -> None:
    answer = Verifier(Runtime(world)).answer(job(rows), chunks(rows))
    assert answer == {"frames": 30, "row": None, "failure": None}


@pytest.mark.parametrize("field", ["rewards", "terminated", "truncated", "infos", "observations"])
@pytest.mark.parametrize("frame", [0, 9, 10, 29])
def test_whatever_is_recorded_is_compared(world: VirtualWorld, rows: list[Row], field: str, frame: int) -> None:
    other: dict[str, Any] = {field: {"cat": True}}
    answer = Verifier(Runtime(world)).answer(job(rows), chunks(changed(rows, frame, **other)))
    (played,) = unpack(b64decode(answer["row"]))
    assert answer["frames"] == played.frame == frame
    assert encode(getattr(played, field)) == encode(getattr(rows[frame + 1], field))


def test_the_reset_is_compared(world: VirtualWorld, rows: list[Row]) -> None:
    answer = Verifier(Runtime(world)).answer(job(rows), chunks(changed(rows, -1, infos={"cat": {"x": 1}})))
    (played,) = unpack(b64decode(answer["row"]))
    assert (answer["frames"], played.frame) == (0, -1)


def test_another_seed_is_another_episode(world: VirtualWorld, rows: list[Row]) -> None:
    answer = Verifier(Runtime(world)).answer(job(rows, seed=SEED + 1), chunks(rows))
    assert answer["frames"] < 30 and answer["row"]


def test_frames_after_the_end_do_not_count(world: VirtualWorld, rows: list[Row]) -> None:
    more = [*rows, Row(30, actions=rows[-1].actions)]
    verifier = Verifier(Runtime(world))
    assert verifier.answer(job(rows), chunks(more)) == {"frames": 30, "row": None, "failure": None}
    assert verifier.answer(job(more), chunks(more)) == {"frames": 30, "row": None, "failure": None}, "one is missing"
    assert verifier.answer(job(rows, frames=0), chunks(rows)) == {"frames": 0, "row": None, "failure": None}
    assert verifier.answer(job(rows, frames=0), []) == {"frames": 0, "row": None, "failure": None}


def test_actions_that_are_none_are_a_failure(world: VirtualWorld, rows: list[Row]) -> None:
    answer = Verifier(Runtime(world)).answer(job(rows), chunks(changed(rows, 4, actions={"cat": "fly", "mouse": "x"})))
    assert answer["frames"] == 4 and answer["failure"]["stage"] == "step"


def test_jobs_of_a_folder_are_answered(
    world: VirtualWorld, rows: list[Row], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verification, "prepare", lambda hook: Runtime(world))
    for name, count in (("a", 30), ("b", 3)):
        data = chunks(rows)
        (tmp_path / f"{name}.chunks").write_bytes(b"".join(data))
        asked = job(rows, frames=count, sizes=[len(chunk) for chunk in data], states=name == "b")
        (tmp_path / f"{name}.job").write_text(json.dumps(asked))
    verify_all(str(tmp_path), lambda *words: None)
    answers = {name: json.loads((tmp_path / f"{name}.answer").read_text()) for name in "ab"}
    assert [answers[name]["frames"] for name in "ab"] == [30, 3]
    states = [json.loads(line) for line in (tmp_path / "b.states").read_text().splitlines()]
    assert [state["frame"] for state in states] == [-1, 0, 1, 2]
    assert len({state["hash"] for state in states}) == 4
    assert not (tmp_path / "a.states").exists()
