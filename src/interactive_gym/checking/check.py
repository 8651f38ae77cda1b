"""``interactive-gym check``: everything that can be found out before participants come."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterator
from functools import partial
from pathlib import Path

from interactive_gym.checking.judge import judge
from interactive_gym.checking.locate import line_in_traceback, line_of
from interactive_gym.checking.report import Finding, Report, SceneReport, grouped
from interactive_gym.checking.trial import try_out
from interactive_gym.errors import ConfigError
from interactive_gym.experiment import Experiment
from interactive_gym.packaging.archive import pack
from interactive_gym.packaging.distributions import File
from interactive_gym.packaging.node import Node
from interactive_gym.packaging.plan import LOCAL, Plan, gym_scenes, plan
from interactive_gym.packaging.pyodide import PYODIDE_VERSION, Pyodide, bundled
from interactive_gym.scenes.gym import GymScene

_REPEATED = re.compile(r"(-\d+)+$")  # what RepeatScene adds to ids


def check_experiment(experiment: Experiment, path: Path) -> Report:
    """Pack ``experiment`` as for participants and try out each of its games, here and in Pyodide under Node.

    Args:
        experiment: As it is in the file ``path``.
        path: The experiment's file.

    Raises:
        ServerError: Node or Pyodide is missing.
    """
    with tempfile.TemporaryDirectory(prefix="interactive-gym-check-") as name:
        cache_dir = Path(name)
        try:
            planned = plan(experiment, bundled())
            pyodide = bundled().complete(planned.wheels, cache_dir) if planned else bundled()
        except ConfigError as error:
            return Report(experiment.id, findings=(Finding("error", str(error)),))
        if planned is None:
            return Report(experiment.id)
        node = _node(planned, pyodide, cache_dir)
        scenes = tuple(_checked(name, scene, game, path, planned, node) for name, scene, game in games_of(experiment))
        files = [*planned.files, *_pyodide_files(planned, pyodide)]
        return Report(experiment.id, scenes, grouped(files), planned.left_out, _notes(planned))


def _node(planned: Plan, pyodide: Pyodide, cache_dir: Path) -> Node:
    return Node(pyodide.folder, planned.packages, pack(planned.files, cache_dir, pyodide).path)


def games_of(experiment: Experiment) -> Iterator[tuple[str, GymScene, dict[str, object]]]:
    """What is tried out, by name: each game as it is, and once in each other condition of each of its factors.

    Of games that are alike but for their ids, as repeated ones are, it is the first.
    """
    known: list[dict[str, object]] = []
    for scene in gym_scenes(experiment):
        others = [(factor.id, name) for factor in scene.factors for name in list(factor.values)[1:]]
        for conditions in ({}, *({factor: name} for factor, name in others)):
            game = scene.game(conditions)
            alike = {**game, "scene_id": ""}
            if alike not in known:
                known.append(alike)
                yield " ".join([scene.id, *(f"{factor}={name}" for factor, name in conditions.items())]), scene, game


def _checked(name: str, scene: GymScene, game: dict[str, object], path: Path, planned: Plan, node: Node) -> SceneReport:
    trials = try_out(game, path.absolute().parent, node)
    sources = {file.path: file.source for file in planned.files if file.owner == LOCAL}
    return judge(name, trials, partial(_where, path, scene.id), partial(line_in_traceback, sources=sources))


def _pyodide_files(planned: Plan, pyodide: Pyodide) -> list[File]:
    owner = f"Pyodide {PYODIDE_VERSION}"
    return [File(file.name, file, owner) for file in pyodide.loaded_files(planned.wheels)]


def _where(path: Path, scene: str, method: str) -> str | None:
    repeated = _REPEATED.sub("", scene)
    line = line_of(path, scene, method) or line_of(path, repeated, method)
    return f"{path}:{line}" if line is not None else None


def _notes(planned: Plan) -> tuple[Finding, ...]:
    return tuple(Finding("note", f"another version: {text}") for text in planned.replaced)
