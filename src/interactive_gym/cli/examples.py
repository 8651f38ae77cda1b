"""The examples that come with the package."""

from __future__ import annotations

from pathlib import Path

from interactive_gym.errors import ConfigError, ServerError

_PACKAGE = Path(__file__).parents[1]


def example(name: str) -> Path:
    """The file of the example called ``name``.

    Raises:
        ConfigError: There is no such example; the error lists those that there are.
        ServerError: This installation has no examples.
    """
    known = examples()
    path = known.get(name.removesuffix(".py").replace("-", "_"))
    if path is None:
        raise ConfigError(f"there is no example {name!r}; there are: {', '.join(known)}")
    return path


def examples() -> dict[str, Path]:
    """Name -> file, of the installed package or of the checkout that it runs from; files that draw belong to others.

    Raises:
        ServerError: Neither has any.
    """
    for folder in (_PACKAGE / "_examples", _PACKAGE.parents[1] / "examples"):
        files = sorted(folder.glob("*.py"))
        found = {path.stem: path for path in files if path.stem != "__init__" and not path.stem.endswith("_draw")}
        if found:
            return found
    raise ServerError("this installation has no examples; install interactive-gym again")
