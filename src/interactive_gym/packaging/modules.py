"""Which of the researcher's modules a browser needs: those that the environment, draw, HUD and policies import."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.machinery import ModuleSpec
from pathlib import Path

from interactive_gym.errors import ConfigError
from interactive_gym.packaging.absent import refuse_absent
from interactive_gym.packaging.distributions import Environment, Installed
from interactive_gym.packaging.imports import Import, imports_of, parse
from interactive_gym.packaging.own import PACKAGE

# Modules that Pyodide itself provides, and those that the worker puts a stand-in for.
PROVIDED = {"js", "pyodide", "pyodide_js", "_pyodide", "pygame", "_multiprocessing"}

# Import names of well-known distributions that are called otherwise, for the `pip install` line.
_DISTRIBUTION_OF = {
    "cv2": "opencv-python", "PIL": "pillow", "sklearn": "scikit-learn", "skimage": "scikit-image", "yaml": "pyyaml",
    "slime_volleyball": "slimevb", "dateutil": "python-dateutil", "Box2D": "box2d", "ale_py": "ale-py",
}  # fmt: skip


@dataclass(frozen=True)
class Place:
    """Where something is asked for: a line of a file, or a method of a scene."""

    text: str

    @classmethod
    def line(cls, path: Path, number: int) -> Place:
        return cls(f"{path}:{number}")


@dataclass(frozen=True)
class Module:
    """One Python module with its file; ``file`` is None for a namespace package, and ``owner`` for the researcher's."""

    name: str
    file: Path | None
    folders: tuple[str, ...]
    owner: Installed | None

    @property
    def is_package(self) -> bool:
        return bool(self.folders)

    @property
    def archive_path(self) -> str:
        base = self.name.replace(".", "/")
        return f"{base}/__init__.py" if self.is_package else f"{base}.py"


@dataclass
class Needed:
    """What following the imports found."""

    local: dict[str, Module] = field(default_factory=dict)
    distributions: dict[str, Place] = field(default_factory=dict)  # name -> where it was first asked for
    guarded: dict[str, Place] = field(default_factory=dict)  # distributions that the modules can do without
    provided: dict[str, Place] = field(default_factory=dict)  # import names that Pyodide or the worker brings
    missing: dict[str, Place] = field(default_factory=dict)  # modules that are not here and can be done without


def follow(names: Iterable[tuple[str, Place]], environment: Environment) -> Needed:
    """Follow the imports of the named modules through the researcher's own files, also those inside functions.

    Args:
        names: Dotted module names, each with the place that asks for it.
        environment: What is installed.

    Raises:
        ConfigError: A module that is imported without a guard is not there, is not Python, or is compiled.
    """
    needed = Needed()
    finder = Finder(environment)
    waiting = [(Import(name, 0), place) for name, place in names]
    while waiting:
        wanted, place = waiting.pop(0)
        for module in _classified(wanted, place, finder, needed):
            waiting += [(found, Place.line(_file(module), found.line)) for found in _imports(module)]
    return needed


def imported_at_start(modules: Iterable[Module], environment: Environment) -> set[str]:
    """Names of the distributions that are imported as soon as ``modules`` are: unguarded, outside of functions.

    Goes through the files of installed distributions too, which costs milliseconds for each.
    """
    finder = Finder(environment)
    waiting = list(modules)
    seen = {module.name for module in waiting}
    reached: set[str] = set()
    while waiting:
        for wanted in _imports(waiting.pop()):
            if wanted.guarded or wanted.lazy or _is_known(wanted.name):
                continue
            for module in finder.chain(wanted.name):
                if module.owner is not None:
                    reached.add(module.owner.name)
                if module.name not in seen:
                    seen.add(module.name)
                    waiting.append(module)
    return reached


def pip_install(module: str) -> str:
    """The command that most likely installs ``module``."""
    top_level = module.partition(".")[0]
    return f"pip install {_DISTRIBUTION_OF.get(top_level, top_level.replace('_', '-'))}"


class Finder:
    """Finds modules as an ``import`` would, without executing any."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self.find = cache(self._find)

    def chain(self, name: str) -> list[Module]:
        """The modules that ``import name`` loads: its packages, and itself where it is there."""
        parts = name.split(".")
        prefixes = [".".join(parts[: end + 1]) for end in range(len(parts))]
        found = [self.find(prefix) for prefix in prefixes]
        return [module for module in found if module is not None]

    def _find(self, name: str) -> Module | None:
        parent_name = name.rpartition(".")[0]
        parent = self.find(parent_name) if parent_name else None
        if parent_name and (parent is None or not parent.folders):
            return None
        spec = _spec(name, parent.folders if parent else None)
        if spec is None:
            return None
        file = Path(spec.origin) if spec.has_location and spec.origin else None
        folders = tuple(spec.submodule_search_locations or ())
        top_level = name.partition(".")[0]
        where = file or (Path(folders[0]) if folders else None)
        return Module(name, file, folders, self._environment.owner(top_level, where) if where else None)


def _classified(wanted: Import, place: Place, finder: Finder, needed: Needed) -> Iterator[Module]:
    """Enter ``wanted`` into ``needed``; yields those of the researcher's modules that were not known before."""
    top_level = wanted.name.partition(".")[0]
    if top_level in PROVIDED:
        needed.provided.setdefault(top_level, place)
    refuse_absent(wanted, place.text)
    if _is_known(wanted.name):
        return
    modules = finder.chain(wanted.name)
    if modules and modules[0].owner is not None:
        owner = modules[-1].owner or modules[0].owner
        (needed.guarded if wanted.guarded else needed.distributions).setdefault(owner.name, place)
        return
    complete = bool(modules) and modules[-1].name == wanted.name
    if not complete and not wanted.optional_child:
        _report_missing(wanted, place, needed)
    for module in modules:
        if module.name not in needed.local and module.file is not None:
            _check_is_python(module, place)
            needed.local[module.name] = module
            yield module


def _report_missing(wanted: Import, place: Place, needed: Needed) -> None:
    if wanted.guarded:
        needed.missing.setdefault(wanted.name, place)
        return
    raise ConfigError(
        f"{place.text}: there is no module {wanted.name!r} here. If it is a file of yours, put it beside the "
        f"experiment's file; if it is a package, run: {pip_install(wanted.name)}"
    )


def _check_is_python(module: Module, place: Place) -> None:
    if module.file is not None and module.file.suffix != ".py":
        raise ConfigError(
            f"{place.text}: {module.name!r} is compiled code ({module.file.name}), which no browser runs. Import it "
            f"somewhere else than in the modules of the environment, or replace it by Python."
        )


def _imports(module: Module) -> list[Import]:
    if module.file is None or module.file.suffix != ".py":
        return []
    return imports_of(parse(module.file), module.name, is_package=module.is_package)


def _is_known(name: str) -> bool:
    """Modules that are in every browser: the standard library, ours, Pyodide's."""
    top_level = name.partition(".")[0]
    return top_level in sys.stdlib_module_names or top_level == PACKAGE or top_level in PROVIDED


def _spec(name: str, folders: tuple[str, ...] | None) -> ModuleSpec | None:
    """What ``importlib.util.find_spec`` finds, without importing the parents."""
    for finder in sys.meta_path:
        find_spec = getattr(finder, "find_spec", None)
        spec = find_spec(name, folders) if find_spec is not None else None
        if isinstance(spec, ModuleSpec):
            return spec
    return None


def _file(module: Module) -> Path:
    assert module.file is not None  # only modules with a file have imports
    return module.file
