from __future__ import annotations

import pytest

from interactive_gym.errors import ClientError
from interactive_gym.server.presence import Connected, Presence

FIRST, RELOADED, OTHER = (
    Connected("p", "sid-1", "tab-1"),
    Connected("p", "sid-2", "tab-1"),
    Connected("p", "sid-3", "tab-2"),
)


def test_one_connection_per_participant() -> None:
    presence = Presence()
    assert presence.claim(FIRST, takeover=False) is None
    with pytest.raises(ClientError, match="other_tab"):
        presence.claim(OTHER, takeover=False)
    assert presence.who("sid-1") == FIRST
    assert presence.claim(Connected("q", "sid-9", "tab-2"), takeover=False) is None


def test_a_tab_replaces_itself_and_a_takeover_replaces_anybody() -> None:
    presence = Presence()
    presence.claim(FIRST, takeover=False)
    assert presence.claim(RELOADED, takeover=False) == "sid-1"
    assert presence.claim(OTHER, takeover=True) == "sid-2"
    assert presence.who("sid-3") == OTHER


def test_what_a_replaced_connection_still_does_means_nothing() -> None:
    presence = Presence()
    presence.claim(FIRST, takeover=False)
    presence.claim(OTHER, takeover=True)
    with pytest.raises(ClientError, match="other_tab"):
        presence.who("sid-1")
    presence.release("sid-1")
    assert presence.connected("p")
    presence.release("sid-3")
    assert not presence.connected("p")
    assert presence.release("sid-3") is None


def test_only_the_connected_tab_passes_and_any_tab_where_none_is_connected() -> None:
    presence = Presence()
    presence.check_tab("p", "tab-2")
    presence.claim(FIRST, takeover=False)
    presence.check_tab("p", "tab-1")
    with pytest.raises(ClientError, match="other_tab"):
        presence.check_tab("p", "tab-2")


def test_what_was_said_counts_until_another_connection_takes_over() -> None:
    presence = Presence()
    presence.claim(FIRST, takeover=False)
    presence.check_not_replaced(FIRST)
    presence.release("sid-1")
    presence.check_not_replaced(FIRST)
    presence.claim(RELOADED, takeover=False)
    with pytest.raises(ClientError, match="other_tab"):
        presence.check_not_replaced(FIRST)
