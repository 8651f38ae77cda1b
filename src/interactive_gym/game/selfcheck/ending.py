"""Whether the last steps of an episode can be taken back: what only they change is easily forgotten in a hook."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from interactive_gym.envs.anatomy import describe
from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.envs.snapshot import Snapshot
from interactive_gym.errors import EnvError
from interactive_gym.game.selfcheck.findings import Findings, Json, listed
from interactive_gym.game.selfcheck.rehearsal import Rehearsal
from interactive_gym.game.selfcheck.rollback import WINDOW, Found, fix_of, severity_of

LONGEST = 20_000  # frames in which an episode is to come to its end
LONGEST_S = 20.0  # and seconds
AT_ONCE = 50  # frames between two looks at the clock


def check_ending(
    game: Mapping[str, Any], world: VirtualWorld, seed: int, findings: Findings, *, goes_back: bool
) -> Json:
    """Play an episode to its end; then once more up to shortly before it, on to the end, back, and again to the end.

    Args:
        goes_back: Whether that is worth trying; an environment that cannot be restored anyway is only played.

    Returns:
        ``frames`` and ``seconds`` that were played, ``reason`` (why the episode ended; None if it did not in so many)
        and ``same`` (whether the last frames came out the same; None if that was not tried).

    Raises:
        EnvError: The environment failed before the end.
    """
    played, seconds = _to_the_end(game, world, seed)
    result = {"frames": played.frames, "seconds": round(seconds, 1), "reason": played.over, "same": None}
    if played.over is None:
        what = f"no episode came to its end in {played.frames:,} frames of random play ({seconds:.0f} s)"
        fix = "what a last step changes was not tried; gameplay(max_steps=...) ends episodes earlier"
        findings.add("info", what, fix, "gameplay", "max_steps")
    elif goes_back:
        result["same"] = _is_same_again(game, world, seed, played, findings)
    return result


def _to_the_end(game: Mapping[str, Any], world: VirtualWorld, seed: int) -> tuple[Rehearsal, float]:
    began = world.stopwatch()
    played, seconds = Rehearsal(game, world, seed, 0), 0.0
    while played.over is None and played.frames < LONGEST and seconds < LONGEST_S:
        played.play(AT_ONCE)
        seconds = world.stopwatch() - began
    return played, seconds


def _is_same_again(
    game: Mapping[str, Any], world: VirtualWorld, seed: int, played: Rehearsal, findings: Findings
) -> bool:
    start = max(0, played.frames - WINDOW)
    again = Rehearsal(game, world, seed, 0)
    again.play(start)
    saved, before, found = again.save(), describe(again.env), Found()
    again.play(WINDOW)
    first, problem = [*again.digests], None
    try:
        again.load(saved)
        found.add(before, describe(again.env))
        again.play(WINDOW)
    except EnvError as error:
        problem = error.problem
    if problem is None and again.digests == first:
        return True
    culprits = found.hidden or list(found.not_restored)
    what = _told(played, culprits, problem)
    findings.add(severity_of(game), what, fix_of(found, Snapshot(again.env).method))
    return False


def _told(played: Rehearsal, culprits: Sequence[str], problem: str | None) -> str:
    how = f" ({problem})" if problem else ""
    culprit = f": {listed(culprits)} is not restored" if culprits else ""
    return f"the end of an episode, frame {played.frames - 1}, is another one after a restore{how}{culprit}"
