"""Finding adapters: every folder below `adapters/`, and packages of others by entry point.

The core names no channel kind: kinds are the folders' names, and modules are loaded when first needed. A folder
with packages inside is a family: these are its channels, and what lies beside them is what they share. Shops are a
family apart, which `inbox.commerce.registry` finds.
"""

import functools
import importlib
import pkgutil
from collections.abc import Iterable
from importlib.machinery import FileFinder
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

from inbox.contract import Adapter
from inbox.errors import Invalid

GROUP = "onethread.adapters"
PACKAGE = "adapters"
APART = {"shops"}
"""Folders below the package that hold no channels."""


def available() -> list[str]:
    """All channel kinds that can be connected, sorted."""
    return sorted({*folders(), *(entry.name for entry in entry_points(group=GROUP))})


@functools.cache
def folders() -> dict[str, str]:
    """The package of every channel kind of this distribution, by kind."""
    found = {}
    for name, path in packages(importlib.import_module(PACKAGE).__path__):
        if name in APART:
            continue
        members = {member: f"{PACKAGE}.{name}.{member}" for member, _path in packages([path])}
        found.update(members or {name: f"{PACKAGE}.{name}"})
    return found


def packages(paths: Iterable[str]) -> list[tuple[str, str]]:
    """The packages directly below some folders, each with its own folder."""
    return [
        (module.name, str(Path(module.module_finder.path) / module.name))
        for module in pkgutil.iter_modules(paths)
        if module.ispkg and isinstance(module.module_finder, FileFinder)
    ]


@functools.cache
def load(kind: str) -> Adapter[Any]:
    """The adapter of a kind. Raises Invalid for an unknown one."""
    for entry in entry_points(group=GROUP):
        if entry.name == kind:
            return _checked(kind, entry.load())
    if kind not in folders():
        raise Invalid(f"There is no channel kind “{kind}”. Known: {', '.join(available())}.", "/kind")
    return _checked(kind, importlib.import_module(folders()[kind]).ADAPTER)


def _checked(kind: str, adapter: object) -> Adapter[Any]:
    if not isinstance(adapter, Adapter) or adapter.manifest.key != kind:
        raise Invalid(f"The adapter “{kind}” does not follow the contract.", "/kind")
    return adapter


class Registry:
    """The adapters of one installation; tests add their own."""

    def __init__(self, extra: dict[str, Adapter[Any]] | None = None) -> None:
        self._extra = extra or {}

    def kinds(self) -> list[str]:
        """All channel kinds, sorted."""
        return sorted({*available(), *self._extra})

    def get(self, kind: str) -> Adapter[Any]:
        """The adapter of a kind. Raises Invalid for an unknown one."""
        return self._extra.get(kind) or load(kind)
