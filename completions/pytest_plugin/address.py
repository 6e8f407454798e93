"""The address of the run's mock, which is known before there is a server: clients may be made long before a test.

The port is bound here and never listened on, with the option by which the server may bind it too. So nobody else gets
it meanwhile, and a connection goes to the server alone. No socket is inherited, which not every system can.
"""

import socket

HOST = "127.0.0.1"

SHARED = getattr(socket, "SO_REUSEPORT", socket.SO_REUSEADDR)
"""What lets two processes of one user bind a port; Windows has the second name for it."""


class Address:
    """A port of this machine, held for this process and the server that it starts."""

    def __init__(self) -> None:
        self._held = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        self._held.setsockopt(socket.SOL_SOCKET, SHARED, 1)
        self._held.bind((HOST, 0))
        self.port: int = self._held.getsockname()[1]
        self.url = f"http://{HOST}:{self.port}"
        """Without a version: which namespace it leads to is the running test's."""

    def close(self) -> None:
        """Let go of the port."""
        self._held.close()
