"""Agents, teams, sessions and API tokens: who answers, and how we know them."""
