"""One game on one machine: an environment, played frame by frame and recorded. No browser, no keys, no pictures."""
