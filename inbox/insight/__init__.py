"""Insight: how well customers were served, from what really happened."""
