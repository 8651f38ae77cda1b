"""What ``interactive-gym check`` wants to know of a game; runs in CPython and in Pyodide alike.

Results are plain JSON. ``examine`` is to run in a fresh interpreter that has imported nothing of the game yet, with
``PYTHONHASHSEED=0`` as participants have it. What takes two interpreters is compared by the caller with
``first_difference``: CPython with Pyodide, and episode 2 after episode 1 (``examine``) with episode 2 alone
(``episode``).
"""

from interactive_gym.game.selfcheck.examination import episode, examine, first_difference

__all__ = ["episode", "examine", "first_difference"]
