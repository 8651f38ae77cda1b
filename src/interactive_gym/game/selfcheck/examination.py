"""Trying out a game by random play, and saying what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.util import find_spec
from statistics import median
from typing import Any

from interactive_gym.envs.anatomy import Description, describe, differences
from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.envs.reference import resolve
from interactive_gym.errors import EnvError
from interactive_gym.game.episode import WrongAgents
from interactive_gym.game.probe import Look
from interactive_gym.game.selfcheck.bindings import check_bindings
from interactive_gym.game.selfcheck.ending import check_ending
from interactive_gym.game.selfcheck.findings import SHOWN, Findings, Json, listed
from interactive_gym.game.selfcheck.recording import check_recording
from interactive_gym.game.selfcheck.rehearsal import Rehearsal
from interactive_gym.game.selfcheck.rollback import check_rollback
from interactive_gym.game.states import NoState
from interactive_gym.policies.roster import HUMAN_NAME

FRAMES = 400
EPISODES = 2
SEED = 1

_POLICIES = ("policies", "players")
_PLACES = {"draw": ("rendering", "draw"), "policy": _POLICIES}
_FACTORY = ("environment", "factory")
_BY_ERROR = {WrongAgents: _POLICIES, NoState: ("gameplay", "record_states")}


def examine(
    game: Mapping[str, Any], seed: int = SEED, frames: int = FRAMES, look: Callable[[], Look] | None = None
) -> Json:
    """Try out the environment of ``game`` (``protocol_game.Game``) by random play, ``frames`` to the episode.

    Args:
        look: Makes what does to an environment whatever drawing does to it; called when the game has been imported.

    Returns:
        ``problems`` (see :class:`~interactive_gym.game.selfcheck.findings.Findings`); ``failure``: stage, problem and
        detail of what stopped the check, or None; and as far as it got ``agents``, ``actions`` (of the human),
        ``episodes`` (each with its number, the digests of frames -1, 0, 1, ... and whether it ended), ``step_ms``
        (median), ``determinism`` (``equal``, ``first_difference``: episode and frame, ``changed_outside``: paths of
        what all environments share, ``taken``: entropy and clocks, with lines), ``snapshot`` (see ``rollback``) and
        ``ending`` (see ``ending``).
    """
    findings = Findings()
    result: Json = {"failure": None, "problems": findings.problems}
    with VirtualWorld().installed() as world:
        try:
            _examine(game, seed, frames, world, findings, result)
            drawing = None if look is None else look()
            snapshot = result["snapshot"] = check_rollback(game, world, seed, findings, drawing)
            ending = result["ending"] = check_ending(game, world, seed, findings, goes_back=snapshot["exact"])
            snapshot["exact"] = snapshot["exact"] and ending["same"] is not False
        except EnvError as error:
            result["failure"] = {"stage": error.stage, "problem": error.problem, "detail": error.detail}
            place = _BY_ERROR.get(type(error)) or _PLACES.get(error.stage, _FACTORY)
            findings.add("error", error.problem, "make it work in plain Python first", *place)
    return result


def episode(game: Mapping[str, Any], number: int, seed: int = SEED, frames: int = FRAMES) -> list[str]:
    """Play one episode alone and return its digests, to be compared with those of :func:`examine`.

    Raises:
        EnvError: The environment failed.
    """
    with VirtualWorld().installed() as world:
        _import_all(game, world)
        return _played(game, world, seed, number, frames).digests


def first_difference(one: Sequence[str], other: Sequence[str]) -> int | None:
    """The first frame (-1 is the reset) at which two lists of digests differ; None if they are equal."""
    for position, (mine, theirs) in enumerate(zip(one, other, strict=False)):
        if mine != theirs:
            return position - 1
    return None if len(one) == len(other) else min(len(one), len(other)) - 1


def _examine(
    game: Mapping[str, Any], seed: int, frames: int, world: VirtualWorld, findings: Findings, result: Json
) -> None:
    _import_all(game, world)
    first = Rehearsal(game, world, seed, 0)
    result["agents"] = list(first.adapter.agents)
    result["actions"] = check_bindings(game, first, findings)
    before = describe(first.env)
    first.play(frames)
    played = [first, *(_played(game, world, seed, number, frames) for number in range(1, EPISODES))]
    result["episodes"] = [
        {"episode": number, "digests": one.digests, "over": one.over is not None} for number, one in enumerate(played)
    ]
    result["step_ms"] = _median_ms(played)
    changed = _changed_outside(before, played[-1])
    again = [_played(game, world, seed, number, frames) for number in range(EPISODES)]
    result["determinism"] = _compared(played, again, changed, findings) | {"taken": dict(world.taken)}
    _report_unrecordable(played, findings)
    _report_taken(world, played, findings)
    check_recording(game, world, seed, played, findings)


def _import_all(game: Mapping[str, Any], world: VirtualWorld) -> None:
    """Import as a worker does: numpy first, whose own import takes entropy; then what modules draw repeats itself."""
    if find_spec("numpy") is not None:
        import numpy.random  # noqa: F401
    understudy = (game.get("multiplayer") or {}).get("take_over")
    players = (*game["policies"].values(), understudy)
    with world.frame(0, 0, -1, fps=1):
        for reference in (game["environment"], game["draw"], game["hud_function"], *players):
            if reference not in (None, HUMAN_NAME):
                resolve(reference)


def _played(game: Mapping[str, Any], world: VirtualWorld, seed: int, number: int, frames: int) -> Rehearsal:
    rehearsal = Rehearsal(game, world, seed, number)
    rehearsal.play(frames)
    return rehearsal


def _median_ms(played: Sequence[Rehearsal]) -> float:
    return round(median(seconds for one in played for seconds in one.step_s) * 1000, 4)


def _changed_outside(before: Description, after: Rehearsal) -> list[str]:
    """What the env's classes and modules hold that is no longer as it was before the first episode was played."""
    return differences(before, describe(after.env), before.outside)


