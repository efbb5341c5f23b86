"""Measurements, run by `make bench`. Never part of the tests: machines differ, so results are for reading."""
