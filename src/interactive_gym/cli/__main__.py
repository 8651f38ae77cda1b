"""``python -m interactive_gym.cli`` is ``interactive-gym``, whatever PATH says."""

from interactive_gym.cli.commands import main

main()
