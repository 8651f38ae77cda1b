"""What is recorded on request: whether it can be, and whether a second of it can be stored."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.errors import EnvError
from interactive_gym.game.episode import Episode
from interactive_gym.game.recorder import Recorder
from interactive_gym.game.selfcheck.choices import Choices
from interactive_gym.game.selfcheck.findings import Findings, listed
from interactive_gym.game.selfcheck.rehearsal import Rehearsal
from interactive_gym.game.setup import Setup, load_setup
from interactive_gym.records import Malformed, unpack

SECONDS = 3  # that are recorded


def check_recording(
    game: Mapping[str, Any], world: VirtualWorld, seed: int, played: Sequence[Rehearsal], findings: Findings
) -> None:
    """Say what the records of states leave out, and whether those of a second are too large.

    Raises:
        EnvError: The environment failed.
    """
    setup = load_setup(game)
    _report_left_out(played, findings)
    if (setup.record_states or setup.record_observations) and not any(one.unrecordable for one in played):
        problem = _too_large(game, setup, world, seed)
        if problem is not None:
            option = "record_states" if setup.record_states else "record_observations"
            what = f"what is recorded of a second is too large: {problem}"
            findings.add("error", what, f"do not ask for {option}, or keep less in it", "gameplay", option)


def _report_left_out(played: Sequence[Rehearsal], findings: Findings) -> None:
    left_out = {name: why for one in played for name, why in one.left_out.items()}
    if left_out:
        names = [f"{name} ({why.partition(';')[0]})" for name, why in sorted(left_out.items())]
        what = f"records of the state leave out what is no plain data: {listed(names)}"
        fix = "to have it there, give the environment get_state() and set_state(state)"
        findings.add("info", what, fix, "gameplay", "record_states")


def _too_large(game: Mapping[str, Any], setup: Setup, world: VirtualWorld, seed: int) -> str | None:
    """What a server, or this package on the way to it, would say of the records."""
    episode, recorder = Episode(setup, world, seed, 0), Recorder(setup.fps)
    choices = Choices(game, episode.codecs, f"{seed}/recorded")
    row = episode.row
    while True:
        is_last = episode.over is not None or row.frame + 1 >= SECONDS * setup.fps
        try:
            for chunk in recorder.add(row, last=is_last):
                unpack(chunk.packed.data)
        except (EnvError, Malformed) as problem:
            return problem.problem
        if is_last:
            return None
        chosen = choices.next()
        row = episode.step({agent: chosen[agent] for agent in episode.acting}, {}, {}, {})
