"""Playing stored episodes again, in the Python that participants had, and comparing what comes of it."""

from interactive_gym.verifying.study import Progress, verify

__all__ = ["Progress", "verify"]
