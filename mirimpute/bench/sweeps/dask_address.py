"""The address of a scheduler of Dask: is it one, and does a scheduler answer there? Asked before Dask is loaded."""

from __future__ import annotations

import re
import socket
from importlib.metadata import entry_points

from mirimpute.errors import UserError

CONNECT_S = 5
_ADDRESS = re.compile(r"([a-z]+)://(\S+):(\d+)")
_PROTOCOLS = ("tcp", "tls", "ws", "wss")
"""Of Dask itself, between machines: asked for before Dask is loaded, which takes a second or more."""
_ANSWER_S = 1.5
_LENGTH, _LONGEST_GREETING = 8, 2**20


def check_form(address: object) -> None:
    """Refuse what is no address.

    Raises:
        UserError: what one looks like.
    """
    if not _ADDRESS.fullmatch(str(address)):
        raise UserError(f"hydra.launcher.address={address} is no address: give one such as tcp://host:8786")


def check_answer(address: str) -> None:
    """Refuse an address of a protocol that Dask does not have between processes, or at which nobody listens.

    Raises:
        UserError: which protocols there are, or that nobody answers.
    """
    protocol, host, port = _ADDRESS.fullmatch(address).groups()  # type: ignore[union-attr]
    known = {*_PROTOCOLS, *(each.name for each in entry_points(group="distributed.comm.backends"))}
    if protocol not in known:
        raise UserError(
            f"hydra.launcher.address={address} is of a protocol that no scheduler in another process speaks: give one "
            f"of {', '.join(sorted(known))}, such as tcp://host:8786"
        )
    if protocol in _PROTOCOLS:
        try:
            with socket.create_connection((host.strip("[]"), int(port)), timeout=_ANSWER_S) as connection:
                if protocol == "tcp":
                    _check_greeting(connection)
        except (OSError, OverflowError, ValueError) as error:
            raise no_answer(address, error) from error


def _check_greeting(connection: socket.socket) -> None:
    """Refuse what is no scheduler: that speaks first, and begins with the length of what it says, in eight bytes.

    Raises:
        OSError: it says nothing.
        ValueError: it says something else.
    """
    connection.settimeout(CONNECT_S)
    with connection.makefile("rb") as file:
        first = file.read(_LENGTH)
    if len(first) < _LENGTH or int.from_bytes(first, "little") > _LONGEST_GREETING:
        raise ValueError("what listens there is something else")


def check_certificates(address: str) -> None:
    """Refuse an address that takes certificates where Dask's configuration has none.

    Raises:
        UserError: where they are to be given.
    """
    from distributed.security import Security

    protocol = address.partition("://")[0]
    if protocol in ("tls", "wss") and Security().get_connection_args("client").get("ssl_context") is None:
        raise UserError(
            f"hydra.launcher.address={address} takes certificates, and Dask's configuration has none: set "
            "distributed.comm.tls there, or give an address with tcp://"
        )


def no_answer(to: object, error: Exception) -> UserError:
    """Return the error of an address, or a cluster, at which nobody answers."""
    return UserError(f"no scheduler of Dask answers at {to} ({error}): start one, or correct it")
