"""Background work: bells, loops and pollers."""