def _compared(
    played: Sequence[Rehearsal], again: Sequence[Rehearsal], changed: Sequence[str], findings: Findings
) -> Json:
    frames = [first_difference(one.digests, other.digests) for one, other in zip(played, again, strict=True)]
    differs = [{"episode": number, "frame": frame} for number, frame in enumerate(frames) if frame is not None]
    if differs:
        where = f"episode {differs[0]['episode']}, frame {differs[0]['frame']}"
        why = f"; in between {listed(changed)} changed, which all environments of a process share" if changed else ""
        what = f"two runs from the same seed with the same actions differ, first in {where}{why}"
        findings.add("error", what, "use the generator that reset(seed) makes, and keep all state on the environment")
    elif changed:
        what = f"{listed(changed)} changed while episodes were played, and all environments of a process share it"
        findings.add("warning", what, "keep it on the environment, lest an episode depend on those before it")
    return {
        "equal": not differs,
        "first_difference": differs[0] if differs else None,
        "changed_outside": list(changed[:SHOWN]),
    }


def _report_unrecordable(played: Sequence[Rehearsal], findings: Findings) -> None:
    for one in played:
        for path, reason in one.unrecordable.items():
            fix = "return numbers, text, lists, dicts or numpy arrays of numbers"
            findings.add("error", f"{path} cannot be recorded: {reason}", fix)


def _report_taken(world: VirtualWorld, played: Sequence[Rehearsal], findings: Findings) -> None:
    for name, place in world.taken.items():
        if name.startswith("time."):
            what, fix = f"looks at the clock ({name}) at {place}; it sees frame time", "count frames instead"
        else:
            what = f"draws randomness without a seed ({name}) at {place}; it is given some that repeats itself"
            fix = "use the generator that reset(seed) makes"
        findings.add("info", f"the environment {what}", fix)
    for name in sorted(set().union(*(one.shared_generators for one in played))):
        what = f"the environment draws from the global generator of {name}, which restarts at every frame"
        findings.add("info", what, "use the generator that reset(seed) makes")
