"""Alembic's scripts, shipped with the package and run whenever a store is opened."""
