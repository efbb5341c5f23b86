"""Threads, episodes, messages and attachments."""
