"""Messages from a method's process, which may die while it writes one, or never end it.

A message is pickled behind its length. The reader takes what is there and never waits for the rest, so that limits are
watched meanwhile; a message that was begun and not ended is none.
"""

from __future__ import annotations

import os
import pickle
import struct
import threading
from collections.abc import Iterator
from typing import Any

_LENGTH = struct.Struct("!Q")
_BLOCK = 1 << 20


class BrokenMessageError(Exception):
    """What was sent is no message."""


class Writer:
    """Sends messages through a pipe, one at a time, from any thread.

    Args:
        descriptor: of the pipe's end.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lock = threading.Lock()

    def send(self, *message: Any) -> None:
        """Send it.

        Raises:
            OSError: nobody reads.
            Exception: a part of it cannot be pickled; nothing was sent.
        """
        content = pickle.dumps(message, protocol=pickle.HIGHEST_PROTOCOL)
        with self._lock:
            self._write(_LENGTH.pack(len(content)) + content if len(content) < _BLOCK else _LENGTH.pack(len(content)))
            if len(content) >= _BLOCK:
                self._write(content)

    def _write(self, content: bytes) -> None:
        rest = memoryview(content)
        while rest:
            rest = rest[os.write(self._descriptor, rest) :]


class Reader:
    """Takes messages from a pipe without waiting.

    Args:
        descriptor: of the pipe's end.
    """

    def __init__(self, descriptor: int) -> None:
        os.set_blocking(descriptor, False)
        self._descriptor = descriptor
        self._bytes = bytearray()
        self.ended = False

    def received(self) -> Iterator[tuple[Any, ...]]:
        """Yield the messages that are here; sets ``ended`` when there will be no other.

        Raises:
            BrokenMessageError: what was sent is none.
        """
        try:
            while block := os.read(self._descriptor, _BLOCK):
                self._bytes += block
                yield from self._whole()
            self.ended = True
        except BlockingIOError:
            pass

    def _whole(self) -> Iterator[tuple[Any, ...]]:
        while len(self._bytes) >= _LENGTH.size:
            end = _LENGTH.size + _LENGTH.unpack_from(self._bytes)[0]
            if len(self._bytes) < end:
                return
            content = bytes(self._bytes[_LENGTH.size : end])
            del self._bytes[:end]
            try:
                message = pickle.loads(content)  # from our own child, whose code was run anyway
            except Exception as error:  # whatever a class of a method's own may raise
                raise BrokenMessageError(f"{type(error).__name__}: {error}") from error
            if not (isinstance(message, tuple) and message and isinstance(message[0], str)):
                raise BrokenMessageError(f"a {type(message).__name__}")
            yield message
