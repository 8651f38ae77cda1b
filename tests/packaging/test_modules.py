from __future__ import annotations

from typing import Any

import pytest

from interactive_gym.errors import ConfigError
from interactive_gym.packaging.distributions import Environment
from interactive_gym.packaging.modules import Finder, Needed, Place, follow, imported_at_start
from tests.studies import Study


def needed(study: Study, *names: str) -> Needed:
    import sys

    sys.path.insert(0, str(study.folder))
    return follow([(name, Place("here")) for name in names], Environment(home=study.folder))


def test_only_what_is_imported_is_found_and_each_file_once(study: Study) -> None:
    study.write("world.py", "import math\nfrom levels import small\nfrom helpers.paint import colour\n")
    study.write("levels/small.py", "import world\n")
    study.write("levels/large.py", "")
    study.write("helpers/__init__.py", "from . import tools\n")
    study.write("helpers/tools.py", "")
    study.write("helpers/paint.py", "colour = 1\ndef f():\n    from .late import x\n")
    study.write("helpers/late.py", "x = 1\n")
    study.write("helpers/unused.py", "")
    study.write("server_side.py", "import world\n")
    found = needed(study, "world").local
    assert {module.archive_path for module in found.values()} == {
        "world.py", "levels/small.py", "helpers/__init__.py", "helpers/tools.py", "helpers/paint.py", "helpers/late.py",
    }  # fmt: skip


def test_nothing_is_executed(study: Study) -> None:
    study.write("world.py", "import package.module\n")
    study.write("package/__init__.py", "raise SystemExit('executed')\n")
    study.write("package/module.py", "raise SystemExit('executed')\n")
    assert set(needed(study, "world").local) == {"world", "package", "package.module"}


def test_a_missing_module_is_named_with_line_and_command(study: Study) -> None:
    study.write("world.py", "import math\nimport not_there_at_all\n")
    with pytest.raises(ConfigError, match=r"world\.py:2: .*'not_there_at_all'.*pip install not-there-at-all"):
        needed(study, "world")


def test_the_command_names_the_distribution_where_it_is_called_otherwise(
    study: Study, monkeypatch: pytest.MonkeyPatch
) -> None:
    study.write("world.py", "def f():\n    import sklearn.tree\n")
    monkeypatch.setattr(Finder, "_find", lambda self, name: None if name == "sklearn" else find(self, name))
    with pytest.raises(ConfigError, match="pip install scikit-learn"):
        needed(study, "world")


find: Any = Finder._find


def test_a_missing_module_that_is_guarded_is_only_noted(study: Study) -> None:
    study.write("world.py", "try:\n    import not_there_at_all\nexcept ImportError:\n    pass\n")
    assert list(needed(study, "world").missing) == ["not_there_at_all"]


def test_a_missing_child_of_a_package_of_mine_is_an_error_only_as_a_module(study: Study) -> None:
    study.write("package/__init__.py", "thing = 1\n")
    study.write("good.py", "from package import thing\n")
    study.write("bad.py", "import package.thing\n")
    assert set(needed(study, "good").local) == {"good", "package"}
    with pytest.raises(ConfigError, match=r"bad\.py:1: .*'package\.thing'"):
        needed(study, "bad")


def test_compiled_files_beside_the_experiment_are_refused(study: Study) -> None:
    study.write("world.py", "import fast\n")
    study.write("fast.so", "")
    with pytest.raises(ConfigError, match=r"world\.py:1: 'fast' is compiled code \(fast\.so\)"):
        needed(study, "world")


def test_distributions_are_recognised_by_their_files(study: Study) -> None:
    study.write("world.py", "import alpha.deep\ntry:\n    import beta\nexcept ImportError:\n    beta = None\n")
    study.install("first-thing", {"alpha/__init__.py": "", "alpha/deep.py": ""})
    study.install("second-thing", {"beta.py": ""})
    found = needed(study, "world")
    assert found.distributions == {"first-thing": Place.line(study.folder / "world.py", 1)}
    assert list(found.guarded) == ["second-thing"]
    assert set(found.local) == {"world"}


def test_each_part_of_a_namespace_package_is_of_its_own_distribution(study: Study) -> None:
    study.install("part-one", {"shared/one.py": ""})
    study.install("part-two", {"shared/two.py": ""})
    study.write("world.py", "import shared.two\n")
    assert list(needed(study, "world").distributions) == ["part-two"]


def test_my_file_wins_over_an_installed_one_of_the_same_name(study: Study) -> None:
    study.install("helpers", {"helpers.py": ""})
    study.write("world.py", "import helpers\n")
    study.write("helpers.py", "")
    assert set(needed(study, "world").local) == {"world", "helpers"}


def test_what_pyodide_and_the_worker_bring_is_never_missing(study: Study) -> None:
    study.write("world.py", "import js\nimport pygame\n")
    assert list(needed(study, "world").provided) == ["js", "pygame"]


def test_only_what_is_imported_at_once_is_imported_at_the_start(study: Study) -> None:
    study.install("outer", {"outer/__init__.py": "import inner\ndef f():\n    import late\n"})
    study.install("inner", {"inner.py": "try:\n    import guarded\nexcept ImportError:\n    pass\n"})
    study.install("late", {"late.py": ""})
    study.install("guarded", {"guarded.py": ""})
    study.write("world.py", "import outer\n")
    environment = Environment(home=study.folder)
    modules = needed(study, "world").local.values()
    assert imported_at_start(modules, environment) == {"outer", "inner"}


@pytest.mark.parametrize("text", ["import tkinter", "from imp import reload", "import interactive_gym.server"])
def test_what_no_browser_has_is_refused_where_it_is_imported_at_once(study: Study, text: str) -> None:
    study.write("world.py", f"import math\n{text}\n")
    study.write("later.py", f"def f():\n    {text}\n")
    with pytest.raises(ConfigError, match=r"world\.py:2: .* does not exist in participants' browsers"):
        needed(study, "world")
    assert set(needed(study, "later").local) == {"later"}


def test_what_every_browser_has_of_ours_is_not(study: Study) -> None:
    study.write("world.py", "import interactive_gym as ig\nfrom interactive_gym import GymScene, errors\n")
    assert set(needed(study, "world").local) == {"world"}
