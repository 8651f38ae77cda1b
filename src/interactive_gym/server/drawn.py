"""What the server draws by chance: names that nobody guesses, and seeds."""

from __future__ import annotations

import secrets

from interactive_gym.scenes import GymScene

_SEEDS = 2**31


def new_id(prefix: str) -> str:
    return f"{prefix}-{secrets.token_hex(8)}"


def seed_of(scene: GymScene) -> int:
    """Of a new session: the scene's, or one of its own."""
    return secrets.randbelow(_SEEDS) if scene.seed is None else scene.seed
