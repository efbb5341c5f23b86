"""The file store: attachments and large payloads, by random key, outside any web root.

A file is complete and on disk before the row that names it is committed; files without a row are swept.
"""

import hashlib
import os
import secrets
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from inbox.errors import Invalid, NotFound, OnethreadError

CHUNK = 1 << 16


class StoreFull(OnethreadError):
    """The file store cannot take more: no space, or the disk failed."""


@dataclass(frozen=True)
class Stored:
    """A stored file: its key, size in bytes and SHA-256 in hex."""

    key: str
    size: int
    sha256: str


class FileStore:
    """Files in a directory, spread over 256 folders."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.spool = root / "spool"

    def prepare(self) -> None:
        """Make the directories. Raises StoreFull when that is not possible."""
        try:
            self.spool.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise StoreFull(f"The file store cannot be written: {error.strerror}.") from error

    def put(self, chunks: Iterable[bytes], *, limit: int | None = None) -> Stored:
        """Store a stream. Raises Invalid beyond `limit` bytes and StoreFull when the disk refuses."""
        self.prepare()
        digest, size = hashlib.sha256(), 0
        key = secrets.token_hex(16)
        try:
            descriptor, temporary = tempfile.mkstemp(dir=self.spool)
            try:
                with os.fdopen(descriptor, "wb") as file:
                    for chunk in chunks:
                        size += len(chunk)
                        if limit is not None and size > limit:
                            raise Invalid(f"The file is larger than {limit} bytes.")
                        digest.update(chunk)
                        file.write(chunk)
                    file.flush()
                    os.fsync(file.fileno())
                self._publish(Path(temporary), key)
            finally:
                Path(temporary).unlink(missing_ok=True)
        except OSError as error:
            raise StoreFull(f"The file store cannot be written: {error.strerror}.") from error
        return Stored(key, size, digest.hexdigest())

    def put_bytes(self, data: bytes) -> Stored:
        """Store `data`."""
        return self.put([data])

    def adopt(self, path: Path) -> Stored:
        """Store a spooled file and remove it from the spool."""
        with path.open("rb") as file:
            stored = self.put(iter(lambda: file.read(CHUNK), b""))
        path.unlink(missing_ok=True)
        return stored

    def open(self, key: str) -> BinaryIO:
        """A stream of the file. Raises NotFound."""
        try:
            return self._path(key).open("rb")
        except OSError as error:
            raise NotFound("The file is not in the store.") from error

    def read(self, key: str) -> bytes:
        """The whole file. Raises NotFound."""
        with self.open(key) as file:
            return file.read()

    def remove(self, key: str) -> None:
        """Remove the file if it is there."""
        self._path(key).unlink(missing_ok=True)

    def keys(self, *, older_than: float) -> Iterator[str]:
        """Keys of files at least `older_than` seconds old, for the sweep of orphans."""
        horizon = time.time() - older_than
        for folder in self.root.glob("[0-9a-f][0-9a-f]"):
            for path in folder.iterdir():
                if path.stat().st_mtime <= horizon:
                    yield path.name

    def _publish(self, temporary: Path, key: str) -> None:
        target = self._path(key)
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary.rename(target)
        for directory in (target.parent, self.root):
            descriptor = os.open(directory, os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def _path(self, key: str) -> Path:
        if len(key) != 32 or not all(c in "0123456789abcdef" for c in key):
            raise NotFound("That is no key of the file store.")
        return self.root / key[:2] / key
