"""Shops: one folder per kind of shop, each with `SHOP`. What lies beside them is what they share."""
