"""Visits: who is on the shop's site now, where, and with what in the cart."""
