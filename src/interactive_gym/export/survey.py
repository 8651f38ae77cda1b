"""What there is in the frames of each scene: columns, their types, and the values that were seen. One pass over all."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from interactive_gym.data.episode_files import MAX_COLUMNS, in_order
from interactive_gym.export.study import KEYS, Played, Study
from interactive_gym.records import FIELDS, Row, columns, plain

T = TypeVar("T")
Track = Callable[[Iterable[T], str, int], Iterable[T]]
"""Goes through something, and shows how far it is: what, its name, how many there are."""

MAX_LEVELS = 20
_NOT_FINITE = ("NaN", "Infinity", "-Infinity")
_INT64 = 2**63


@dataclass
class Seen:
    """The values of one column."""

    kinds: set[str] = field(default_factory=set)
    levels: dict[object, None] | None = field(default_factory=dict)  # None: there are too many
    minimum: float | None = None
    maximum: float | None = None

    def add(self, value: object) -> None:
        if value is None:
            return
        kind = _kind(value)
        self.kinds.add(kind)
        if isinstance(value, (int, float)) and kind != "boolean":
            self.minimum = value if self.minimum is None or value < self.minimum else self.minimum
            self.maximum = value if self.maximum is None or value > self.maximum else self.maximum
        if self.levels is not None and kind != "number":
            self.levels[value] = None
            if len(self.levels) > MAX_LEVELS:
                self.levels = None

    @property
    def type(self) -> str:
        """``integer``, ``number``, ``boolean`` or ``text``."""
        if self.kinds == {"boolean"}:
            return "boolean"
        if self.kinds == {"integer"}:
            return "integer"
        if self.kinds and self.kinds <= {"integer", "number", "not finite"} and self.kinds != {"not finite"}:
            return "number"
        return "text"


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        return "integer" if -_INT64 <= value < _INT64 else "text"
    if isinstance(value, float):
        return "number"
    return "not finite" if value in _NOT_FINITE else "text"


@dataclass(frozen=True)
class SceneFrames:
    """
    Attributes:
        seen: Column -> what was in it, in the order of the table.
        is_narrow: There would be too many columns: each field is one, of JSON.
    """

    episodes: Sequence[Played]
    seen: Mapping[str, Seen]
    is_narrow: bool
    frames: int

    @property
    def header(self) -> tuple[str, ...]:
        return (*KEYS, *self.seen)


LONG = (*KEYS, "frame", "agent", "field", "key", "value")


def survey(study: Study, track: Track[Played]) -> dict[str, SceneFrames]:
    """Scene -> its frames."""
    return {scene: _survey(study, scene, episodes, track) for scene, episodes in study.played().items()}


def _survey(study: Study, scene: str, episodes: Sequence[Played], track: Track[Played]) -> SceneFrames:
    seen: dict[str, Seen] = {}
    is_narrow, frames = False, 0
    for played in track(episodes, f"looking at {scene}", len(episodes)):
        for row in study.frames(played):
            frames += row.frame >= 0
            for name, value in line_of(row, played.fps, is_narrow=is_narrow).items():
                seen.setdefault(name, Seen()).add(value)
            if len(seen) > MAX_COLUMNS:
                is_narrow, seen = True, {name: Seen({"text"}, None) for name in ("frame", "t_ms", *FIELDS)}
    for name in ("frame", "t_ms") if is_narrow else ():
        seen[name].kinds = {"integer" if name == "frame" else "number"}
    return SceneFrames(episodes, {name: seen[name] for name in in_order(seen)}, is_narrow, frames)


def line_of(row: Row, fps: int, *, is_narrow: bool) -> dict[str, object]:
    """Column -> cell; a column without a value may be left out."""
    if not is_narrow:
        return columns(row, fps)
    return {"frame": row.frame, "t_ms": row.frame * 1000 / fps} | {name: plain(getattr(row, name)) for name in FIELDS}
