from __future__ import annotations

from interactive_gym.packaging.own import own_files


def test_participants_get_the_browser_set_and_nothing_of_the_servers() -> None:
    parts = {file.path.split("/")[1] for file in own_files()}
    assert parts == {
        "__init__.py", "callbacks.py", "errors.py", "experiment.py", "hooks.py", "matching.py", "scenes", "envs",
        "rendering", "policies", "records", "netcode", "game", "browser",
    }  # fmt: skip
    assert all(file.path.startswith("interactive_gym/") for file in own_files())


def test_all_of_it_exists_and_is_python() -> None:
    assert all(file.source.is_file() and file.source.suffix == ".py" for file in own_files())
