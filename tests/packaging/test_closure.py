from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from interactive_gym.errors import ConfigError
from interactive_gym.packaging.closure import Closure, close, requirements_of
from interactive_gym.packaging.distributions import Environment
from interactive_gym.packaging.modules import Needed, Place
from interactive_gym.packaging.pyodide import bundled
from tests.studies import Study

HERE = Place("world.py:1")


def closed(
    study: Study,
    *imported: str,
    guarded: tuple[str, ...] = (),
    packages: tuple[str, ...] = (),
    reached: Callable[[], set[str]] = set,
) -> Closure:
    needed = Needed(distributions=dict.fromkeys(imported, HERE), guarded=dict.fromkeys(guarded, HERE))
    requested = requirements_of((name, Place("scene 'game' .runtime(packages)")) for name in packages)
    return close(needed, requested, Environment(home=study.folder), bundled(), reached)


def shipped(closure: Closure) -> list[str]:
    return [installed.name for installed in closure.shipped]


def left_out(closure: Closure) -> dict[str, str]:
    return {item.name: item.reason for item in closure.left_out}


def test_requirements_are_followed_and_circles_end(study: Study) -> None:
    study.install("a", {"a.py": ""}, requires=("b>=1",))
    study.install("b", {"b.py": ""}, requires=("c", "a"))
    study.install("c", {"c.py": ""})
    study.install("unrelated", {"unrelated.py": ""})
    assert shipped(closed(study, "a")) == ["a", "b", "c"]


def test_markers_are_those_of_the_browser(study: Study) -> None:
    study.install(
        "a",
        {"a.py": ""},
        requires=(
            'old; python_version < "3.14"', 'new; python_version >= "3.14"', 'linux; sys_platform == "linux"',
            'web; sys_platform == "emscripten"', 'extra; extra == "more"',
        ),
    )  # fmt: skip
    for name in ("old", "new", "linux", "web", "extra"):
        study.install(name, {f"{name}.py": ""})
    assert shipped(closed(study, "a")) == ["a", "new", "web"]


def test_extras_are_followed_where_they_are_asked_for(study: Study) -> None:
    study.install("a", {"a.py": ""}, requires=("b[fast]",))
    study.install("b", {"b.py": ""}, requires=('c; extra == "fast"', 'd; extra == "slow"'))
    study.install("c", {"c.py": ""})
    study.install("d", {"d.py": ""})
    assert shipped(closed(study, "a")) == ["a", "b", "c"]
    assert shipped(closed(study, "b")) == ["b"]
    assert shipped(closed(study, "b", packages=("b[slow]",))) == ["b", "d"]


def test_what_is_not_installed_and_not_imported_is_left_out(study: Study) -> None:
    study.install("a", {"a.py": ""}, requires=("not-there-at-all",))
    found = closed(study, "a")
    assert shipped(found) == ["a"]
    assert "not installed" in left_out(found)["not-there-at-all"]


def test_a_requested_package_must_be_there(study: Study) -> None:
    with pytest.raises(ConfigError, match=r"scene 'game' \.runtime\(packages\).*pip install not-there-at-all"):
        closed(study, packages=("not-there-at-all",))


def test_a_requested_package_must_have_a_name(study: Study) -> None:
    with pytest.raises(ConfigError, match="'no name' is not the name of a distribution"):
        closed(study, packages=("no name",))


def test_numpy_comes_from_pyodide(study: Study) -> None:
    found = closed(study, "gymnasium")
    assert found.compiled == ["numpy"]
    assert shipped(found) == ["cloudpickle", "farama-notifications", "gymnasium", "typing-extensions"]


def test_compiled_code_that_pyodide_does_not_have_is_refused_where_my_modules_import_it(study: Study) -> None:
    study.install("engine", {"engine/__init__.py": "", "engine/core.so": ""})
    study.install("a", {"a.py": ""}, requires=("engine",))
    with pytest.raises(ConfigError, match=r"world\.py:1: engine 1\.0 is compiled code, and Pyodide has no build"):
        closed(study, "engine")
    assert "do not import it" in left_out(closed(study, "a"))["engine"]
    assert "engine" in left_out(closed(study, guarded=("engine",)))


def test_compiled_code_that_only_drawing_needs_is_not_fetched(study: Study) -> None:
    """slimevb requires opencv-python (a large wheel), and imports it when its own renderer runs."""
    found = closed(study, "slimevb")
    assert found.compiled == ["numpy"]
    assert '.runtime(packages=("opencv-python",))' in left_out(found)["opencv-python"]
    assert closed(study, "slimevb", reached=lambda: {"opencv-python"}).compiled == ["numpy", "opencv-python"]
    assert closed(study, "slimevb", packages=("opencv-python",)).compiled == ["numpy", "opencv-python"]


def test_pygame_has_a_stand_in_unless_its_browser_build_is_asked_for(study: Study) -> None:
    study.install("a", {"a.py": ""}, requires=("pygame", "pygame-ce"))
    assert set(left_out(closed(study, "a"))) == {"pygame", "pygame-ce"}
    assert closed(study, "a", packages=("pygame-ce",)).compiled == ["pygame-ce"]


def test_what_pyodide_brings_for_its_own_packages_is_not_shipped_twice(study: Study) -> None:
    study.install("pytz", {"pytz.py": ""})
    found = closed(study, "pytz", packages=("pandas",))
    assert "pandas" in found.compiled and shipped(found) == []


def test_interactive_gym_is_never_shipped_as_a_distribution(study: Study) -> None:
    study.install("plugin", {"plugin.py": ""}, requires=("interactive-gym",))
    assert shipped(closed(study, "plugin")) == ["plugin"]


def test_the_environment_is_that_of_this_process(study: Study, tmp_path: Path) -> None:
    assert Environment(home=tmp_path).get("pytest") is not None
