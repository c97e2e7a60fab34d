"""Operation: a node of a graph, with TensorFlow's names for its parts."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static

_TYPES = {"const": "Const", "placeholder": "Placeholder", "var": "VariableV2", "assign": "Assign",
          "gradient": "SymbolicGradient", "cond": "If", "while": "While", "scan": "Scan"}


class Operation(static.Node):
    """One application of an operation to tensors."""

    @property
    def type(self) -> str:
        """TensorFlow's name of what it does, such as 'MatMul'."""
        return self.extra.get("type") or _TYPES.get(self.op.name, self.op.name)

    @property
    def control_inputs(self) -> list[Any]:
        """The operations after which it runs."""
        return list(self.control)

    @property
    def device(self) -> str:
        """The device that it was meant for."""
        return self.extra.get("device", "")

    def _set_device(self, device: Any) -> None:
        self.extra["device"] = str(device)

    @property
    def _id(self) -> int:
        return self.place

    @property
    def traceback(self) -> list[str]:
        """Where it was made."""
        return [str(self.line)]

    @property
    def node_def(self) -> Any:
        """It as a NodeDef."""
        from pentad.frontends.tensorflow1.framework.graph_def import node_def

        return node_def(self)

    def get_attr(self, name: str) -> Any:
        """An attribute; ValueError if there is none of that name."""
        from pentad.frontends.tensorflow1.framework.graph_def import attributes

        found = attributes(self)
        if name not in found:
            raise pt.ArgumentError(static.message(
                f"Operation '{self.name}' has no attr named '{name}'.",
                expected=", ".join(found) or "none", got=name))
        return found[name]

    def colocation_groups(self) -> list[bytes]:
        """The group that it shares a device with: itself."""
        return [b"loc:@" + self.name.encode()]

    def values(self) -> tuple[Any, ...]:
        """Its results."""
        return self.outputs

    def run(self, feed_dict: Any = None, session: Any = None) -> None:
        """Run it in a session, the default one if none is given."""
        from pentad.frontends.tensorflow1.framework.session import default_session

        default_session(session, self.graph, "run operation").run(self, feed_dict)

    def __repr__(self) -> str:
        return f"<tf.Operation '{self.name}' type={self.type}>"

    def __str__(self) -> str:
        return f"name: \"{self.name}\"\nop: \"{self.type}\"\n" + "".join(
            f"input: \"{s.node.name}\"\n" for s in self.inputs)
