"""Onethread: one person, one lifelong thread, whatever the channel."""

__version__ = "0.1.0"
