"""The child that parses: reads payloads from its standard input, answers on its standard output, until end of file.

It has no secrets, little memory and a CPU limit per payload, and it imports nothing of the product but the adapter
it is asked for. `parsing.py` describes the frames.
"""

import errno
import json
import math
import os
import resource
import select
import sys
import traceback
from typing import Any, BinaryIO

from pydantic import TypeAdapter

from inbox.channels.parsing import ANSWER, REQUEST
from inbox.channels.registry import load
from inbox.contract import Adapter, File, Inbound, Item, Raw, Unreadable
from inbox.errors import Invalid

_MB = 1024 * 1024
# Libraries are mapped into the address space without being memory of ours.
_MAPPED_MB = 512


def main(memory_mb: int, idle_seconds: float) -> None:
    """Answer payloads until the parent closes the connection or nothing came for `idle_seconds`."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_DATA, (memory_mb * _MB, memory_mb * _MB))
    resource.setrlimit(resource.RLIMIT_AS, ((memory_mb + _MAPPED_MB) * _MB,) * 2)
    # The parent's end may be non-blocking under gevent; ours must not be.
    os.set_blocking(0, True)
    source, sink = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    # Whatever prints must not end up in the middle of an answer.
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(nowhere, 1)
    configs = _Configs()
    while _awaits(source, idle_seconds) and (lengths := source.read(REQUEST.size)):
        header_length, body_length = REQUEST.unpack(lengths)
        header = json.loads(source.read(header_length))
        answer = _answer(header, source.read(body_length), configs)
        data = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        sink.write(ANSWER.pack(len(data)))
        sink.write(data)
        sink.flush()
        if isinstance(answer, dict) and answer.get("last"):
            return


def _awaits(source: BinaryIO, seconds: float) -> bool:
    # The parent sends one payload and waits, so nothing is ever left in the buffer here.
    return bool(select.select([source], [], [], seconds)[0])


class _Configs:
    """The configuration of the channel whose payload came last, made once.

    It was validated when it was saved, and comes without its secrets: an adapter may insist on having them then,
    so each value is only brought back into its type.
    """

    def __init__(self) -> None:
        self._key = ""
        self._config: Any = None

    def get(self, adapter: Adapter[Any], kind: str, data: dict[str, Any]) -> Any:
        """The configuration for `data`. Raises ValueError when it is not valid."""
        key = json.dumps([kind, data], sort_keys=True)
        if key != self._key:
            model = adapter.manifest.config
            if data.keys() - model.model_fields.keys():
                raise ValueError("a setting that the adapter does not know")
            values = {
                name: TypeAdapter(info.rebuild_annotation()).validate_python(data[name])
                for name, info in model.model_fields.items()
                if name in data
            }
            self._config, self._key = model.model_construct(**values), key
        return self._config


def _answer(header: dict[str, Any], body: bytes, configs: _Configs) -> dict[str, Any] | bytes:
    """The items as JSON, or what went wrong; "last" when this process is not to be used again."""
    try:
        adapter = load(header["kind"])
        config = configs.get(adapter, header["kind"], header["config"])
    except Invalid as error:
        return {"unavailable": error.detail}
    except ValueError:
        return {"unavailable": "The channel's configuration is not valid."}
    except Exception as error:  # noqa: BLE001 - whatever an adapter's module does when imported
        return {"unavailable": f"The adapter cannot be loaded ({type(error).__name__}).", "last": True}
    _limit_cpu(header["seconds"])
    try:
        items = adapter.parse(config, Raw(body=body, headers=header["headers"], meta=header["meta"]))
        dumped = [_dump(item, f"{header['spool']}-{number}") for number, item in enumerate(items)]
        # No database takes half a character: fail here, where the payload is kept for a person to see.
        return b'{"items": ' + json.dumps(dumped, ensure_ascii=False).encode() + b"}"
    except Unreadable as error:
        return {"unreadable": error.reason, "code": error.code}
    except MemoryError:
        return {"unreadable": "The message needs too much memory to be read.", "code": "memory", "last": True}
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EACCES, errno.ENOENT):
            return {"unavailable": f"The spool cannot be written: {os.strerror(error.errno)}."}
        return _failed(error)
    except Exception as error:  # noqa: BLE001 - the outermost loop of this process; the payload is kept
        return _failed(error)


def _failed(error: Exception) -> dict[str, Any]:
    """What went wrong and where, without a word of the payload."""
    frames = traceback.extract_tb(error.__traceback__)
    where = " < ".join(f"{frame.name} ({frame.filename}:{frame.lineno})" for frame in reversed(frames[-4:]))
    return {"failed": type(error).__name__, "where": where, "last": True}


def _limit_cpu(seconds: float) -> None:
    """Let this process use at most `seconds` more of the CPU; beyond, the kernel ends it."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = math.ceil(used.ru_utime + used.ru_stime + seconds)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.RLIM_INFINITY))


def _dump(item: Item, spool: str) -> tuple[str, Any]:
    if isinstance(item, Inbound) and item.files:
        files = tuple(_spooled(file, f"{spool}-{number}") for number, file in enumerate(item.files))
        item = item.model_copy(update={"files": files})
    return type(item).__name__, item.model_dump(mode="json")


def _spooled(file: File, path: str) -> File:
    if file.content is None:
        return file
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as target:
        target.write(file.content)
    return file.model_copy(update={"content": None, "spool": path, "size": len(file.content)})


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
