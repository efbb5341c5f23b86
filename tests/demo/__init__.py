"""The demo: it looks alive, does nothing outside, and leaves nothing behind."""
