"""Real servers for tests, each in a private folder, on free loopback ports, gone when the tests are.

A peer is a class with `start`, `stop` and the context manager; its module has `missing()`, which says in one
sentence why this machine cannot run it, or None when it can. Root runs them as an unprivileged account,
anybody else as himself.
"""
