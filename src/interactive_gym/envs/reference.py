"""Functions by name: how an env factory, ``draw`` or a policy travels from the experiment file to a browser.

A reference is ``"module:qualname"``, such as ``"kitchen:make_env"``. Whoever resolves it imports the module.
"""

from __future__ import annotations

import importlib
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

from interactive_gym.errors import EnvError


def name_of(function: object) -> str:
    """Return the reference that :func:`resolve` turns back into ``function``.

    A function of the file that is being run (module ``__main__``) is named by what that file is imported as elsewhere.

    Raises:
        ValueError: It cannot be imported: a lambda, a local function, a ``functools.partial``, a bound method of an
            instance. The text says what to do.
    """
    module = getattr(function, "__module__", None)
    qualname = getattr(function, "__qualname__", None)
    if not isinstance(module, str) or not isinstance(qualname, str):
        raise ValueError(f"{function!r} has no name of its own: write a function with def at the top of a module")
    if "<lambda>" in qualname:
        raise ValueError("a lambda has no name: write a function with def at the top of a module")
    if "<locals>" in qualname:
        raise ValueError(f"{qualname} is defined inside a function: move it to the top of its module")
    _check_found_again(function, module, qualname)
    return f"{_importable(module)}:{qualname}"


def module_of(entry_point: str | Callable[..., object]) -> str:
    """Return the module of what Gymnasium calls an entry point: ``"module:name"``, or a class or function."""
    if isinstance(entry_point, str):
        return entry_point.partition(":")[0]
    return _importable(entry_point.__module__)


def resolve(reference: str) -> object:
    """Import and return what ``reference`` names.

    Raises:
        ValueError: ``reference`` is not of the form ``"module:qualname"``.
        EnvError: Its module does not import, or has no such name; ``stage`` is ``"import"``, ``detail`` the traceback.
    """
    module_name, colon, qualname = reference.partition(":")
    if not (module_name and colon and qualname):
        raise ValueError(f"{reference!r} is not of the form 'module:name'")
    try:
        found: object = importlib.import_module(module_name)
        for part in qualname.split("."):
            found = getattr(found, part)
    except Exception as error:
        problem = f"importing {reference} failed: {type(error).__name__}: {error}"
        raise EnvError(problem, stage="import", detail=traceback.format_exc()) from error
    return found


def _check_found_again(function: object, module: str, qualname: str) -> None:
    found: object = sys.modules.get(module)
    if found is None:
        return
    for part in qualname.split("."):
        found = getattr(found, part, None)
    if found != function:  # not "is": a class method is a new object each time it is looked up
        raise ValueError(f"{module}.{qualname} is something else now: give the function under the name it has there")


def _importable(module: str) -> str:
    if module != "__main__":
        return module
    main = sys.modules["__main__"]
    spec = getattr(main, "__spec__", None)
    if spec is not None:
        return str(spec.name)
    path = getattr(main, "__file__", None)
    if path is None:
        raise ValueError("it is defined in an interactive session: move it to a file")
    return Path(path).stem
