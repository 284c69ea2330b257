"""The socket that a job listens on."""

from __future__ import annotations

import errno
import os
import socket
import stat

BACKLOG = 2048


def listen_unix(path: str) -> socket.socket:
    """Listens on a Unix socket that nobody but owner and (umask permitting) group can open.

    A socket file left over by a dead process is removed; one that still answers is not.
    """
    _remove_stale(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    umask = os.umask(0o777)
    os.umask(umask | 0o117)
    try:
        listener.bind(path)
    finally:
        os.umask(umask)
    listener.listen(BACKLOG)
    return listener


def listen_tcp(host: str, port: int) -> socket.socket:
    """Listens on an address, or with an empty host on all of them, of either version of IP."""
    if not host:
        return _listen_everywhere(port)
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
    listener.listen(BACKLOG)
    return listener


def _listen_everywhere(port: int) -> socket.socket:
    if socket.has_dualstack_ipv6():
        try:
            return socket.create_server(
                ('::', port), family=socket.AF_INET6, backlog=BACKLOG, reuse_port=False, dualstack_ipv6=True
            )
        except OSError as error:
            if error.errno not in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):  # not a matter of a switched-off version
                raise
    return listen_tcp('0.0.0.0', port)


def _remove_stale(path: str) -> None:
    try:
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            raise FileExistsError(f'{path} exists and is not a socket')
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1)
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            os.unlink(path)
            return
        except FileNotFoundError:
            return
    raise OSError(f'{path}: another process is listening there')
