"""Tests of the adapters, on real peers where there are any."""
