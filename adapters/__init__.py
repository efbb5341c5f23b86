"""Adapters: one folder per outside system. Each sees `inbox.contract` and nothing else of ours."""
