"""Runs in Pyodide: which of the named modules cannot be imported."""

from __future__ import annotations

from importlib import import_module

PRINTING = {"antigravity", "this"}


def main(names: list[str]) -> list[str]:
    lacking = []
    for name in sorted(set(names) - PRINTING):
        try:
            import_module(name)
        except ImportError:
            lacking.append(name)
    return lacking
