"""The small framework of the past, served for the time of a test."""

from __future__ import annotations

import importlib
import sys

import pytest

from pentad.frontends import missing, serving
from pentad.frontends.serving import FrontEnd, serve, withdraw

PACKAGE = "tests.frontends.oldframe"


@pytest.fixture(name="registered")
def registered_fixture(monkeypatch):
    """Its front end is in the table."""
    front = FrontEnd(PACKAGE, {"compat.v1": PACKAGE, "compat": None, "way": None,
                               "way.data": f"{PACKAGE}.parts.late"}, ("inner",), ("", "parts"))
    monkeypatch.setattr(missing, "ROOM", "tests.frontends")
    monkeypatch.setitem(missing.SERVED, "oldframe", "oldframe")
    monkeypatch.setitem(missing.SHORT, "oldframe", "old")
    monkeypatch.setitem(serving.FRONT_ENDS, "oldframe", front)
    yield
    withdraw()


@pytest.fixture(name="served")
def served_fixture(registered):
    """The module, imported by its own name."""
    serve(["oldframe"])
    return importlib.import_module("oldframe")


@pytest.fixture(name="own_process")
def own_process_fixture(monkeypatch):
    """What a program that is run changes for its process is put back."""
    monkeypatch.setattr(sys, "argv", list(sys.argv))
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setitem(sys.modules, "__main__", sys.modules["__main__"])
