"""From the path of a file to the experiment in it."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from pathlib import Path
from types import ModuleType

from interactive_gym.errors import ConfigError, InteractiveGymError
from interactive_gym.experiment import Experiment
from interactive_gym.packaging.guard import refuse_unguarded_run
from interactive_gym.packaging.imports import parse
from interactive_gym.packaging.modules import pip_install


def load_experiment(path: Path) -> Experiment:
    """Import the file as a module of its own name, as browsers will, and return the experiment that it defines.

    Its folder comes first in ``sys.path``, as if the file had been run.

    Raises:
        ConfigError: There is no such file, it fails to import, or it does not define exactly one experiment.
    """
    found = _checked(path)
    refuse_unguarded_run(path, parse(found))
    return experiment_in(_imported(found), path)


def experiment_in(module: ModuleType, path: Path) -> Experiment:
    """The one experiment with scenes among the global names of ``module``.

    Raises:
        ConfigError: There is none, or more than one.
    """
    found = {name: value for name, value in vars(module).items() if isinstance(value, Experiment)}
    complete = {name: value for name, value in found.items() if value.sequence}
    distinct = {id(value) for value in complete.values()}
    if len(distinct) > 1:
        names = ", ".join(sorted(complete))
        raise ConfigError(f"{path} defines several experiments: {names}. Keep one; the others need files of their own.")
    if not complete:
        near = f" {next(iter(found))} has no scenes: add .scenes(...)." if found else ""
        raise ConfigError(
            f"{path} defines no experiment.{near} Write at the top level of the file: "
            f'experiment = ig.Experiment("my-study").scenes(...)'
        )
    return next(iter(complete.values()))


def _checked(path: Path) -> Path:
    if not path.exists():
        raise ConfigError(f"there is no file {path}")
    if path.is_dir() or path.suffix != ".py":
        raise ConfigError(f"{path} is not a Python file; give the file that defines the experiment")
    if path.stem in sys.stdlib_module_names or path.stem == "interactive_gym":
        raise ConfigError(f"{path} has the name of a module of Python; give the file another name, such as my_study.py")
    return path.absolute()


def _imported(path: Path) -> ModuleType:
    if sys.path[:1] != [str(path.parent)]:
        sys.path.insert(0, str(path.parent))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    assert spec is not None and spec.loader is not None  # the file exists and is called .py
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module  # before it runs: its functions are found again under this name
    try:
        spec.loader.exec_module(module)
    except BaseException as error:
        del sys.modules[path.stem]
        if isinstance(error, InteractiveGymError) or not isinstance(error, Exception):
            raise
        raise ConfigError(_import_problem(error, path)) from error
    return module


def _import_problem(error: Exception, path: Path) -> str:
    if isinstance(error, SyntaxError):
        return f"{error.filename or path}:{error.lineno}: {error.msg}"
    place = _place(error, path)
    if isinstance(error, ModuleNotFoundError) and error.name:
        return f"{place}: there is no module {error.name!r} here. If it is a package, run: {pip_install(error.name)}"
    return f"{place}: {type(error).__name__}: {error}"


def _place(error: BaseException, path: Path) -> str:
    """The last line of the researcher's own files that was running."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(path.parent)]
    own = [frame for frame in own if "site-packages" not in frame.filename] or own
    return f"{own[-1].filename}:{own[-1].lineno}" if own else str(path)
