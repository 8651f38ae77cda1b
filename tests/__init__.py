"""The tests mirror ``src/interactive_gym/``. A package, since published packages install a ``tests`` of their own."""
