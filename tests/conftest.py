"""What holds for every test: no network but the local host, reproducible random examples."""

from __future__ import annotations

import socket

import hypothesis
import pytest

# Derandomised: a failure in the continuous integration is the same failure at home.
hypothesis.settings.register_profile("pentad", deadline=None, derandomize=True, print_blob=True)
hypothesis.settings.load_profile("pentad")


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Tests reach servers on this machine only."""
    connect = socket.socket.connect

    def guarded(self, address):
        if isinstance(address, tuple) and address[0] not in ("127.0.0.1", "::1", "localhost"):
            raise AssertionError(f"a test tried to reach {address}")
        return connect(self, address)

    monkeypatch.setattr(socket.socket, "connect", guarded)
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
