"""Which Python files a participant's browser receives, packed as one archive."""

from interactive_gym.packaging.runtime import Runtime, build_runtime

__all__ = ["Runtime", "build_runtime"]
