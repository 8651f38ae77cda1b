"""What ``check`` found, as data."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field
from itertools import groupby
from typing import Any, Literal

from interactive_gym.packaging.closure import LeftOut
from interactive_gym.packaging.distributions import File

Level = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Finding:
    """Something that the researcher should know. ``where`` is the ``file:line`` to change, where there is one."""

    level: Level
    text: str
    where: str | None = None


@dataclass(frozen=True)
class SceneReport:
    """One game: ``facts`` are lines of a table, by their name."""

    scene: str
    facts: dict[str, str]
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Group:
    """The files that a participant receives of one distribution."""

    owner: str
    files: dict[str, int]  # path in the archive -> bytes

    @property
    def size(self) -> int:
        return sum(self.files.values())


@dataclass(frozen=True)
class Report:
    """All of it. The experiment can be served if there are no errors."""

    experiment: str
    scenes: tuple[SceneReport, ...] = ()
    groups: tuple[Group, ...] = ()
    left_out: tuple[LeftOut, ...] = ()
    findings: tuple[Finding, ...] = field(default=())

    @property
    def errors(self) -> list[Finding]:
        return [finding for finding in self.all_findings() if finding.level == "error"]

    def all_findings(self) -> Iterator[Finding]:
        yield from self.findings
        for scene in self.scenes:
            yield from scene.findings

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "ok": not self.errors}


def grouped(files: Iterable[File]) -> tuple[Group, ...]:
    """The files by their owner, the largest group first."""

    def owner(file: File) -> str:
        return file.owner

    groups = [
        Group(name, {file.path: file.source.stat().st_size for file in members})
        for name, members in groupby(sorted(files, key=owner), key=owner)
    ]
    return tuple(sorted(groups, key=lambda group: -group.size))
