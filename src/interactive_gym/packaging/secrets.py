"""Keeping secrets out of what participants receive: no literals in the files, no values either."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from interactive_gym.errors import ConfigError
from interactive_gym.packaging.distributions import File

# Parameters and dictionary keys of our configuration (and of ICE servers) that carry a secret.
SECRET_NAMES = {"turn_secret", "turn_credential", "turn_password", "credential", "secret_key", "completion_code"}
# A shorter value would be found by chance in the many files of installed packages.
_SHORTEST_VALUE_IN_PACKAGES = 8


def refuse_literals(path: Path, tree: ast.Module) -> None:
    """Refuse a file of the researcher's that has a literal where a secret belongs.

    Looks at keyword arguments and dictionary keys of :data:`SECRET_NAMES`, and at ``.code(...)`` in files that import
    interactive_gym; a name that the file sets to a string counts as a literal.

    Raises:
        ConfigError: Names file and line, and never repeats the value.
    """
    literals = _names_of_strings(tree)
    suspects = list(_values_of_secrets(tree))
    if _imports_ours(tree):
        suspects += _arguments_of_code(tree)
    for name, value in suspects:
        if _is_literal(value, literals):
            raise ConfigError(
                f"{path}:{value.lineno}: the value of {name} is a secret, and participants may receive this file. Put "
                f'it into an environment variable and write ig.secret("NAME_OF_THE_VARIABLE") here.'
            )


def secrets_used(trees: Iterable[ast.Module]) -> set[str]:
    """The names given to ``secret("NAME")`` in the files."""
    calls = (node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.Call))
    return {
        call.args[0].value
        for call in calls
        if _called(call) == "secret" and call.args and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }  # fmt: skip


def refuse_values(files: Iterable[File], names: Iterable[str], own: set[str]) -> None:
    """Refuse to ship any file that contains the value of a secret.

    Args:
        files: All that participants would receive.
        names: Environment variables that hold secrets; those that are not set are not looked for.
        own: Owners whose files are the researcher's; there even short values are looked for.

    Raises:
        ConfigError: Names the file and the variable, and never repeats the value.
    """
    values = {name: value.encode() for name in names if (value := os.environ.get(name))}
    for file in files if values else ():
        content = file.source.read_bytes()
        for name, secret in sorted(values.items()):
            long_enough = file.owner in own or len(secret) >= _SHORTEST_VALUE_IN_PACKAGES
            if long_enough and secret in content:
                line = content[: content.index(secret)].count(b"\n") + 1
                raise ConfigError(
                    f"{file.source}:{line}: participants receive this file, and it contains the value of the secret "
                    f'{name}. Remove it there; ig.secret("{name}") is enough.'
                )


def _values_of_secrets(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            yield from ((word.arg, word.value) for word in node.keywords if word.arg in SECRET_NAMES)
        elif isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                if isinstance(key, ast.Constant) and key.value in SECRET_NAMES:
                    yield str(key.value), value


def _arguments_of_code(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "code":
            yield from (("code()", value) for value in node.args)
            yield from (("code()", word.value) for word in node.keywords)


def _is_literal(value: ast.expr, literals: set[str]) -> bool:
    if isinstance(value, ast.Constant):
        return isinstance(value.value, str | bytes)
    return isinstance(value, ast.JoinedStr) or (isinstance(value, ast.Name) and value.id in literals)


def _names_of_strings(tree: ast.Module) -> set[str]:
    """Names that the file assigns a string to."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
    return found


def _imports_ours(tree: ast.Module) -> bool:
    for node in ast.walk(tree):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        if isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        if any(name.partition(".")[0] == "interactive_gym" for name in names):
            return True
    return False


def _called(call: ast.Call) -> str:
    if isinstance(call.func, ast.Attribute):
        return call.func.attr
    return call.func.id if isinstance(call.func, ast.Name) else ""
