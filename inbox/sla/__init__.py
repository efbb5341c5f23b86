"""Waits: the spans in which a customer is owed an answer."""
