"""Datasets of Minari: one for each agent of each scene whose observations were recorded."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from interactive_gym.errors import ConfigError
from interactive_gym.export.extras import wanted
from interactive_gym.export.nothing import NothingToExport
from interactive_gym.export.spaces import Guess, stacked
from interactive_gym.export.study import Played, Study
from interactive_gym.export.survey import SceneFrames, Track

_HOW = "record them with gameplay(record_observations=True)"


@dataclass
class Recorded:
    """What one agent saw and did in an episode. There is one observation more than steps."""

    observations: list[Any] = field(default_factory=list)
    actions: list[Any] = field(default_factory=list)
    rewards: list[float] = field(default_factory=list)
    terminations: list[bool] = field(default_factory=list)
    truncations: list[bool] = field(default_factory=list)
    by_human: list[bool] = field(default_factory=list)


def write_minari(study: Study, frames: dict[str, SceneFrames], folder: Path, track: Track[Played]) -> None:
    """
    Raises:
        NothingToExport: Of no scene, all observations were recorded.
    """
    wanted("minari", "minari", "h5py")
    taken: set[str] = set()
    for scene, found in frames.items():
        episodes = [one for one in found.episodes if one.sides[0].game.get("record_observations")]
        guesses = _guesses(study, scene, track(episodes, f"spaces of {scene}", len(episodes)))
        for agent, (observation, action) in guesses.items():
            name = _unused(f"{_clean(study.id)}/{_clean(scene)}-{_clean(agent)}", taken)
            told = track(episodes, f"{agent} of {scene}", len(episodes))
            _write(study, told, agent, folder, name, (observation.space(), action.space()))
    if not taken:
        raise NothingToExport(f"Minari needs the observations of each step, and no game has them; {_HOW}.")


def _guesses(study: Study, scene: str, episodes: Any) -> dict[str, tuple[Guess, Guess]]:
    """Agent -> what their observations and actions need; also those actions that nobody has chosen."""
    found: dict[str, tuple[Guess, Guess]] = {}
    for played in episodes:
        for agent, recorded in _recorded(study, played).items():
            observation, action = found.setdefault(agent, (Guess(), Guess()))
            with _located(scene, agent):
                for value in recorded.observations:
                    observation.add(value)
                for value in [*recorded.actions, *_possible(played.sides[0].game, agent)]:
                    action.add(value)
    return found


def _possible(game: Mapping[str, Any], agent: str) -> list[Any]:
    if game["policies"].get(agent) != "human":
        return []
    return [*(binding["action"] for binding in game["bindings"]), game["default_action"]]


def _recorded(study: Study, played: Played) -> dict[str, Recorded]:
    """By agent, as far as each of them plays without a gap; who has no step is left out."""
    found: dict[str, Recorded] = {}
    over: set[str] = set()
    for row in study.frames(played):
        seen = row.observations or {}
        if row.frame < 0:
            found = {agent: Recorded([value]) for agent, value in seen.items()}
        for agent, one in found.items() if row.frame >= 0 else ():
            if agent in over or agent not in row.actions or agent not in seen:
                over.add(agent)
                continue
            one.observations.append(seen[agent])
            one.actions.append(row.actions[agent])
            one.rewards.append(float(row.rewards.get(agent, 0.0)))
            one.terminations.append(row.terminated.get(agent, False))
            one.truncations.append(row.truncated.get(agent, False))
            one.by_human.append(row.source.get(agent) != "bot")
    return {agent: one for agent, one in found.items() if one.actions}


def _write(study: Study, episodes: Any, agent: str, folder: Path, name: str, spaces: tuple[Any, Any]) -> None:
    storage_module, buffer_module, minari = wanted(
        "minari", "minari.dataset.minari_storage", "minari.data_collector.episode_buffer", "minari"
    )
    place = folder / name / "data"
    place.mkdir(parents=True)
    # Its default for pictures is JPEG, which is not what the agent saw.
    storage = storage_module.MinariStorage.new(place, *spaces, data_format="hdf5", jpeg_encoding=False)
    storage.update_metadata(
        {
            "dataset_id": name,
            "minari_version": minari.__version__,
            "algorithm_name": "people, and policies where info is_human is false",
            "description": "Recorded by Interactive Gym. The spaces are inferred from what was recorded.",
        }
    )
    storage.update_episodes(_buffers(buffer_module.EpisodeBuffer, study, episodes, agent, spaces))


def _buffers(buffer: Any, study: Study, episodes: Any, agent: str, spaces: tuple[Any, Any]) -> Iterator[Any]:
    import numpy as np

    for played in episodes:
        one = _recorded(study, played).get(agent)
        if one is None:
            continue
        session, _, episode = played.keys
        yield buffer(
            seed=played.seed,
            options={"session_id": session, "episode": episode, **_who(study, played, agent)},
            observations=stacked(spaces[0], one.observations),
            actions=stacked(spaces[1], one.actions),
            rewards=np.array(one.rewards, dtype=np.float64),
            terminations=np.array(one.terminations, dtype=np.bool_),
            truncations=np.array(one.truncations, dtype=np.bool_),
            infos={"is_human": np.array([False, *one.by_human], dtype=np.bool_)},
        )


def _who(study: Study, played: Played, agent: str) -> dict[str, str]:
    people: Sequence[str] = [side.participant_id for side in played.sides if side.player == agent]
    return {"participant_id": study.name_of(people[0])} if people else {}


@contextmanager
def _located(scene: str, agent: str) -> Iterator[None]:
    try:
        yield
    except ConfigError as error:
        raise ConfigError(f"Minari cannot hold what {agent!r} of {scene!r} saw or did: {error}.") from error


def _clean(text: str) -> str:
    return re.sub(r"[^\w-]", "_", text, flags=re.ASCII).ljust(2, "_")


def _unused(name: str, taken: set[str]) -> str:
    number, unused = 1, f"{name}-v0"
    while unused in taken:
        number += 1
        unused = f"{name}_{number}-v0"
    taken.add(unused)
    return unused
