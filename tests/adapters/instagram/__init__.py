"""The adapter of professional Instagram accounts."""
