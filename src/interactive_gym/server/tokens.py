"""Participant tokens: signed, opaque, and the only thing that tells one browser from another."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from itsdangerous import BadSignature, URLSafeSerializer

from interactive_gym.errors import ClientError

_SALT = "participant"  # a signature for one purpose is worth nothing for another


class Tokens:
    """Signs participants' ids with the key of this study."""

    def __init__(self, key: str) -> None:
        self._serializer = URLSafeSerializer(key, salt=_SALT)

    def issue(self, participant_id: str) -> str:
        return str(self._serializer.dumps(participant_id))

    def read(self, token: str) -> str:
        """The participant's id.

        Raises:
            ClientError: ``unknown_token``; it was not signed by this server.
        """
        try:
            return str(self._serializer.loads(token))
        except BadSignature:
            raise ClientError("unknown_token", "the token was not signed by this server") from None


def study_key(path: Path) -> str:
    """The study's signing key; made at its first start, readable by the owner only."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii").strip()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        key = secrets.token_hex(32)
        file.write(key + "\n")
    return key
