"""The adapter of WhatsApp's Cloud API."""
