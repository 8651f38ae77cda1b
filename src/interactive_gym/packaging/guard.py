"""``experiment.run()`` at the top level of a file would run again in every browser that imports the file."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from interactive_gym.errors import ConfigError


def refuse_unguarded_run(path: Path, tree: ast.Module) -> None:
    """Refuse a file that starts its experiment as soon as it is imported.

    Raises:
        ConfigError: Names the line and what to write instead.
    """
    experiments = {name for node in tree.body for name in _experiments_assigned(node)}
    for node in tree.body:
        if isinstance(node, ast.Expr) and _runs(node.value, experiments):
            raise ConfigError(
                f'{path}:{node.lineno}: .run() must stand under `if __name__ == "__main__":`, because participants\' '
                f"browsers import this file too."
            )


def _experiments_assigned(node: ast.stmt) -> list[str]:
    if not isinstance(node, ast.Assign) or not _makes_experiment(node.value):
        return []
    return [target.id for target in node.targets if isinstance(target, ast.Name)]


def _makes_experiment(value: ast.expr) -> bool:
    names = (getattr(part, "id", getattr(part, "attr", None)) for part in _chain(value))
    return "Experiment" in names


def _runs(value: ast.expr, experiments: set[str]) -> bool:
    if not isinstance(value, ast.Call) or not isinstance(value.func, ast.Attribute) or value.func.attr != "run":
        return False
    return _root(value) in experiments or _makes_experiment(value)


def _root(value: ast.expr) -> str:
    *_, last = _chain(value)
    return last.id if isinstance(last, ast.Name) else ""


def _chain(value: ast.expr) -> Iterator[ast.expr]:
    """A chain of calls and attributes such as ``ig.Experiment("a").scenes()``, from its right end to its left."""
    yield value
    while isinstance(value, ast.Call | ast.Attribute):
        value = value.func if isinstance(value, ast.Call) else value.value
        yield value
