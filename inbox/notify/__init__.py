"""Telling: colleagues hear of threads that wait where they talk anyway, and answer there."""
