"""What is said of a node where an error came from, as `exception_verbosity` asks."""

from __future__ import annotations

from pentad import PentadError
from pentad.frontends.theano.configparser import config
from pentad.frontends.theano.gof.graph import Apply


def told(error: PentadError) -> PentadError:
    """The error, with what is known of its node in its text; once only."""
    node = getattr(error, "node", None)
    if node is None or not node.outputs or hasattr(error, "told"):
        return error
    error.told = True  # type: ignore[attr-defined]
    found = Apply.of(node)
    lines = [
        f"Apply node that caused the error: {found}",
        f"Inputs types: [{', '.join(str(v.type) for v in found.inputs)}]",
    ]
    if config.exception_verbosity == "high":
        from pentad.frontends.theano.listing import debugprint

        lines += ["Debugprint of the apply node:", debugprint(found, print_type=True, file="str")]
    else:
        lines.append("HINT: theano.config.exception_verbosity='high' shows all that it needs.")
    error.args = ("\n".join([str(error), *lines]), *error.args[1:])
    return error


__all__ = ["told"]
