from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import pytest

from interactive_gym.packaging.distributions import Environment, Installed, is_useful
from tests.studies import Study


def installed(study: Study, name: str) -> Installed:
    found = Environment(home=study.folder).get(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    "path",
    [
        "package/__init__.py", "package/data/level.txt", "package/img.png", "package/LICENSE", "module.py",
        "package/testing/__init__.py", "package/test/api.py", "package-1.0.dist-info/METADATA",
        "package-1.0.dist-info/entry_points.txt",
    ],
)  # fmt: skip
def test_python_and_data_are_useful(path: str) -> None:
    assert is_useful(path)


@pytest.mark.parametrize(
    "path",
    [
        "package/tests/test_a.py", "tests/__init__.py", "test/__init__.py", "package/__pycache__/a.cpython-311.pyc",
        "package/a.pyi", "package/py.typed", "package/fast.cpython-311-x86_64-linux-gnu.so", "package/fast.pyx",
        "package/include/a.h", "package.pth", "__editable___package_finder.py", "package/.hidden/a.py",
        "package-1.0.dist-info/RECORD", "package-1.0.dist-info/licenses/LICENSE",
    ],
)  # fmt: skip
def test_tests_caches_and_machine_code_are_not(path: str) -> None:
    assert not is_useful(path)


def test_names_are_found_in_any_spelling(study: Study) -> None:
    study.install("Some.Thing", {"some_thing.py": ""})
    assert installed(study, "some_thing").name == installed(study, "SOME-thing").name == "some-thing"


def test_scripts_outside_of_site_packages_are_not_files_of_a_browser(study: Study) -> None:
    study.install("tool", {"tool.py": "", "../bin/tool": "#!"})
    assert [file.path for file in installed(study, "tool").files()] == ["tool.py", "tool-1.0.dist-info/METADATA"]


def test_one_file_of_machine_code_makes_a_distribution_compiled(study: Study) -> None:
    study.install("fast", {"fast/__init__.py": "", "fast/core.cpython-311-x86_64-linux-gnu.so": ""})
    study.install("slow", {"slow/__init__.py": ""})
    assert installed(study, "fast").is_compiled
    assert not installed(study, "slow").is_compiled


@pytest.mark.parametrize("finder", [False, True])
def test_editable_distributions_are_read_where_they_are_developed(study: Study, finder: bool) -> None:
    source = study.folder.parent / "elsewhere" / "src"
    package = source / "robot"
    (package / "data").mkdir(parents=True)
    (package / "__init__.py").write_text("")
    (package / "data" / "map.txt").write_text("")
    study.install_editable("robot", source, finder={"robot": str(package)} if finder else None)
    environment = Environment(home=study.folder)
    owner = environment.owner("robot", package / "__init__.py")
    assert owner is not None
    assert {file.path: file.source for file in owner.files() if "dist-info" not in file.path} == {
        "robot/__init__.py": package / "__init__.py",
        "robot/data/map.txt": package / "data" / "map.txt",
    }


def test_files_beside_the_experiment_are_mine_even_where_their_folder_is_installed_as_editable(study: Study) -> None:
    path = study.write("world.py", "")
    study.install_editable("project", study.folder)
    assert Environment(home=study.folder).owner("world", path) is None
    assert Environment(home=study.folder.parent).owner("world", path) is not None


def test_published_environments_are_found_with_their_data() -> None:
    gymnasium = Environment().get("gymnasium")
    assert gymnasium is not None and not gymnasium.is_compiled
    files = gymnasium.files()
    assert {"gymnasium/__init__.py", "gymnasium-1.4.0.dist-info/METADATA"} <= {file.path for file in files}
    assert any(file.path.startswith("gymnasium/envs/toy_text/img/") for file in files)
    assert all(file.source.exists() for file in files)


def test_modules_of_published_environments_have_their_owner() -> None:
    environment = Environment()
    for name, distribution in {"numpy": "numpy", "slime_volleyball": "slimevb", "cv2": "opencv-python"}.items():
        spec = find_spec(name)
        assert spec is not None and spec.origin is not None
        owner = environment.owner(name, Path(spec.origin))
        assert owner is not None and owner.name == distribution
