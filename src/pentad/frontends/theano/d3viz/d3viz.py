"""`d3viz` writes a page with a graph; `d3write` writes its text for Graphviz."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from pentad import formats
from pentad.frontends.missing import absent
from pentad.frontends.theano.d3viz.formatting import PyDotFormatter
from pentad.frontends.theano.d3viz.page import page, safe_json


def replace_patterns(x: str, replace: dict[Any, Any]) -> str:
    """The text with each key of `replace` exchanged for its value."""
    for old, new in replace.items():
        x = x.replace(str(old), str(new))
    return x


def d3viz(fct: Any, outfile: Any, copy_deps: bool = True, *args: Any, **kwargs: Any) -> None:
    """Write a page with the graph of a function, a variable or a list of them.

    Nodes can be dragged and the whole zoomed; more is shown of a node under the mouse, and a double
    click opens what lies within it: the body of a scan, the branches of an ifelse. The page is one
    file and needs nothing besides, so that `copy_deps` changes nothing. What else is given goes to
    `PyDotFormatter`.
    """
    graph = PyDotFormatter(*args, **kwargs)(fct)
    path = Path(outfile)
    if str(path.parent) not in ("", "."):
        os.makedirs(path.parent, exist_ok=True)
    with formats.files.replacing(path) as file:
        file.write(page(graph, _title(fct)).encode())


def _title(fct: Any) -> str:
    name = getattr(fct, "name", None) or "graph"
    stats = getattr(fct, "profile", None)
    if stats is None or not getattr(stats, "fct_callcount", 0):
        return str(name)
    return f"{name}: {stats.fct_callcount} calls, {stats.fct_call_time:.3g} s"


def d3write(fct: Any, path: Any, *args: Any, **kwargs: Any) -> None:
    """Write the graph of a function as Graphviz's text."""
    PyDotFormatter(*args, **kwargs)(fct).write_dot(path)


__all__ = ["PyDotFormatter", "d3viz", "d3write", "replace_patterns", "safe_json"]
__getattr__ = absent(__name__)
