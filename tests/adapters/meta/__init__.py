"""Tests of what the channels of `adapters/meta` share."""
