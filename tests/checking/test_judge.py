from __future__ import annotations

from typing import Any

import pytest

from interactive_gym.checking.judge import judge
from interactive_gym.checking.report import Finding, SceneReport
from interactive_gym.checking.trial import Trial, Trials

Json = dict[str, Any]

GOOD: Json = {
    "failure": None,
    "problems": [],
    "agents": ["0"],
    "actions": {
        "space": "Discrete(2)",
        "bindings": [{"keys": ["a", "b"], "native": "1"}],
        "default": {"keys": [], "native": "0"},
    },
    "episodes": [{"digests": ["r", "x", "y"]}, {"digests": ["r", "z"]}],
    "determinism": {"equal": True},
    "step_ms": 0.25,
    "ending": {"frames": 1200, "seconds": 0.5, "reason": "terminated", "same": True},
    "snapshot": {"method": "reference", "exact": True, "bytes": 1234, "save_ms": 0.1, "load_ms": 0.2, "digest_ms": 0.3},
}
ALONE = ["r", "z"]


def problem(severity: str, what: str, method: str = "environment") -> Json:
    return {"severity": severity, "what": what, "fix": "mend it", "method": method, "parameter": "p"}


def judged(
    here: Json = GOOD, there: Json = GOOD, alone: list[str] = ALONE, play_error: Json | None = None
) -> SceneReport:
    trials = Trials(Trial(here, ALONE, None), Trial(there, alone, play_error))
    return judge("game", trials, lambda method: f"study.py:{method}", lambda traceback: traceback or None)


def test_a_good_game_has_its_facts_and_no_findings() -> None:
    report = judged()
    assert report.findings == ()
    assert report.facts == {
        "in Pyodide": "imports and plays",
        "agents": "0",
        "action space": "Discrete(2)",
        "actions": "a + b = 1, no key = 0",
        "snapshot": "by reference, exact, save 0.1 ms, load 0.2 ms, digest 0.3 ms, 1,234 bytes",
        "two runs": "equal",
        "episode 2 alone": "as after episode 1",
        "end of an episode": "after 1,200 frames (terminated), the same after a restore",
        "step": "0.25 ms in CPython, 0.25 ms in Pyodide",
        "CPython = Pyodide": "yes",
    }


@pytest.mark.parametrize(("severity", "level"), [("error", "error"), ("warning", "warning"), ("info", "note")])
def test_problems_in_pyodide_are_findings_at_their_method(severity: str, level: Any) -> None:
    there = GOOD | {"problems": [problem(severity, "wrong key", "gameplay")]}
    assert judged(there=there).findings == (Finding(level, "wrong key. Mend it.", "study.py:gameplay"),)


def test_problems_that_only_this_python_has_are_notes() -> None:
    here = GOOD | {"problems": [problem("error", "runs differ"), problem("info", "looks at the clock")]}
    assert judged(here=here).findings == (Finding("note", "in CPython only: runs differ", "study.py:environment"),)


def test_problems_of_both_are_told_once() -> None:
    both = GOOD | {"problems": [problem("warning", "runs differ")]}
    assert [finding.level for finding in judged(both, both).findings] == ["warning"]


def test_a_game_that_does_not_import_in_pyodide_is_an_error_at_the_line_that_raised() -> None:
    failure = {"stage": "import", "problem": "no module x", "detail": "world.py:3"}
    there = {"failure": failure, "problems": [problem("error", "no module x")]}
    report = judged(there=there, alone=[])
    assert report.facts == {"in Pyodide": "no: no module x"}
    assert report.findings == (Finding("error", "no module x", "world.py:3"),)


def test_without_a_line_that_raised_it_is_the_method_that_counts() -> None:
    failure = {"stage": "draw", "problem": "no module x", "detail": ""}
    there = {"failure": failure, "problems": [problem("error", "no module x", "rendering")]}
    assert judged(there=there, alone=[]).findings == (Finding("error", "no module x", "study.py:rendering"),)


def test_a_game_that_fails_only_here_is_a_warning() -> None:
    here = {"failure": {"stage": "make", "problem": "no display", "detail": ""}, "problems": []}
    report = judged(here=here)
    assert [finding.level for finding in report.findings] == ["warning"]
    assert report.facts["step"] == "0.25 ms in Pyodide" and "CPython = Pyodide" not in report.facts


def test_a_second_episode_that_depends_on_the_first_is_an_error() -> None:
    [finding] = judged(alone=["r", "other"]).findings
    assert finding.level == "error" and "differs from frame 0 of episode 2 on" in finding.text


def test_where_cpython_differs_is_a_note() -> None:
    here = GOOD | {"episodes": [{"digests": ["r", "x", "other"]}, {"digests": ["r", "z"]}]}
    report = judged(here=here)
    assert report.facts["CPython = Pyodide"] == "no, from frame 1 of episode 1 on"
    assert [finding.level for finding in report.findings] == ["note"]


def test_a_reset_that_differs_is_called_so() -> None:
    here = GOOD | {"episodes": [{"digests": ["other"]}, {"digests": []}]}
    assert judged(here=here).facts["CPython = Pyodide"] == "no, from the reset of episode 1 on"


def test_what_a_worker_comes_upon_is_an_error_at_its_line() -> None:
    error = {"stage": "draw", "problem": "draw raised", "detail": ""}
    assert judged(play_error=error).findings == (
        Finding("error", "a worker cannot play it: draw raised", "study.py:rendering"),
    )
    assert judged(play_error=error | {"detail": "world.py:9"}).findings[0].where == "world.py:9"


def test_what_follows_from_an_error_is_not_told_again() -> None:
    there = GOOD | {"problems": [problem("error", "wrong key", "gameplay")]}
    error = {"stage": "make", "problem": "wrong key, said otherwise", "detail": ""}
    assert len(judged(there=there, play_error=error).findings) == 1
    assert len(judged(there=there, play_error=error | {"stage": "draw"}).findings) == 2


def test_an_end_that_was_not_reached_or_not_tried_is_told_as_such() -> None:
    endless = GOOD | {"ending": {"frames": 3120, "seconds": 20.0, "reason": None, "same": None}}
    assert judged(there=endless).facts["end of an episode"] == "not reached in 3,120 frames (20 s)"
    untried = GOOD | {"ending": {"frames": 9, "seconds": 0.1, "reason": "max_steps", "same": None}}
    assert judged(there=untried).facts["end of an episode"] == "after 9 frames (max_steps), not tried after a restore"


def test_an_environment_that_cannot_be_saved_says_so() -> None:
    there = GOOD | {"snapshot": {"method": "hooks", "exact": False}}
    assert judged(there=there).facts["snapshot"] == "get_state()/set_state(): cannot be saved"
