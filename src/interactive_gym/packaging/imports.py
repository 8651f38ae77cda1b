"""The import statements of one Python file, read from its syntax tree: nothing is executed."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from interactive_gym.errors import ConfigError

_GUARDING_ERRORS = {"ImportError", "ModuleNotFoundError", "Exception", "BaseException"}
_GUARDING_NAMES = {"version_info", "platform"}
_DYNAMIC_IMPORTS = {"import_module", "__import__"}


@dataclass(frozen=True)
class Import:
    """``name`` is absolute. ``guarded``: the file goes on without it (``try``/``except ImportError``, a test of
    the platform). ``lazy``: it is inside a function. ``optional_child``: ``from package import x`` where x may as
    well be an attribute.
    """

    name: str
    line: int
    guarded: bool = False
    lazy: bool = False
    optional_child: bool = False


def parse(path: Path) -> ast.Module:
    """The syntax tree of a file; ConfigError with the line where it is not Python."""
    try:
        return ast.parse(path.read_bytes(), filename=str(path))
    except SyntaxError as error:
        raise ConfigError(f"{path}:{error.lineno}: {error.msg}. Fix the file and start again.") from error


def imports_of(tree: ast.Module, module: str, *, is_package: bool) -> list[Import]:
    """Every import of a module, also those inside functions, in the order of the file.

    What stands under ``if TYPE_CHECKING`` or ``if __name__ == "__main__"`` never runs in a browser and is left out.

    Args:
        tree: Its syntax tree.
        module: Its dotted name, for relative imports.
        is_package: Whether the file is an ``__init__.py``.
    """
    package = module if is_package else module.rpartition(".")[0]
    return list(_walk(tree.body, package, guarded=False, lazy=False))


def _walk(nodes: Iterable[ast.AST], package: str, *, guarded: bool, lazy: bool) -> Iterator[Import]:
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom | ast.Call):
            yield from _imports_in(node, package, guarded=guarded, lazy=lazy)
        inside_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        guards = guarded or _guards_its_imports(node)
        yield from _walk(_executed_parts(node), package, guarded=guards, lazy=lazy or inside_function)


def _executed_parts(node: ast.AST) -> Iterable[ast.AST]:
    """The parts of ``node`` that run when the file is imported by another one, in a browser."""
    negated = isinstance(node, ast.If) and isinstance(node.test, ast.UnaryOp)
    if isinstance(node, ast.If) and not negated and _names(node.test) & {"TYPE_CHECKING", "__name__"}:
        return node.orelse
    return ast.iter_child_nodes(node)


def _guards_its_imports(node: ast.AST) -> bool:
    if isinstance(node, ast.Try):
        return any(
            handler.type is None or not _names(handler.type).isdisjoint(_GUARDING_ERRORS) for handler in node.handlers
        )
    return isinstance(node, ast.If) and not _names(node.test).isdisjoint(_GUARDING_NAMES)


def _imports_in(
    node: ast.Import | ast.ImportFrom | ast.Call, package: str, *, guarded: bool, lazy: bool
) -> Iterator[Import]:
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield Import(alias.name, node.lineno, guarded, lazy)
    elif isinstance(node, ast.ImportFrom):
        base = _absolute(node, package)
        yield Import(base, node.lineno, guarded, lazy)
        for alias in node.names:
            if alias.name != "*":
                yield Import(f"{base}.{alias.name}", node.lineno, guarded, lazy, optional_child=True)
    elif _called_name(node) in _DYNAMIC_IMPORTS and node.args:
        name = node.args[0]
        if isinstance(name, ast.Constant) and isinstance(name.value, str) and not name.value.startswith("."):
            yield Import(name.value, node.lineno, guarded, lazy)


def _absolute(node: ast.ImportFrom, package: str) -> str:
    if not node.level:
        return node.module or ""
    parents = package.split(".")
    base = ".".join(parents[: len(parents) - node.level + 1])
    return f"{base}.{node.module}" if node.module else base


def _called_name(node: ast.Call) -> str:
    if isinstance(node.func, ast.Attribute):
        return node.func.attr
    return node.func.id if isinstance(node.func, ast.Name) else ""


def _names(node: ast.AST) -> set[str]:
    """All plain names and attribute names below ``node``."""
    inside = list(ast.walk(node))
    plain = {part.id for part in inside if isinstance(part, ast.Name)}
    return plain | {part.attr for part in inside if isinstance(part, ast.Attribute)}
