"""Deciding which files an experiment's participants receive."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from interactive_gym.envs.reference import module_of
from interactive_gym.packaging.closure import Closure, LeftOut, close, requirements_of
from interactive_gym.packaging.distributions import Environment, File
from interactive_gym.packaging.guard import refuse_unguarded_run
from interactive_gym.packaging.imports import parse
from interactive_gym.packaging.modules import Finder, Needed, Place, follow, imported_at_start
from interactive_gym.packaging.own import own_files
from interactive_gym.packaging.pyodide import Pyodide, Wheel
from interactive_gym.packaging.secrets import refuse_literals, refuse_values, secrets_used
from interactive_gym.scenes.gym import MAKE_REGISTERED, GymScene
from interactive_gym.scenes.secret import Secret

if TYPE_CHECKING:
    from interactive_gym.experiment import Experiment

LOCAL = "experiment"  # owner of the researcher's own files


@dataclass(frozen=True)
class Plan:
    """What a browser gets: ``files`` in the archive, ``wheels`` by Pyodide; and what it does not get, with reasons."""

    files: tuple[File, ...]
    packages: tuple[str, ...]
    wheels: tuple[Wheel, ...]
    left_out: tuple[LeftOut, ...]
    replaced: tuple[str, ...]  # distributions whose version in the browser is Pyodide's, not the one installed here


def plan(experiment: Experiment, pyodide: Pyodide) -> Plan | None:
    """Collect the files for all Gym scenes of ``experiment``; None if it has no such scene.

    Raises:
        ConfigError: A module is not installed, cannot run in a browser, or holds a secret.
    """
    importlib.invalidate_caches()
    games = gym_scenes(experiment)
    own_file = experiment_file(experiment)
    if not games:
        if own_file is not None:
            refuse_literals(own_file, parse(own_file))
        return None
    environment = Environment(home=own_file.parent if own_file else None)
    needed = follow(_roots(games), environment)
    packages = [(name, Place(f"scene {game.id!r} .runtime(packages)")) for game in games for name in game.packages]
    closure = close(needed, requirements_of(packages), environment, pyodide, _reach(games, needed, environment))
    files = _files(needed, closure)
    _refuse_unsafe_files(experiment, own_file, needed, files)
    wheels = pyodide.wheels(closure.compiled)
    replaced = _replaced(wheels, environment)
    return Plan(tuple(files), tuple(closure.compiled), tuple(wheels), tuple(closure.left_out), tuple(replaced))


def gym_scenes(experiment: Experiment) -> list[GymScene]:
    """The scenes that need Python in the browser."""
    return [scene for scene in experiment.sequence if isinstance(scene, GymScene)]


def experiment_file(experiment: Experiment) -> Path | None:
    """The file that holds ``experiment`` as a global variable, else the script that is being run."""
    for module in [*sys.modules.values()]:
        if any(value is experiment for value in [*getattr(module, "__dict__", {}).values()]):
            return _file_of(module)
    return _file_of(sys.modules["__main__"])


def references(scene: GymScene) -> dict[str, str]:
    """Every ``"module:qualname"`` that a browser resolves for ``scene``, by the method and parameter that gave it."""
    game: Mapping[str, Any] = scene.game()
    found = {".environment(factory)": game["environment"]}
    optional = {".rendering(draw)": game["draw"], ".rendering(hud)": game["hud_function"]}
    found |= {where: name for where, name in optional.items() if name}
    if scene.stand_in:
        found[".waitroom(bot)"] = scene.stand_in
    if game["multiplayer"] and game["multiplayer"]["take_over"]:
        found[".multiplayer(on_leave)"] = game["multiplayer"]["take_over"]
    players = game["policies"].items()
    return found | {f".policies({agent!r})": name for agent, name in players if ":" in name}


def _roots(games: list[GymScene]) -> Iterator[tuple[str, Place]]:
    for scene in games:
        for where, reference in references(scene).items():
            yield reference.partition(":")[0], Place(f"scene {scene.id!r} {where}")
        if references(scene)[".environment(factory)"] == MAKE_REGISTERED:
            place = Place(f"scene {scene.id!r} .environment(factory)")
            yield from ((name, place) for name in _modules_of_registered(scene))


def _modules_of_registered(scene: GymScene) -> list[str]:
    """Where Gymnasium finds the environment: the module of its entry point, and the one before a colon in its id."""
    options: Any = scene.game()["options"]
    registering, _, name = options["id"].rpartition(":")
    defining = module_of(importlib.import_module("gymnasium").spec(name).entry_point)
    return [registering, defining] if registering else [defining]


def _reach(games: list[GymScene], needed: Needed, environment: Environment) -> Any:
    def reach() -> set[str]:
        finder = Finder(environment)
        named = [module for name, _ in _roots(games) for module in finder.chain(name)]
        return imported_at_start([*needed.local.values(), *named], environment)

    return reach


def _files(needed: Needed, closure: Closure) -> list[File]:
    """One file for each path; the researcher's come first, as they do in ``sys.path``."""
    found = [File(module.archive_path, module.file, LOCAL) for module in needed.local.values() if module.file]
    found += own_files()
    for installed in closure.shipped:
        found += installed.files()
    by_path: dict[str, File] = {}
    for file in found:
        by_path.setdefault(file.path, file)
    return [by_path[path] for path in sorted(by_path)]


def _refuse_unsafe_files(experiment: Experiment, own_file: Path | None, needed: Needed, files: list[File]) -> None:
    paths = {module.file for module in needed.local.values() if module.file} | ({own_file} if own_file else set())
    trees = {path: parse(path) for path in sorted(paths)}
    for path, tree in trees.items():
        refuse_literals(path, tree)
        refuse_unguarded_run(path, tree)
    names = secrets_used(trees.values()) | {secret.name for secret in _secrets_in(experiment.sequence)}
    refuse_values(files, names, own={LOCAL})


def _secrets_in(value: object) -> Iterator[Secret]:
    if isinstance(value, Secret):
        yield value
    elif is_dataclass(value):
        for part in fields(value):
            yield from _secrets_in(getattr(value, part.name))
    elif isinstance(value, Mapping):
        yield from _secrets_in(tuple(value.values()))
    elif isinstance(value, tuple | list):
        for part in value:
            yield from _secrets_in(part)


def _replaced(wheels: list[Wheel], environment: Environment) -> list[str]:
    found = []
    for wheel in wheels:
        installed = environment.get(wheel.name)
        if installed is not None and installed.version != wheel.version:
            found.append(f"{wheel.name} {installed.version} here, {wheel.version} in the browser")
    return found


def _file_of(module: Any) -> Path | None:
    name = getattr(module, "__file__", None)
    path = Path(name).absolute() if name else None
    return path if path and path.suffix == ".py" and path.exists() else None
