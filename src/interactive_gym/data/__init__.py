"""Everything that lasts: the store, and the files that a researcher opens."""
