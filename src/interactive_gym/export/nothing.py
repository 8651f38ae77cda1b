"""A format that a study cannot fill."""

from interactive_gym.errors import ConfigError


class NothingToExport(ConfigError):
    """The study has nothing that this format can show; the text says what it would need."""
