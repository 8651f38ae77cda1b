"""From two trials of a game to what its researcher should know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from interactive_gym.checking.report import Finding, Level, SceneReport
from interactive_gym.checking.trial import SECOND, Trial, Trials
from interactive_gym.envs.selfcheck import first_difference

Where = Callable[[str], str | None]
Json = dict[str, Any]

_LEVELS: dict[str, Level] = {"error": "error", "warning": "warning", "info": "note"}
_OWN_STATE = "Keep all state on the environment; something outlives it, such as a module's variable."
_PLAY_METHODS = {"draw": "rendering", "policy": "policies"}


def judge(scene: str, trials: Trials, where: Where) -> SceneReport:
    """Sum up what was found; ``where`` gives the line of a method of the scene.

    What happens in Pyodide counts, since that is what participants run; what happens here only is a note.
    """
    findings = [*_failures(trials, where), *_problems(trials, where), *_comparisons(trials, where)]
    return SceneReport(scene, _facts(trials), tuple(findings))


def _facts(trials: Trials) -> dict[str, str]:
    here, there = trials.here, trials.in_pyodide
    failure = there.failure
    if failure is not None:
        return {"in Pyodide": f"no: {failure['problem']}"}
    examined = there.examined
    facts = {
        "in Pyodide": "imports and plays" if trials.play_error is None else "imports, and fails in play",
        "agents": ", ".join(examined["agents"]),
        "action space": examined["actions"]["space"],
        "actions": _actions(examined["actions"]),
        "snapshot": _snapshot(examined["snapshot"]),
        "two runs": "equal" if examined["determinism"]["equal"] else "different",
        "episode 2 alone": "as after episode 1" if _second_difference(there) is None else "different",
        "step": _step(here, there),
    }
    if here.failure is None:
        facts["CPython = Pyodide"] = _sameness(here, there)
    return facts


def _actions(actions: Json) -> str:
    bound = [f"{' + '.join(item['keys'])} = {item['native'] or '?'}" for item in actions["bindings"]]
    return ", ".join([*bound, f"no key = {actions['default']['native'] or '?'}"])


def _snapshot(snapshot: Json) -> str:
    method = {"hooks": "get_state()/set_state()", "reference": "by reference"}[snapshot["method"]]
    if "bytes" not in snapshot:
        return f"{method}: cannot be saved"
    exactness = "exact" if snapshot["exact"] else "not exact"
    cost = f"save {snapshot['save_ms']:.3g} ms, load {snapshot['load_ms']:.3g} ms, {snapshot['bytes']:,} bytes"
    return f"{method}, {exactness}, {cost}"


def _step(here: Trial, there: Trial) -> str:
    mine = f"{here.examined['step_ms']:.3g} ms in CPython, " if here.failure is None else ""
    return f"{mine}{there.examined['step_ms']:.3g} ms in Pyodide"


def _sameness(here: Trial, there: Trial) -> str:
    different = _first_difference_between(here, there)
    return "yes" if different is None else f"no, from episode {different[0] + 1}, frame {different[1]} on"


def _failures(trials: Trials, where: Where) -> Iterator[Finding]:
    here, there = trials.here.failure, trials.in_pyodide.failure
    if there is not None and not _is_reported(there, trials.in_pyodide):
        yield Finding("error", there["problem"], where("environment"))
    if here is not None and there is None:
        text = f"it plays in Pyodide, but not in this Python: {here['problem']}"
        yield Finding("warning", text, where("environment"))
    if trials.play_error is not None:
        stage, problem = trials.play_error["stage"], trials.play_error["problem"]
        yield Finding("error", f"a worker cannot play it: {problem}", where(_PLAY_METHODS.get(stage, "environment")))


def _is_reported(failure: Json, trial: Trial) -> bool:
    return any(problem["what"] == failure["problem"] for problem in trial.examined["problems"])


def _problems(trials: Trials, where: Where) -> Iterator[Finding]:
    there = trials.in_pyodide.examined["problems"]
    for problem in there:
        text = f"{problem['what']}. {_as_sentence(problem['fix'])}"
        yield Finding(_LEVELS[problem["severity"]], text, where(problem["method"]))
    known = {problem["what"] for problem in there}
    if trials.in_pyodide.failure is None and trials.here.failure is None:
        for problem in trials.here.examined["problems"]:
            if problem["what"] not in known and problem["severity"] != "info":
                yield Finding("note", f"in CPython only: {problem['what']}", where(problem["method"]))


def _as_sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _comparisons(trials: Trials, where: Where) -> Iterator[Finding]:
    here, there = trials.here, trials.in_pyodide
    if there.failure is not None:
        return
    frame = _second_difference(there)
    if frame is not None:
        text = f"episode 2 depends on episode 1: played alone it differs from frame {frame} on. {_OWN_STATE}"
        yield Finding("error", text, where("environment"))
    different = None if here.failure else _first_difference_between(here, there)
    if different is not None:
        moment = f"episode {different[0] + 1}, frame {different[1]}"
        text = f"CPython and Pyodide differ from {moment} on, as their arithmetic may. Participants all run Pyodide."
        yield Finding("note", text, where("environment"))


def _second_difference(trial: Trial) -> int | None:
    return first_difference(trial.digests(SECOND), trial.second_alone)


def _first_difference_between(here: Trial, there: Trial) -> tuple[int, int] | None:
    """Episode and frame."""
    for episode in range(len(there.examined["episodes"])):
        frame = first_difference(here.digests(episode), there.digests(episode))
        if frame is not None:
            return episode, frame
    return None
