from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.data.generated import Generated, generate


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Generated:
    """A study of 40 with its files, in which every outcome occurs. It is everybody's: read it, and change nothing."""
    return generate(tmp_path_factory.mktemp("data") / "generated", 40)


@pytest.fixture
def own_copy(generated: Generated, tmp_path: Path) -> Generated:
    """The same study in a folder of its own, to be changed."""
    folder = tmp_path / "data" / "generated"
    shutil.copytree(generated.folder, folder)
    return Generated(folder, generated.experiment, generated.truth)
