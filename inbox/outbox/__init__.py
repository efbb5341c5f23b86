"""Outbox: deliveries, their claims and their outcomes."""
