"""`six.moves`: what Python 3 moved, by one name for both Pythons."""

from __future__ import annotations

import builtins
import functools
import importlib
import io
import itertools
import os
import shlex
import sys
from collections import UserDict, UserList, UserString
from typing import Any

MODULES = {
    "BaseHTTPServer": "http.server", "CGIHTTPServer": "http.server", "cPickle": "pickle",
    "SimpleHTTPServer": "http.server", "_dummy_thread": "_thread", "_thread": "_thread",
    "builtins": "builtins", "configparser": "configparser", "copyreg": "copyreg",
    "html_entities": "html.entities", "html_parser": "html.parser", "http_client": "http.client",
    "http_cookiejar": "http.cookiejar", "http_cookies": "http.cookies", "queue": "queue",
    "reprlib": "reprlib", "socketserver": "socketserver", "tkinter": "tkinter",
    "urllib": "urllib", "urllib_error": "urllib.error", "urllib_parse": "urllib.parse",
    "urllib_request": "urllib.request", "xmlrpc_client": "xmlrpc.client",
}
"""Modules: the name in six.moves -> Python's."""
filter, map, range, zip, input = filter, map, range, zip, input
xrange, intern, reduce, zip_longest, filterfalse = (
    range, sys.intern, functools.reduce, itertools.zip_longest, itertools.filterfalse)
StringIO = cStringIO = io.StringIO
getcwd, getcwdb, reload_module, shlex_quote = (
    os.getcwd, os.getcwdb, importlib.reload, shlex.quote)


def __getattr__(name: str) -> Any:
    if name not in MODULES:
        raise AttributeError(f"module 'six.moves' has no attribute {name!r}")
    found = importlib.import_module(MODULES[name])
    if name == "urllib":
        for part in ("error", "parse", "request", "response", "robotparser"):
            importlib.import_module(f"urllib.{part}")
    return found


__all__ = ["MODULES", "StringIO", "UserDict", "UserList", "UserString", "builtins", "cStringIO",
           "filter", "filterfalse", "getcwd", "getcwdb", "input", "intern", "map", "range",
           "reduce", "reload_module", "shlex_quote", "xrange", "zip", "zip_longest"]
