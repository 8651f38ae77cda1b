"""What is not accepted is answered: with a reason for programs, and a text for the participant who may see it."""

from __future__ import annotations

from interactive_gym.errors import ClientError
from interactive_gym.protocol import Refusal

TEXTS = {
    "wrong_protocol": "This page is from an earlier version of the study. Please reload it.",
    "unknown_token": "We do not know this browser yet. Please open your link again.",
    "other_tab": "The study is open in another tab or window. Please go on there.",
    "moved": "You have gone on in another tab or window. This one can be closed.",
    "experiment_changed": "The study has changed in the meantime. Please contact the researcher.",
    "episodes_incomplete": "The game is not over yet, or its end is still on the way. Please try again in a moment.",
    "wrong_archive": "The study has been updated. Please reload this page.",
    "not_screened": "Your browser is still being checked. Please wait a moment.",
    "preview": "This is a preview. You can begin once you have accepted the task.",
    "wrong_scene": "You are on another page of the study. Please reload this page.",
    "too_large": "That was too long for us to store. Please shorten it.",
    "too_many": "That was too much for us to store.",
    "too_slow": "This computer is too slow for the game.",
    "too_fast": "That was too much at once. Please wait a moment.",
    "server_error": "Something went wrong on our side. Please try again in a moment.",
}
_OTHER = "The server did not accept this. Please reload the page."

STATUS = {
    "unknown_token": 401,
    "not_your_session": 403,
    "other_tab": 409,
    "not_now": 409,
    "not_screened": 409,
    "experiment_changed": 409,
    "too_slow": 409,
    "too_large": 413,
    "too_many": 429,
    "too_fast": 429,
    "server_error": 503,
}
_MALFORMED = 400


def refusal(error: Exception) -> Refusal:
    """What a browser is told of ``error``: nothing of the inside of the server."""
    reason = error.reason if isinstance(error, ClientError) else "server_error"
    return Refusal(reason, TEXTS.get(reason, _OTHER))


def status(refused: Refusal) -> int:
    """The HTTP status that says the same."""
    return STATUS.get(refused.reason, _MALFORMED)
