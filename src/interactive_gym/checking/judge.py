"""From two trials of a game to what its researcher should know."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from interactive_gym.checking.report import Finding, Level, SceneReport
from interactive_gym.checking.trial import SECOND, Trial, Trials
from interactive_gym.game.selfcheck import first_difference

Where = Callable[[str], str | None]  # method of the scene -> "file:line"
WhereRaised = Callable[[str], str | None]  # traceback -> "file:line"
Json = dict[str, Any]

_LEVELS: dict[str, Level] = {"error": "error", "warning": "warning", "info": "note"}
_OWN_STATE = "Keep all state on the environment; something outlives it, such as a module's variable."
_PLAY_METHODS = {"draw": "rendering", "policy": "policies"}


def judge(scene: str, trials: Trials, where: Where, where_raised: WhereRaised) -> SceneReport:
    """Sum up what was found, with the lines to change.

    What happens in Pyodide counts, since that is what participants run; what happens here only is a note.
    """
    there = trials.in_pyodide.failure
    stopped = [] if there is None else [_stopped(there, trials.in_pyodide, where, where_raised)]
    findings = [*stopped, *_problems(trials, where), *_play(trials, where, where_raised), *_comparisons(trials, where)]
    return SceneReport(scene, _facts(trials), tuple(findings))


def _facts(trials: Trials) -> dict[str, str]:
    here, there = trials.here, trials.in_pyodide
    failure = there.failure
    if failure is not None:
        return {"in Pyodide": f"no: {failure['problem']}"}
    examined = there.examined
    facts = {
        "in Pyodide": "imports and plays" if trials.in_pyodide.play_error is None else "imports, and fails in play",
        "agents": ", ".join(examined["agents"]),
        "action space": examined["actions"]["space"],
        "actions": _actions(examined["actions"]),
        "snapshot": _snapshot(examined["snapshot"]),
        "two runs": "equal" if examined["determinism"]["equal"] else "different",
        "episode 2 alone": "as after episode 1" if _second_difference(there) is None else "different",
        "end of an episode": _ending(examined["ending"]),
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
    costs = ", ".join(f"{name} {snapshot[f'{name}_ms']:.3g} ms" for name in ("save", "load", "digest"))
    return f"{method}, {exactness}, {costs}, {snapshot['bytes']:,} bytes"


def _ending(ending: Json) -> str:
    if ending["reason"] is None:
        return f"not reached in {ending['frames']:,} frames ({ending['seconds']:g} s)"
    tried = {True: "the same after a restore", False: "another one after a restore", None: "not tried after a restore"}
    return f"after {ending['frames']:,} frames ({ending['reason']}), {tried[ending['same']]}"


def _step(here: Trial, there: Trial) -> str:
    mine = f"{here.examined['step_ms']:.3g} ms in CPython, " if here.failure is None else ""
    return f"{mine}{there.examined['step_ms']:.3g} ms in Pyodide"


def _sameness(here: Trial, there: Trial) -> str:
    different = _first_difference_between(here, there)
    return "yes" if different is None else f"no, from {_moment(*different)} on"


def _stopped(failure: Json, trial: Trial, where: Where, where_raised: WhereRaised) -> Finding:
    """What stopped the examination; where the researcher's code raised, that is the line to look at."""
    methods = [found["method"] for found in trial.examined["problems"] if found["what"] == failure["problem"]]
    return Finding("error", failure["problem"], where_raised(failure["detail"]) or where([*methods, "environment"][0]))


def _problems(trials: Trials, where: Where) -> Iterator[Finding]:
    there = trials.in_pyodide
    stopped_by = there.failure["problem"] if there.failure else None
    for found in there.examined["problems"]:
        if found["what"] != stopped_by:
            text = f"{found['what']}. {_as_sentence(found['fix'])}"
            yield Finding(_LEVELS[found["severity"]], text, where(found["method"]))
    if there.failure is None:
        yield from _problems_here_only(trials, where)


def _problems_here_only(trials: Trials, where: Where) -> Iterator[Finding]:
    failure = trials.here.failure
    if failure is not None:
        text = f"it plays in Pyodide, but not in this Python: {failure['problem']}"
        yield Finding("warning", text, where("environment"))
        return
    known = {found["what"] for found in trials.in_pyodide.examined["problems"]}
    for found in trials.here.examined["problems"]:
        if found["what"] not in known and found["severity"] != "info":
            yield Finding("note", f"in CPython only: {found['what']}", where(found["method"]))


def _play(trials: Trials, where: Where, where_raised: WhereRaised) -> Iterator[Finding]:
    """What a worker came upon, unless it follows from what was found already."""
    error = trials.in_pyodide.play_error
    known = any(found["severity"] == "error" for found in trials.in_pyodide.examined["problems"])
    if error is None or (known and error["stage"] not in _PLAY_METHODS):
        return
    place = where_raised(error["detail"]) or where(_PLAY_METHODS.get(error["stage"], "environment"))
    yield Finding("error", f"a worker cannot play it: {error['problem']}", place)


def _as_sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _comparisons(trials: Trials, where: Where) -> Iterator[Finding]:
    here, there = trials.here, trials.in_pyodide
    if there.failure is not None:
        return
    frame = _second_difference(there)
    if frame is not None:
        text = f"episode 2 depends on episode 1: played alone it differs from {_moment(SECOND, frame)} on. {_OWN_STATE}"
        yield Finding("error", text, where("environment"))
    different = None if here.failure else _first_difference_between(here, there)
    if different is not None:
        moment = _moment(*different)
        text = f"CPython and Pyodide differ from {moment} on, as their arithmetic may. Participants all run Pyodide."
        yield Finding("note", text, where("environment"))


def _moment(episode: int, frame: int) -> str:
    """As people count: the first episode is 1."""
    return f"{'the reset' if frame < 0 else f'frame {frame}'} of episode {episode + 1}"


def _second_difference(trial: Trial) -> int | None:
    return first_difference(trial.digests(SECOND), trial.second_alone)


def _first_difference_between(here: Trial, there: Trial) -> tuple[int, int] | None:
    """Episode and frame."""
    for episode in range(len(there.examined["episodes"])):
        frame = first_difference(here.digests(episode), there.digests(episode))
        if frame is not None:
            return episode, frame
    return None
