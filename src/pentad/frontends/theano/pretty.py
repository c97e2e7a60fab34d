"""`pp`: an expression as a formula."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pentad.frontends.theano.gof.graph import Apply, Variable
from pentad.frontends.theano.gof.op import label

VALID_ASSOC = {"left", "right", "either"}
special = {"middle_dot": "\\dot", "big_sigma": "\\Sigma"}
greek: dict[str, str] = {}
use_ascii = True


class PrinterState:
    """What is on the way while an expression is printed."""

    def __init__(self, pprinter: Any) -> None:
        self.pprinter, self.memo = pprinter, {}


class OperatorPrinter:
    """`a + b`, or `-a`, in parentheses."""

    def __init__(self, operator: str, precedence: float, assoc: str = "left") -> None:
        assert assoc in VALID_ASSOC
        self.operator, self.precedence, self.assoc = operator, precedence, assoc

    def process(self, output: Any, pstate: PrinterState) -> str:
        """The text of a result."""
        parts = [pstate.pprinter.process(v, pstate) for v in output.node.inputs]
        text = self.operator + parts[0] if len(parts) == 1 else f" {self.operator} ".join(parts)
        return f"({text})"


class PatternPrinter:
    """A text with `%(0)s` for the first input, and so on."""

    def __init__(self, *patterns: Any) -> None:
        self.patterns = [p if isinstance(p, str) else p[0] for p in patterns]

    def process(self, output: Any, pstate: PrinterState) -> str:
        """The text of a result."""
        parts = [pstate.pprinter.process(v, pstate) for v in output.node.inputs]
        return self.patterns[output.index] % {str(i): p for i, p in enumerate(parts)}


class FunctionPrinter:
    """`name(a, b)`."""

    def __init__(self, *names: str) -> None:
        self.names = names

    def process(self, output: Any, pstate: PrinterState) -> str:
        """The text of a result."""
        parts = [pstate.pprinter.process(v, pstate) for v in output.node.inputs]
        return f"{self.names[output.index]}({', '.join(parts)})"


class IgnorePrinter:
    """The text of the input."""

    def process(self, output: Any, pstate: PrinterState) -> str:
        """The text of a result."""
        return pstate.pprinter.process(output.node.inputs[0], pstate)


class LeafPrinter:
    """The name of a variable that nothing computes."""

    def process(self, output: Any, pstate: PrinterState) -> str:
        """The text of a variable."""
        return str(output)


class DefaultPrinter:
    """`Op{...}(a, b)`."""

    def process(self, output: Any, pstate: PrinterState) -> str:
        """The text of a result."""
        parts = [pstate.pprinter.process(v, pstate) for v in output.node.inputs]
        return f"{label(output.node)}({', '.join(parts)})"


class _DimShuffle:
    def process(self, output: Any, pstate: PrinterState) -> str:
        x, order = output.node.inputs[0], output.node.attrs["order"]
        inner = pstate.pprinter.process(x, pstate)
        if order != () and list(order) == list(range(x.ndim))[::-1]:
            return inner + ".T"
        if all(a == "x" for a in order) or order == tuple(a for a in order if a == "x") + tuple(
            range(x.ndim)
        ):
            return inner
        return f"DimShuffle{{{', '.join(map(str, order))}}}({inner})"


class _Part:
    """x[...]: what stands between the brackets."""

    def process(self, output: Any, pstate: PrinterState) -> str:
        node = output.node
        rest = iter(node.inputs[1:])

        def text(value: Any) -> str:
            if value == "?":
                return pstate.pprinter.process(next(rest), pstate)
            return "" if value is None else str(value)

        parts = []
        for entry in node.op.pattern:
            if entry[0] == "s":
                start, stop, step = (text(v) for v in entry[1:])
                parts.append(f"{start}:{stop}" + (f":{step}" if step else ""))
            else:
                parts.append("None" if entry[0] == "n" else text(
                    "?" if entry[0] == "a" else entry[1]))
        while len(parts) > 1 and parts[-1] == ":":
            parts.pop()
        return f"{pstate.pprinter.process(node.inputs[0], pstate)}[{', '.join(parts)}]"


leaf_printer, default_printer = LeafPrinter(), DefaultPrinter()
_OPERATORS = {
    "add": ("+", -2, "either"), "sub": ("-", -2, "left"), "mul": ("*", -1, "either"),
    "true_div": ("/", -1, "left"), "int_div": ("//", -1, "left"), "mod": ("%", -1, "left"),
    "neg": ("-", 0, "either"), "pow": ("**", 1, "right"),
    "dot": (special["middle_dot"], -1, "left"),
}
_FUNCTIONS = {"second": "fill", "alloc": "alloc", "Join": "join", "abs_": "abs"}


class PPrinter:
    """`pp(x)`: the text of an expression. `assign` gives an op, by itself or a test, a printer."""

    def __init__(self) -> None:
        self.printers: list[tuple[Any, Any]] = []

    def assign(self, condition: Any, printer: Any) -> None:
        """Print what the condition (an op, or a test of state and variable) holds for so."""
        self.printers.insert(0, (condition, printer))

    def clone(self) -> PPrinter:
        """A printer with the same assignments."""
        made = PPrinter()
        made.printers = list(self.printers)
        return made

    def clone_assign(self, condition: Any, printer: Any) -> PPrinter:
        """The same with one assignment more."""
        made = self.clone()
        made.assign(condition, printer)
        return made

    def process(self, r: Any, pstate: PrinterState | None = None) -> str:
        """The text of a variable."""
        state = PrinterState(self) if pstate is None else pstate
        if r not in state.memo:
            state.memo[r] = self._printer(r, state).process(r, state)
        return state.memo[r]

    def _printer(self, r: Any, state: PrinterState) -> Any:
        op = None if r.owner is None else r.node.op
        for condition, printer in self.printers:
            if condition is op or (
                isinstance(condition, Callable)  # type: ignore[arg-type]
                and not hasattr(condition, "run") and condition(state, r)
            ):
                return printer
        return leaf_printer if op is None else _by_op(op)

    def __call__(self, *args: Any) -> str:
        if len(args) == 1:
            found = args[0].outputs[0] if isinstance(args[0], Apply) else args[0]
            return self.process(found)
        inputs, outputs, updates = (*args, {})[:3]
        parts = [f"{r} = {self.process(r)}" for r in outputs if isinstance(r, Variable)]
        return "\n".join([f"inputs: {', '.join(map(str, inputs))}", *parts, *(
            f"{k} <- {self.process(v)}" for k, v in dict(updates).items())])


def _by_op(op: Any) -> Any:
    if op.name in _OPERATORS:
        return OperatorPrinter(*_OPERATORS[op.name])
    if op.name == "abs_":
        return PatternPrinter("|%(0)s|")
    if op.name == "identity":
        return IgnorePrinter()
    if op.name == "dimshuffle":
        return _DimShuffle()
    if hasattr(op, "pattern") and hasattr(op, "idx_list"):
        return _Part()
    if op.name.startswith("convert_to_"):
        return FunctionPrinter(op.name[len("convert_to_"):])
    if hasattr(op, "scalar_op") or op.name in _FUNCTIONS:
        return FunctionPrinter(_FUNCTIONS.get(op.name, op.name))
    return default_printer


pp = pprint = PPrinter()
__all__ = [
    "DefaultPrinter", "FunctionPrinter", "IgnorePrinter", "LeafPrinter", "OperatorPrinter",
    "PPrinter", "PatternPrinter", "PrinterState", "VALID_ASSOC", "default_printer", "greek",
    "leaf_printer", "pp", "pprint", "special", "use_ascii",
]
