"""A participant's own order of scenes: drawn when they join, stored with them, never drawn again.

Like ``study``, all of it runs inside one write of the store.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

from sqlalchemy import Connection

from interactive_gym.data import people
from interactive_gym.experiment import Experiment
from interactive_gym.scenes import Factor, GymScene, Scene, wrappers
from interactive_gym.scenes.wrappers import drawn, wrappers_of
from interactive_gym.server import conditions, sequences
from interactive_gym.server.callbacks import TooSlow, call

CHOOSING_S = 1.0  # that a wrapper of the researcher's may take: all that is to be stored waits for it


def draw(connection: Connection, experiment: Experiment, participant_id: str, now: float) -> Sequence[Scene]:
    """Draws all that is theirs alone: their scenes, and the conditions of their games.

    Of an experiment whose scenes are the same for everybody no order is stored: what its file says counts for all.
    """

    def condition(factor: Factor) -> str:
        return conditions.of_participant(connection, factor, participant_id, now)

    order = _chosen(experiment, participant_id, condition)
    for scene in order:
        for factor in scene.factors if isinstance(scene, GymScene) else ():
            if factor.by == "participant":
                condition(factor)
    if experiment.varies:
        visited = people.visits_of(connection, participant_id)
        names = sequences.joined(visited, (scene.id for scene in order))
        people.set_sequence(connection, participant_id, names)
    return scenes_of(connection, experiment, participant_id)


def _chosen(experiment: Experiment, participant_id: str, condition: Callable[[Factor], str]) -> list[Scene]:
    """
    Raises:
        TooSlow: A wrapper of the researcher's does not choose in time.
    """
    if all(type(wrapper).__module__ == wrappers.__name__ for wrapper in wrappers_of(experiment.parts)):
        return drawn(experiment.parts, participant_id, condition)
    lock, given_up = threading.Lock(), threading.Event()

    def in_time(factor: Factor) -> str:
        with lock:
            if given_up.is_set():
                raise TooSlow("the choice comes too late")  # the connection is somebody else's by now
            return condition(factor)

    try:
        found: list[Scene] = call(drawn, experiment.parts, participant_id, in_time, timeout=CHOOSING_S)
    except TooSlow:
        with lock:
            given_up.set()
        raise
    return found


def scenes_of(connection: Connection, experiment: Experiment, participant_id: str) -> Sequence[Scene]:
    """The scenes of this participant, in their order, as far as they are still in the file."""
    return sequences.present(experiment.sequence, people.sequence_of(connection, participant_id))


def following(connection: Connection, experiment: Experiment, participant_id: str, scene: Scene, now: float) -> Scene:
    """What comes after ``scene`` for this participant."""
    order = scenes_of(connection, experiment, participant_id)
    if experiment.varies and not people.sequence_of(connection, participant_id):
        order = draw(connection, experiment, participant_id, now)  # they came before there was anything to draw
    return sequences.following(order, scene)
