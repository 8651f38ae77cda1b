from __future__ import annotations

from pathlib import Path

import pytest

from interactive_gym.errors import ClientError
from interactive_gym.server.tokens import Tokens, study_key


def test_the_key_is_made_once_and_for_its_owner_only(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    key = study_key(path)
    assert len(key) == 64
    assert study_key(path) == key
    assert path.stat().st_mode & 0o777 == 0o600
    assert study_key(tmp_path / "other.key") != key


def test_only_what_was_signed_here_is_read() -> None:
    tokens = Tokens("key")
    token = tokens.issue("p-1")
    assert tokens.read(token) == "p-1"
    forged = [token[:-1] + ("A" if token[-1] != "A" else "B"), Tokens("other").issue("p-1"), "", "x", "é.ü", "." * 500]
    for wrong in forged:
        with pytest.raises(ClientError, match="unknown_token"):
            tokens.read(wrong)
