"""A made-up shop's support desk, to try the product on. Marked rows, removable by one command."""
