"""``interactive-gym verify``."""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from interactive_gym.cli.errors import errors_in_one_line

if TYPE_CHECKING:
    from interactive_gym.data.verifications import Outcome, Recorded

StudyDir = Annotated[
    Path, typer.Argument(metavar="STUDY", help="The folder of a study, data/<experiment id>.", show_default=False)
]


def verify(
    study: StudyDir,
    jobs: Annotated[
        int | None,
        typer.Option(min=1, help="How many episodes are played at the same time.", show_default="all cores but one"),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Play those again that were verified before.")] = False,
    states: Annotated[
        Path | None, typer.Option(help="A folder, to which the state of the environment in each frame is written.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON.")] = False,
) -> None:
    """Play every recorded episode again from seed and actions, and compare all that comes of it."""
    from interactive_gym.verifying import verify as verified

    began = time.monotonic()
    with errors_in_one_line(), _Shown() as shown:
        found = verified(study, jobs=jobs or _cores(), again=again, states=states, progress=shown)
    counted: Counter[str] = Counter(of.outcome.status for of in found if of.outcome)
    if as_json:
        text = json.dumps(_report(study, found, shown, counted, time.monotonic() - began), indent=2)
        sys.stdout.write(f"{text}\n")
    else:
        _print(found, shown, counted, time.monotonic() - began)
    if counted["verified"] < len(found):
        raise typer.Exit(1)


def _cores() -> int:
    """All but one, on which whoever waits can go on to work."""
    return max(1, (os.cpu_count() or 2) - 1)


class _Shown:
    """A bar that grows with the frames."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._bar = Progress(*columns, console=Console(stderr=True), transient=True)
        self._task = self._bar.add_task("frames", total=None, visible=False)
        self.played: set[tuple[str, int]] = set()
        self.frames = 0

    def __enter__(self) -> _Shown:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._bar.stop()

    def begin(self, episodes: int, frames: int) -> None:
        self._bar.update(self._task, total=frames, visible=True, description=f"{episodes} episodes, frames")

    def done(self, of: Recorded, outcome: Outcome) -> None:
        self.played.add(of.key)
        self.frames += outcome.frames
        self._bar.advance(self._task, of.episode.frames)
        if outcome.status != "verified":
            self._bar.console.print(f"{of.session_id} episode {of.episode.number}: {_told(outcome)}", highlight=False)


def _told(outcome: Outcome) -> str:
    if outcome.status == "verified":
        return f"verified, {outcome.frames} frames"
    if outcome.status == "differs":
        where = f"frame {outcome.frame}, {outcome.column}"
        return f"differs in {where}: recorded {outcome.expected}, played again {outcome.found}"
    return f"{outcome.status}: {outcome.found}"


def _print(found: list[Recorded], shown: _Shown, counted: Counter[str], seconds: float) -> None:
    from rich.table import Table

    table = Table("session", "scene", "episode", "frames", "result", box=None)
    for of in found:
        if of.outcome:
            before = "" if of.key in shown.played else " (known)"
            cells = (of.session_id, of.scene_id, str(of.episode.number), str(of.episode.frames))
            table.add_row(*cells, _told(of.outcome) + before)
    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False, markup=False)
    console.print(table)
    totals = ", ".join(f"{number} {status}" for status, number in sorted(counted.items())) or "no complete episodes"
    speed = f"; {shown.frames:,} frames in {seconds:.1f} s" if shown.played else ""
    console.print(f"{totals}{speed}")


def _report(study: Path, found: list[Recorded], shown: _Shown, counted: Counter[str], seconds: float) -> dict[str, Any]:
    return {
        "study": study.name,
        "episodes": [
            {
                "session_id": of.session_id,
                "scene_id": of.scene_id,
                "episode": of.episode.number,
                "recorded_frames": of.episode.frames,
                **(vars(of.outcome) if of.outcome else {}),
                "is_known": of.key not in shown.played,
            }
            for of in found
        ],
        "summary": {
            "episodes": len(found),
            **{status: counted[status] for status in ("verified", "differs", "failed", "unknown")},
            "played": len(shown.played),
            "played_frames": shown.frames,
            "seconds": round(seconds, 3),
        },
    }
