"""The adapter of Facebook Pages."""
