"""A process that runs the cases of ops: names come in by lines, results go out by lines."""

from __future__ import annotations

import json
import os
import sys
from typing import Any

from parity import cases, entries


def serve() -> None:
    """Answer `{"name": ..., "done": n}` with a line for each case from the n-th on.

    {"total": m} comes first, then {"at": i} before each case and its result after it.
    """
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what a library prints is no answer
    import torch

    torch.set_num_threads(1)
    database = entries.database()
    _say(out, {"ready": True})
    for line in sys.stdin:
        request = json.loads(line)
        answer(out, database[request["name"]], request["done"], torch)


def answer(out: Any, op: Any, done: int, torch: Any) -> None:
    """Run the cases of one op but for the first `done`."""
    try:
        todo = list(cases.cases_of(op, torch))
    except Exception as error:
        _say(out, {"total": 0, "void": f"PyTorch makes no samples: {error}"})
        return
    _say(out, {"total": len(todo), "kinds": [c.kind for c in todo]})
    for case in todo[done:]:
        status, why = cases.run(case, torch)
        _say(out, {"status": status, "why": f"{case.title}: {why}"[:400] if why else ""})


def _say(out: Any, what: dict[str, Any]) -> None:
    out.write(json.dumps(what) + "\n")


if __name__ == "__main__":
    serve()
