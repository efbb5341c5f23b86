"""Real processes, killed and cut off in the middle of real work."""
