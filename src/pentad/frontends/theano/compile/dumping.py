"""`function_dump`: what a function was asked to be, written to a file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pentad.frontends.theano.compile.io import as_input
from pentad.frontends.theano.configparser import config
from pentad.frontends.theano.listing import debugprint


def function_dump(
    filename: Any, inputs: Any, outputs: Any = None, mode: Any = None, updates: Any = None,
    givens: Any = None, no_default_updates: Any = False, accept_inplace: bool = False,
    name: str | None = None, rebuild_strict: bool = True, allow_input_downcast: bool | None = None,
    profile: Any = None, on_unused_input: str | None = None, extra_tag_to_remove: Any = None,
) -> None:
    """Write the arguments of `theano.function` as JSON: the graph as a list of its nodes.

    Theano writes a pickle, which is a program; this is data to be read by people.
    """
    listed = outputs if isinstance(outputs, list | tuple) else [outputs]
    pairs = updates.items() if hasattr(updates, "items") else updates or []
    text = {
        "name": name, "mode": str(mode or config.mode),
        "inputs": [f"{as_input(i).variable}: {as_input(i).variable.type}" for i in inputs],
        "outputs": debugprint([o for o in listed if o is not None], file="str"),
        "updates": [f"{k} <- {debugprint(v, file='str')}" for k, v in pairs],
        "givens": [f"{k} -> {v}" for k, v in (
            givens.items() if hasattr(givens, "items") else givens or [])],
        "config": str(config).splitlines(),
    }
    Path(filename).write_text(json.dumps(text, indent=1), encoding="utf-8")


__all__ = ["function_dump"]
