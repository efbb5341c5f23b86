"""Channels: connected accounts of adapters, their secrets, and the envelopes that come through them."""
