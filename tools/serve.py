"""Serves the built book on this machine only."""

import socket
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from environment import Failed

HOST = "127.0.0.1"


def check_port(text: str) -> int:
    """The port as a number, if it is free; found out before the build rather than after it."""
    if not (text.isdecimal() and 0 < int(text) < 65536):
        raise Failed(f"PORT must be a number from 1 to 65535, but is “{text}”")
    port = int(text)
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex((HOST, port)) == 0:
            raise Failed(f"port {port} is in use; choose another: PORT={port + 1} make book")
    return port


class Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        """Say nothing for each file."""


def serve(folder: Path, port: int) -> None:
    handler = partial(Quiet, directory=str(folder))
    try:
        server = ThreadingHTTPServer((HOST, port), handler)
    except OSError as error:
        raise Failed(f"port {port} cannot be used: {error.strerror}") from error
    print(f"Read it at http://{HOST}:{port} (Ctrl+C stops)", flush=True)
    server.serve_forever()
