"""Only one server works on a study's folder."""

from pathlib import Path

import pytest

from interactive_gym.data.claim import claimed
from interactive_gym.errors import ServerError


def test_a_second_server_is_told_so_until_the_first_one_ends(tmp_path: Path) -> None:
    with claimed(tmp_path), pytest.raises(ServerError, match="in use by another server"), claimed(tmp_path):
        raise AssertionError("held twice")
    with claimed(tmp_path):
        pass
