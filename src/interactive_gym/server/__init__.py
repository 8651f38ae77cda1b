"""The server: it hands out pages, stores what comes back, and never touches a frame in time."""
