"""Researchers' environments: one interface to them, their actions, their snapshots, and a world that repeats itself."""
