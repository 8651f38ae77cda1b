"""The command line: ``interactive-gym run | dev | demo | check``."""

from interactive_gym.cli.commands import main

__all__ = ["main"]
