"""The table in which the human data of Overcooked-AI is published, for the scenes in which two play Overcooked."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from interactive_gym.data.flat import replacing
from interactive_gym.export.nothing import NothingToExport
from interactive_gym.export.study import Played, Study
from interactive_gym.export.survey import SceneFrames, Track
from interactive_gym.export.tables import file_name
from interactive_gym.records import Row, plain

COLUMNS = (
    *("state", "joint_action", "reward", "time_left", "score", "time_elapsed", "cur_gameloop", "layout"),
    *("layout_name", "trial_id", "player_0_id", "player_1_id", "player_0_is_human", "player_1_is_human"),
)
_MOVES = {
    **dict.fromkeys(("ArrowUp", "w", "W"), (0, -1)),
    **dict.fromkeys(("ArrowDown", "s", "S"), (0, 1)),
    **dict.fromkeys(("ArrowRight", "d", "D"), (1, 0)),
    **dict.fromkeys(("ArrowLeft", "a", "A"), (-1, 0)),
}
_STAY = (0, 0)
_INTERACT = "interact"


def write_overcooked(study: Study, frames: dict[str, SceneFrames], folder: Path, track: Track[Played]) -> None:
    """
    Raises:
        NothingToExport: No scene with two agents is one of Overcooked.
    """
    scenes = {scene: [one for one in found.episodes if _is_overcooked(one)] for scene, found in frames.items()}
    if not any(scenes.values()):
        problem = "no scene with two agents has Overcooked in its name, its environment or its options"
        raise NothingToExport(f"Overcooked-AI's table is for Overcooked, and {problem}.")
    for scene, episodes in scenes.items():
        if episodes:
            is_shared = all(
                _is_shared(study.frames(played)) for played in track(episodes, f"rewards of {scene}", len(episodes))
            )
            with replacing(folder / f"{file_name(scene)}.csv") as file:
                out = csv.writer(file)
                out.writerow(COLUMNS)
                for played in track(episodes, f"table of {scene}", len(episodes)):
                    out.writerows(_lines(study, played, is_shared=is_shared))


def _is_overcooked(played: Played) -> bool:
    game = played.sides[0].game
    said = f"{game['scene_id']} {game['environment']} {json.dumps(game['options'])}"
    return "overcooked" in said.lower() and len(game["policies"]) == 2


def _is_shared(rows: Iterator[Row]) -> bool:
    """Whether both always get the same reward: then it is the team's, and not to be counted twice."""
    return all(len({float(reward) for reward in row.rewards.values()}) <= 1 for row in rows)


def _lines(study: Study, played: Played, *, is_shared: bool) -> Iterator[Sequence[object]]:
    side = played.sides[0]
    agents = tuple(side.game["policies"])
    people = {one.player: study.name_of(one.participant_id) for one in played.sides}
    names = [people.get(agent, side.game["policies"][agent]) for agent in agents]
    meant = _meanings(side.game)
    session, _, episode = played.keys
    of_trial = (*_layout(side.game), f"{session}:{episode}", *names, *(agent in people for agent in agents))
    score, state = 0.0, ""
    for row in study.frames(played):
        if row.frame >= 0:
            rewards = [float(row.rewards.get(agent, 0.0)) for agent in agents]
            reward = rewards[0] if is_shared else sum(rewards)
            score += reward
            left = "" if side.max_steps is None else (side.max_steps - row.frame - 1) / side.fps
            joint = json.dumps([_meant(meant, row.actions.get(agent)) for agent in agents])
            yield (state, joint, reward, left, score, (row.frame + 1) / side.fps, row.frame + 1, *of_trial)
        state = _state(row)


def _meanings(game: Mapping[str, Any]) -> dict[str, Any]:
    """Action, as JSON -> how Overcooked-AI writes it: by the keys that mean it."""
    meant: dict[str, Any] = {}
    for binding in game["bindings"]:
        move = next((_MOVES[key] for key in binding["keys"] if key in _MOVES), _INTERACT)
        meant.setdefault(json.dumps(binding["action"]), move)
    return {json.dumps(game["default_action"]): _STAY} | meant


def _meant(meant: Mapping[str, Any], action: Any) -> Any:
    """An action that no key means stays as it is."""
    return meant.get(json.dumps(plain(action)), plain(action))


def _layout(game: Mapping[str, Any]) -> tuple[str, str]:
    """The grid, where the options have one, and its name."""
    options = game["options"]
    grid = options.get("layout")
    name = options.get("layout_name") or (grid if isinstance(grid, str) else None) or options.get("id")
    return (json.dumps(grid) if isinstance(grid, list) else ""), str(name or game["scene_id"])


def _state(row: Row) -> str:
    """What an environment says of its state in its infos, under this name; ours do not."""
    for info in row.infos.values():
        if isinstance(info, Mapping) and "state" in info:
            state = plain(info["state"])
            return state if isinstance(state, str) else json.dumps(state)
    return ""
