"""The adapter of Telegram's bots."""
