"""The store and the files that are written from it."""
