"""What a study's hooks are called with, and what they can do. Every hook takes one argument.

def pay(ended: ig.hooks.EpisodeEnd) -> None:
    for agent, participant_id in ended.players.items():
        earned = sum(row.rewards[agent] for row in ended.study.rows(ended.session_id, ended.episode)[1:])
        ended.study.set_attributes(participant_id, {"earned": earned})

experiment = ig.Experiment("tug").hooks(episode_end=pay).scenes(...)
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from interactive_gym.records.rows import Row

Value = bool | int | float | str | None


class Study(ABC):
    """What a hook may ask, and change. Every method waits until it is stored; all may be called from any thread."""

    @abstractmethod
    def attributes(self, participant_id: str) -> dict[str, Value]:
        """All attributes of this participant."""

    @abstractmethod
    def set_attributes(self, participant_id: str, values: Mapping[str, object]) -> dict[str, Value]:
        """Sets some; others stay. The participant's page is told, but of those that are hidden.

        Args:
            participant_id: Whose they are.
            values: Name -> number, text of at most 1,000 characters, True, False or None; 100 names at most.

        Returns:
            All of them, as they are now.

        Raises:
            ValueError: A name or a value is not as above. Nothing has been set.
        """

    @abstractmethod
    def globals(self) -> dict[str, Any]:
        """What hooks keep of the study as a whole, by name."""

    @abstractmethod
    def set_globals(self, values: Mapping[str, object]) -> dict[str, Any]:
        """Sets some; others stay. They survive restarts of the server.

        Args:
            values: Name -> what JSON can carry, at most 10,000 characters of it; 1,000 names at most.

        Returns:
            All of them, as they are now.

        Raises:
            ValueError: A name or a value is not as above. Nothing has been set.
        """

    @abstractmethod
    def add(self, name: str, amount: float = 1) -> float:
        """Adds to one of the globals, which begins at 0; nobody else changes it in between.

        Returns:
            What it is now.

        Raises:
            ValueError: It is not a number.
        """

    @abstractmethod
    def rows(self, session_id: str, episode: int) -> list[Row]:
        """The frames of an episode, as far as they are stored; the first, -1, is the reset."""


@dataclass(frozen=True, kw_only=True)
class Occasion:
    """Attributes:
    at: When it was stored, in Unix seconds.
    study: What the hook may ask, and change.
    """

    at: float
    study: Study = field(repr=False, compare=False)


@dataclass(frozen=True, kw_only=True)
class SessionStart(Occasion):
    """A game has begun: its one player, or all of several, are ready.

    Attributes:
        session_id: Names the game in the data.
        scene_id: The scene that is played.
        players: Agent -> the participant who plays it.
    """

    session_id: str
    scene_id: str
    players: Mapping[str, str]


@dataclass(frozen=True, kw_only=True)
class SessionEnd(SessionStart):
    """Nobody plays this game any more. ``reason`` is as in sessions.csv."""

    reason: str


@dataclass(frozen=True, kw_only=True)
class EpisodeStart(SessionStart):
    """The first frames of an episode have arrived, about a second after it began."""

    episode: int


@dataclass(frozen=True, kw_only=True)
class EpisodeEnd(EpisodeStart):
    """All frames of an episode are stored. ``reason`` is as in episodes.csv."""

    frames: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class Chunk(EpisodeStart):
    """A second of frames has arrived. What several players send alike comes once; what differs, once each.

    Attributes:
        index: Of the second, from 0.
        player: Agent whose browser sent it.
        generation: Of that browser's page: a later one, after a reload, may play the last second again.
        rows: The frames; each has ``frame, actions, rewards, infos, ...`` by agent. Frame -1 is the reset.
    """

    index: int
    player: str
    generation: int
    rows: Sequence[Row]


@dataclass(frozen=True, kw_only=True)
class Outcome(Occasion):
    """A participant is done. ``outcome`` is as in participants.csv, and ``scene_id`` is where they ended."""

    participant_id: str
    scene_id: str
    outcome: str


@dataclass(frozen=True, kw_only=True)
class Message(Occasion):
    """A page's own script has called ``interactiveGym.send(name, data)``. It may say anything: check it.

    Attributes:
        participant_id: Whose page it is.
        scene_id: The scene that it shows.
        name: What the script calls it.
        data: What JSON can carry.
    """

    participant_id: str
    scene_id: str
    name: str
    data: Any
