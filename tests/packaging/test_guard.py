from __future__ import annotations

import ast
from pathlib import Path

import pytest

from interactive_gym.errors import ConfigError
from interactive_gym.packaging.guard import refuse_unguarded_run


def refuse(text: str) -> None:
    refuse_unguarded_run(Path("study.py"), ast.parse(text))


@pytest.mark.parametrize(
    "text",
    [
        "experiment = ig.Experiment('a').scenes()\nexperiment.run()",
        "study = Experiment('a')\nstudy.scenes().run(port=1)",
        "\nig.Experiment('a').scenes().run()",
    ],
)
def test_a_file_that_serves_when_imported_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match=r"study\.py:2: \.run\(\) must stand under `if __name__"):
        refuse(text)


@pytest.mark.parametrize(
    "text",
    [
        "experiment = ig.Experiment('a')\nif __name__ == '__main__':\n    experiment.run()",
        "def main():\n    ig.Experiment('a').run()",
        "import subprocess\nsubprocess.run(['ls'])",
        "job = Job(ig.Experiment)\njob.run()",
    ],
)
def test_other_files_are_not(text: str) -> None:
    refuse(text)
