"""Two people in real browsers, peer to peer, on networks of all kinds."""
