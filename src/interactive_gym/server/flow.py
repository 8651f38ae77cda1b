"""A participant's own order of scenes: drawn when they join, stored with them, never drawn again.

Like ``study``, all of it runs inside one write of the store.
"""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection

from interactive_gym.data import events, people
from interactive_gym.experiment import Experiment
from interactive_gym.scenes import Factor, GymScene, Scene, wrappers
from interactive_gym.scenes.wrappers import Draw, SceneWrapper, chosen_by, drawn
from interactive_gym.scenes.wrappers import scenes_of as parts_of
from interactive_gym.server import conditions, sequences
from interactive_gym.server.callbacks import TooSlow, call

CHOOSING_S = 1.0  # that a wrapper of the researcher's may take: all that is to be stored waits for it
MOST_LATE = 3  # calls of one in a row that are not done in time; it is not asked again


class Patience:
    """With the wrappers of one study: which of them are not asked any more."""

    def __init__(self) -> None:
        self._late: Counter[int] = Counter()  # by the wrapper's identity: they live as long as their study

    def is_at_end(self, wrapper: SceneWrapper) -> bool:
        return self._late[id(wrapper)] >= MOST_LATE

    def chosen_by(self, wrapper: SceneWrapper, draw: Draw) -> list[Scene | SceneWrapper]:
        """
        Raises:
            TooSlow: It does not choose in time.
        """
        lock, given_up = threading.Lock(), threading.Event()

        def in_time(factor: Factor) -> str:
            with lock:
                if given_up.is_set():
                    raise TooSlow("the choice comes too late")  # the connection is somebody else's by now
                return draw.condition(factor)

        try:
            found: list[Scene | SceneWrapper] = call(
                chosen_by, wrapper, replace(draw, condition=in_time), timeout=CHOOSING_S
            )
        except TooSlow:
            with lock:
                given_up.set()
            self._late[id(wrapper)] += 1
            raise
        del self._late[id(wrapper)]
        return found


def draw(
    connection: Connection, experiment: Experiment, participant_id: str, now: float, patience: Patience
) -> Sequence[Scene]:
    """Draws all that is theirs alone: their scenes, and the conditions of their games.

    Of an experiment whose scenes are the same for everybody no order is stored: what its file says counts for all.

    Raises:
        TooSlow: A wrapper of the researcher's does not choose in time.
    """

    def condition(factor: Factor) -> str:
        return conditions.of_participant(connection, factor, participant_id, now)

    def choose(wrapper: SceneWrapper, draw: Draw) -> Sequence[Scene | SceneWrapper]:
        if type(wrapper).__module__ == wrappers.__name__:
            return chosen_by(wrapper, draw)
        if patience.is_at_end(wrapper):
            _note_not_asked(connection, wrapper, participant_id, now)
            return wrapper.parts
        return patience.chosen_by(wrapper, draw)

    order = drawn(experiment.parts, participant_id, condition, choose)
    for scene in order:
        for factor in scene.factors if isinstance(scene, GymScene) else ():
            if factor.by == "participant":
                condition(factor)
    if experiment.varies:
        visited = people.visits_of(connection, participant_id)
        names = sequences.joined(visited, (scene.id for scene in order))
        people.set_sequence(connection, participant_id, names)
    return scenes_of(connection, experiment, participant_id)


def _note_not_asked(connection: Connection, wrapper: SceneWrapper, participant_id: str, now: float) -> None:
    events.record(
        connection,
        "choice_failed",
        reason="too_slow",
        severity="error",
        now=now,
        participant_id=participant_id,
        data={"wrapper": type(wrapper).__name__, "scenes": [scene.id for scene in parts_of(wrapper.parts)]},
    )


def scenes_of(connection: Connection, experiment: Experiment, participant_id: str) -> Sequence[Scene]:
    """The scenes of this participant, in their order, as far as they are still in the file."""
    return sequences.present(experiment.sequence, people.sequence_of(connection, participant_id))


def following(
    connection: Connection, experiment: Experiment, participant_id: str, scene: Scene, now: float, patience: Patience
) -> Scene:
    """What comes after ``scene`` for this participant."""
    order = scenes_of(connection, experiment, participant_id)
    if experiment.varies and not people.sequence_of(connection, participant_id):
        order = draw(
            connection, experiment, participant_id, now, patience
        )  # they came before there was anything to draw
    return sequences.following(order, scene)
