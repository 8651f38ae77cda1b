from __future__ import annotations

import ast
from pathlib import Path

import pytest

from interactive_gym.errors import ConfigError
from interactive_gym.packaging.imports import Import, imports_of, parse


def found(text: str, module: str = "package.module", *, is_package: bool = False) -> dict[str, Import]:
    return {item.name: item for item in imports_of(ast.parse(text), module, is_package=is_package)}


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("import a.b, c as d", {"a.b", "c"}),
        ("from a import b", {"a", "a.b"}),
        ("from a import *", {"a"}),
        ("from . import b", {"package", "package.b"}),
        ("from .b import c", {"package.b", "package.b.c"}),
        ("from ..b import c", {"top.b", "top.b.c"}),
        ("import importlib\nimportlib.import_module('a.b')", {"importlib", "a.b"}),
        ("__import__('a')", {"a"}),
        ("importlib.import_module(name)", set()),
        ("def f():\n  class C:\n    def g(self):\n      import a", {"a"}),
        ("with x:\n  for y in z:\n    import a", {"a"}),
        ("match x:\n  case 1:\n    import a", {"a"}),
    ],
)
def test_all_ways_to_import_are_seen(text: str, names: set[str]) -> None:
    assert set(found(text, "top.package.module" if ".." in text else "package.module")) == names


def test_relative_imports_of_a_package_start_at_itself() -> None:
    assert set(found("from . import b\nfrom .c import d", "package", is_package=True)) == {
        "package", "package.b", "package.c", "package.c.d",
    }  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "try:\n  import a\nexcept ImportError:\n  pass",
        "try:\n  import a\nexcept (ValueError, ModuleNotFoundError):\n  pass",
        "try:\n  import a\nexcept:\n  pass",
        "try:\n  import b\nexcept ImportError:\n  import a",
        "import sys\nif sys.version_info < (3, 9):\n  import a",
        "import sys\nif sys.platform == 'win32':\n  import a",
    ],
)
def test_guards_are_recognised(text: str) -> None:
    assert found(text)["a"].guarded


@pytest.mark.parametrize("text", ["import a", "try:\n  import a\nexcept ValueError:\n  pass", "if x:\n  import a"])
def test_nothing_else_is_a_guard(text: str) -> None:
    assert not found(text)["a"].guarded


@pytest.mark.parametrize("test", ["TYPE_CHECKING", "typing.TYPE_CHECKING", "__name__ == '__main__'"])
def test_what_never_runs_in_a_browser_is_left_out(test: str) -> None:
    assert set(found(f"if {test}:\n  import a\nelse:\n  import b")) == {"b"}


def test_what_runs_only_in_a_browser_is_kept() -> None:
    assert set(found("if not TYPE_CHECKING:\n  import a")) == {"a"}


def test_imports_in_functions_are_lazy() -> None:
    assert found("def f():\n  import a")["a"].lazy
    assert not found("class C:\n  import a")["a"].lazy


def test_a_file_that_is_not_python_is_named_with_its_line(tmp_path: Path) -> None:
    path = tmp_path / "broken.py"
    path.write_text("x = 1\nx = = 2\n")
    with pytest.raises(ConfigError, match=r"broken\.py:2: invalid syntax"):
        parse(path)
