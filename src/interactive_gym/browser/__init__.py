"""The Python that runs in a participant's worker, and the only one that knows it. The worker begins with runtime.py."""
