"""Whether a restored environment is the one that was saved: save, play, load, play the same, compare."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from interactive_gym.envs.anatomy import ROOT, Description, describe, differences
from interactive_gym.envs.determinism import VirtualWorld
from interactive_gym.envs.findings import SHOWN, Findings, Json, Severity, listed
from interactive_gym.envs.rehearsal import HUMAN, Rehearsal
from interactive_gym.envs.snapshot import Snapshot
from interactive_gym.errors import EnvError

TRIALS = 4
DEEPEST = 30  # frames between a save and its load; a rollback goes back some twelve
REPEATS = 20  # for the cost
FIRST_EPISODE = 1_000  # numbers that no examined episode has
CLOSURE = ".<closure>."


@dataclass
class _Comparison:
    """What was not as before, over all trials."""

    first_difference: int | None = None  # frames after the load
    not_restored: dict[str, None] = field(default_factory=dict)
    reordered: dict[str, None] = field(default_factory=dict)

    def add(self, before: Description, after: Description) -> None:
        self.not_restored.update(dict.fromkeys(differences(before, after, [ROOT, *before.outside])))
        self.reordered.update(dict.fromkeys(path for path in before.orders if _order(before, path, after)))


def check_snapshot(game: Mapping[str, Any], world: VirtualWorld, seed: int, findings: Findings) -> Json:
    """Save and restore the game's environment at random moments of random play.

    Returns:
        ``method``, ``exact``, ``first_difference`` (frames after a restore), ``not_restored`` and ``reordered``
        (paths), ``bytes``, ``save_ms``, ``load_ms``; of an environment that cannot be saved only the first two.
    """
    rehearsal = _rehearsal(game, world, seed, 0)
    snapshot = Snapshot(rehearsal.env)
    try:
        found = _compared(game, world, seed)
        costs = _costs(snapshot, world.stopwatch)
    except EnvError as error:
        findings.add(_severity(game), error.problem, "see the documentation of get_state() and set_state()")
        return {"method": snapshot.method, "exact": False}
    hidden = [path for path in found.not_restored if CLOSURE in path]
    _report(found, hidden, snapshot.method, _severity(game), findings)
    return {
        "method": snapshot.method,
        "exact": found.first_difference is None and not hidden,
        "first_difference": found.first_difference,
        "not_restored": list(found.not_restored)[:SHOWN],
        "reordered": list(found.reordered)[:SHOWN],
        **costs,
    }


def _rehearsal(game: Mapping[str, Any], world: VirtualWorld, seed: int, trial: int) -> Rehearsal:
    return Rehearsal(game, world, seed, FIRST_EPISODE + trial)


def _compared(game: Mapping[str, Any], world: VirtualWorld, seed: int) -> _Comparison:
    found = _Comparison()
    for trial in range(TRIALS):
        rng = random.Random(f"{seed}/snapshot/{trial}")
        rehearsal = _rehearsal(game, world, seed, trial)
        rehearsal.play(rng.randint(0, DEEPEST))
        if rehearsal.over:  # short games are tried from their start
            rehearsal = _rehearsal(game, world, seed, trial)
        _try(rehearsal, rng.randint(1, DEEPEST), found)
    return found


def _try(rehearsal: Rehearsal, depth: int, found: _Comparison) -> None:
    snapshot = Snapshot(rehearsal.env)
    data = snapshot.save()
    before, frame = describe(rehearsal.env), rehearsal.frame
    actions = rehearsal.play(depth)
    expected = rehearsal.digests[frame + 2 :]
    for _ in range(2):  # a second load must not find what the first play left
        snapshot.load(data)
        found.add(before, describe(rehearsal.env))
        rehearsal.rewind(frame)
        for position, action in enumerate(actions):
            if rehearsal.step(action) != expected[position]:
                known = found.first_difference
                found.first_difference = position if known is None else min(position, known)
                break


def _order(before: Description, path: str, after: Description) -> bool:
    return after.orders.get(path, before.orders[path]) != before.orders[path]


def _costs(snapshot: Snapshot, stopwatch: Callable[[], float]) -> Json:
    data = snapshot.save()
    return {
        "bytes": len(data),
        "save_ms": _median_ms(snapshot.save, stopwatch),
        "load_ms": _median_ms(lambda: snapshot.load(data), stopwatch),
    }


def _median_ms(action: Callable[[], object], stopwatch: Callable[[], float]) -> float:
    seconds = []
    for _ in range(REPEATS):
        started = stopwatch()
        action()
        seconds.append(stopwatch() - started)
    return round(median(seconds) * 1000, 4)


def _severity(game: Mapping[str, Any]) -> Severity:
    """Only games of several people roll back."""
    return "error" if list(game["policies"].values()).count(HUMAN) > 1 else "warning"


def _report(found: _Comparison, hidden: list[str], method: str, severity: Severity, findings: Findings) -> None:
    paths = listed(hidden or list(found.not_restored))
    if found.first_difference is not None:
        culprit = f": {paths} is not restored" if paths else ""
        what = f"the same actions give something else after a restore ({found.first_difference + 1} frames on){culprit}"
        findings.add(severity, what, _fix(hidden, found, method))
    elif hidden:
        findings.add(severity, f"{paths} is state that no snapshot can hold", _fix(hidden, found, method))
    elif paths:
        what = f"{paths} is not restored, though nothing that was recorded depended on it"
        findings.add("info", what, _fix(hidden, found, method))
    if found.reordered:
        what = f"the set {listed(list(found.reordered))} iterates in another order after a restore"
        findings.add(severity, what, "iterate over sorted(...) of it, or keep a dict instead")


def _fix(hidden: list[str], found: _Comparison, method: str) -> str:
    if hidden:
        return "keep it as an attribute of the environment, not in a variable of an enclosing function"
    if any(not path.startswith(ROOT) for path in found.not_restored):
        return "keep it on the environment: classes and modules are shared by all environments of a process"
    if method == "hooks":
        return "have get_state() return it and set_state() put it back"
    return "give the environment get_state() and set_state(state)"
