"""Shops: what customers have in their carts and have ordered, and what agents can do about it."""
