"""The page on the command line has every command, option and environment variable that there is, and no other."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from uvicorn import config as uvicorn_config

from interactive_gym.cli.commands import app
from tests.docs.pages import ROOT, headings, page, section, table

PAGE = page("docs/reference/command-line.md")
PROGRAM: Any = typer.main.get_command(app)
OF_LIBRARIES = {"FORWARDED_ALLOW_IPS"}
NAMED_BY_RESEARCHERS = {"src/interactive_gym/scenes/secret.py", "src/interactive_gym/packaging/secrets.py"}


def shown(parameter: Any) -> set[str]:
    if parameter.param_type_name == "argument":
        return {str(parameter.name).upper()}
    return {*parameter.opts, *parameter.secondary_opts}


def visible(command: Any) -> list[Any]:
    return [parameter for parameter in command.params if not getattr(parameter, "hidden", False)]


def test_every_command_has_its_section_and_no_other_has() -> None:
    assert set(headings(section(PAGE, "## Commands"), 3)) == set(PROGRAM.commands)


@pytest.mark.parametrize("name", PROGRAM.commands)
def test_every_option_is_documented(name: str) -> None:
    options = {option for parameter in visible(PROGRAM.commands[name]) for option in shown(parameter)}
    assert set(table(section(PAGE, f"### {name}"))) == options


@pytest.mark.parametrize("name", PROGRAM.commands)
def test_documented_defaults_are_those_of_the_options(name: str) -> None:
    documented = table(section(PAGE, f"### {name}"))
    for parameter in visible(PROGRAM.commands[name]):
        written = documented[min(shown(parameter))][-1].strip("`")
        flag = isinstance(parameter.default, bool)
        default = min(parameter.opts) if flag and parameter.default else "" if flag else parameter.default
        assert written == str(getattr(default, "value", default) or ""), parameter.name


def test_options_of_the_program_are_mentioned() -> None:
    assert all(f"`interactive-gym {option}`" in PAGE for parameter in PROGRAM.params for option in parameter.opts)


def sources() -> Iterator[Path]:
    for folder in ("src", "build_support"):
        yield from sorted((ROOT / folder).rglob("*.py"))
    yield ROOT / "hatch_build.py"


def read_by(path: Path) -> set[str]:
    """Names of the variables that the file reads; "?" for one that is not written in it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    constants: dict[str, object] = {
        target.id: node.value.value
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        for target in node.targets
        if isinstance(target, ast.Name)
    }
    return {_name(argument, constants) for node in ast.walk(tree) for argument in _names_read(node)}


def _names_read(node: ast.AST) -> list[ast.expr]:
    if isinstance(node, ast.Call) and ast.unparse(node.func) in ("os.environ.get", "os.getenv", "os.environ.pop"):
        return node.args[:1]
    if isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
        return [node.slice]
    return []


def _name(argument: ast.expr, constants: dict[str, object]) -> str:
    if isinstance(argument, ast.Name):
        return str(constants.get(argument.id, "?"))
    return str(argument.value) if isinstance(argument, ast.Constant) else "?"


@pytest.mark.parametrize("path", list(sources()), ids=lambda path: str(path.relative_to(ROOT)))
def test_the_environment_is_read_in_ways_that_this_test_sees(path: Path) -> None:
    nodes = list(ast.walk(ast.parse(path.read_text(encoding="utf-8"))))
    uses = [node for node in nodes if isinstance(node, ast.Attribute) and node.attr in ("environ", "getenv")]
    copies = [value for node in nodes if isinstance(node, ast.Dict) for value in _unpacked(node) if value in uses]
    assert len(uses) == len(copies) + sum(len(_names_read(node)) for node in nodes)
    assert not [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module == "os"]


def _unpacked(node: ast.Dict) -> list[ast.expr]:
    return [value for key, value in zip(node.keys, node.values, strict=True) if key is None]


def test_every_variable_is_documented() -> None:
    read: set[str] = set()
    for path in sources():
        names = read_by(path)
        assert "?" not in names or str(path.relative_to(ROOT)) in NAMED_BY_RESEARCHERS, path
        read |= names
    of_make = set(re.findall(r"^(\w+) \?=", page("Makefile"), re.MULTILINE))
    assert set(table(section(PAGE, "## Environment variables"))) == (read - {"?"}) | of_make | OF_LIBRARIES


def test_what_libraries_read_is_still_read() -> None:
    code = Path(str(uvicorn_config.__file__)).read_text(encoding="utf-8")
    assert all(name in code for name in OF_LIBRARIES)


LINK = section(PAGE, "## Parameters of the link")
CLIENT = {path: path.read_text(encoding="utf-8") for path in sorted((ROOT / "client" / "src").rglob("*.ts"))}
BY_NAME = re.compile(r'URLSearchParams\(query\)\.get\("(\w+)"\)')
ONE_OF_SEVERAL = re.compile(r'\bvalue\("(\w+)"\)')  # of impairment.ts, beside parameters.get(name)
STORED = "[...new URLSearchParams(location.search)]"


def parameters_read(code: str) -> list[str]:
    """Names of the link's parameters that a source of the client acts on."""
    several = ONE_OF_SEVERAL.findall(code) if "parameters.get(name)" in code else []
    return BY_NAME.findall(code) + several


def test_the_link_is_read_in_ways_that_this_test_sees() -> None:
    for path, code in CLIENT.items():
        ways = len(BY_NAME.findall(code)) + code.count("parameters.get(name)") + code.count(STORED)
        assert code.count("URLSearchParams(") == ways, path
        assert "searchParams" not in code, path


def test_parameters_of_the_link_are_those_of_the_page() -> None:
    read = {name for code in CLIENT.values() for name in parameters_read(code)}
    documented = {name for row in table(LINK) if row.startswith("?") for name in re.findall(r"[?&](\w+)", row)}
    assert {"debug", "delay"} <= read == documented


def test_bounds_of_a_bad_network_are_those_of_the_page() -> None:
    bounds = dict(re.findall(r"(\w+): (\d+)", page("client/src/match/impairment.ts").partition("MOST")[2]))
    for name in ("delay", "jitter"):
        (row,) = (cells for link, cells in table(LINK).items() if link.startswith(f"?{name}"))
        assert f"up to {int(bounds[name]):,}" in row[-1]
