"""The exception tree.

    PentadError
    ├── ShapeError (ValueError, RuntimeError)     shapes, sizes or axes that do not fit
    ├── DTypeError (TypeError, RuntimeError)      element types that do not fit
    ├── ArgumentError (ValueError, RuntimeError)  any other argument out of its domain
    ├── IndexOutOfRange (IndexError) an index outside its axis, a label outside its classes
    ├── GraphError                   a graph that breaks a rule of its level (verifier, text form)
    ├── LinAlgError (RuntimeError)   a matrix without the factorisation or solution asked for
    ├── AutogradError (RuntimeError) a gradient that cannot be computed as asked
    ├── NonFiniteError (ArithmeticError)  a NaN where a training was to stop at one
    ├── CaptureError (RuntimeError)  pt.compile met something it cannot capture
    ├── CompileError (RuntimeError)  code generation failed, or an unsupported target
    ├── FormatError (ValueError)     a file that is not what it should be
    ├── DataError (ValueError)       a data set that is empty, missing or inconsistent
    ├── ResourceError (OSError)      memory, disk, cache directory
    ├── SharingError (BufferError)   memory that cannot be shared as asked
    └── MissingExtra (ImportError)   an optional dependency that is not installed

Every message says what was expected, what came, where (the user's file and line) and one
suggestion; `message` builds it, so that all look alike. The docstring of a class is its page in
the manual: programs that fail, and the same programs mended (docs/errors.md shows their output).
"""

from __future__ import annotations

from pentad.graph.lines import user_line


class PentadError(Exception):
    """The root of everything that Pentad raises on purpose."""


class ShapeError(PentadError, ValueError, RuntimeError):
    """Shapes, sizes or axes that do not fit the operation.

    Fails:

        import pentad as pt

        pixels, weight = pt.ones(2, 3), pt.ones(10, 3)
        pixels @ weight

    Mended:

        import pentad as pt

        pixels, weight = pt.ones(2, 3), pt.ones(10, 3)
        pixels @ weight.T

    Fails:

        import pentad as pt

        pt.ones(4, 3).sum(dim=2)

    Mended:

        import pentad as pt

        pt.ones(4, 3).sum(dim=1)
    """


class DTypeError(PentadError, TypeError, RuntimeError):
    """Element types that do not fit the operation.

    Fails:

        import pentad as pt

        pt.bitwise_and(pt.tensor([1.5]), 1)

    Mended:

        import pentad as pt

        pt.bitwise_and(pt.tensor([1.5]).long(), 1)

    Fails:

        import pentad as pt

        pt.tensor(["one", "two"])

    Mended:

        import pentad as pt

        pt.tensor([1, 2])
    """


class ArgumentError(PentadError, ValueError, RuntimeError):
    """An argument outside its domain (a negative rate, an unknown option).

    Fails:

        import pentad as pt

        pt.nn.functional.dropout(pt.ones(3), p=20)

    Mended:

        import pentad as pt

        pt.nn.functional.dropout(pt.ones(3), p=0.2)

    Fails:

        import pentad as pt

        losses = pt.tensor([0.5, 0.25])
        losses.item()

    Mended:

        import pentad as pt

        losses = pt.tensor([0.5, 0.25])
        losses.mean().item()
    """


class IndexOutOfRange(PentadError, IndexError):
    """An index outside its axis, or a label outside its classes.

    Fails:

        import pentad as pt

        pt.arange(3)[5]

    Mended:

        import pentad as pt

        pt.arange(3)[-1]

    Fails:

        import pentad as pt

        logits, labels = pt.zeros(2, 10), pt.tensor([3, 10])
        pt.nn.functional.cross_entropy(logits, labels)

    Mended:

        import pentad as pt

        logits, labels = pt.zeros(2, 10), pt.tensor([3, 9])
        pt.nn.functional.cross_entropy(logits, labels)
    """


class GraphError(PentadError):
    """A graph that breaks a rule of its level, or a text that is no graph.

    Fails:

        from pentad.graph.text import parse_graph

        parse_graph("exp(x)")

    Mended:

        from pentad.graph.text import parse_graph

        text = "graph (x: float32[2]) {\\n  %0 = exp(%x) : float32[2]\\n  return %0\\n}"
        parse_graph(text)
    """


class LinAlgError(PentadError, RuntimeError):
    """A matrix that has not the factorisation, inverse or solution asked for.

    Fails:

        import pentad as pt

        pt.linalg.inv(pt.ones(2, 2))

    Mended:

        import pentad as pt

        pt.linalg.pinv(pt.ones(2, 2))
    """


class AutogradError(PentadError, RuntimeError):
    """A gradient that cannot be computed as asked.

    Fails:

        import pentad as pt

        x = pt.ones(3, requires_grad=True)
        (x * x).backward()

    Mended:

        import pentad as pt

        x = pt.ones(3, requires_grad=True)
        (x * x).sum().backward()

    Fails:

        import pentad as pt

        weight = pt.ones(3, requires_grad=True)
        weight.numpy()

    Mended:

        import pentad as pt

        weight = pt.ones(3, requires_grad=True)
        weight.detach().numpy()
    """


class NonFiniteError(PentadError, ArithmeticError):
    """A loss or gradient that is not finite, in a training that was to stop at one (stop_at_nan).

    Fails:

        import pentad as pt

        model = pt.nn.Sequential(pt.nn.Linear(1, 1), pt.nn.ReLU())
        opt = pt.optim.SGD(model.parameters(), lr=0.1)
        data = [(pt.zeros(1, 1), pt.ones(1, 1))]
        pt.nn.init.constant_(model[0].bias, -1.0)
        pt.train.fit(model, data, lambda y, t: y.log().mean(), opt, stop_at_nan=True)

    Mended:

        import pentad as pt

        model = pt.nn.Sequential(pt.nn.Linear(1, 1), pt.nn.ReLU())
        opt = pt.optim.SGD(model.parameters(), lr=0.1)
        data = [(pt.zeros(1, 1), pt.ones(1, 1))]
        pt.nn.init.constant_(model[0].bias, 1.0)
        pt.train.fit(model, data, lambda y, t: y.log().mean(), opt, stop_at_nan=True)
    """


class CaptureError(PentadError, RuntimeError):
    """`pentad.compile` met something that it cannot capture.

    Fails:

        import pentad as pt

        @pt.compile
        def clipped(x):
            if x.sum() > 1:
                return x / x.sum()
            return x

        clipped(pt.ones(3))

    Mended:

        import pentad as pt

        @pt.compile
        def clipped(x):
            return pt.where(x.sum() > 1, x / x.sum(), x)

        clipped(pt.ones(3))
    """


class CompileError(PentadError, RuntimeError):
    """Code generation failed, or the target is not supported.

    Fails:

        from pentad.runtime import jit
        from pentad.target import code_target

        jit.compile_object("define void @f() {", code_target.host())

    Mended:

        from pentad.runtime import jit
        from pentad.target import code_target

        jit.compile_object("define void @f() { ret void }", code_target.host())
    """


class FormatError(PentadError, ValueError):
    """A file that is not what it claims to be.

    Fails:

        import pentad as pt

        with open("model.safetensors", "wb") as file:
            file.write(b"<html>not found</html>")
        pt.load("model.safetensors")

    Mended:

        import pentad as pt

        pt.save({"weight": pt.ones(3)}, "model.safetensors")
        pt.load("model.safetensors")
    """


class DataError(PentadError, ValueError):
    """A data set that is empty, missing or inconsistent.

    Fails:

        import pentad as pt

        images = pt.data.TensorDataset(pt.zeros(100, 28))
        pt.data.random_split(images, [80, 10])

    Mended:

        import pentad as pt

        images = pt.data.TensorDataset(pt.zeros(100, 28))
        pt.data.random_split(images, [80, 20])
    """


class ResourceError(PentadError, OSError):
    """Memory, disk or the cache directory is not usable.

    Fails:

        import pentad as pt

        pt.empty(1 << 50)

    Mended:

        import pentad as pt

        pt.empty(1 << 20)
    """


class SharingError(PentadError, BufferError):
    """Memory that cannot be shared with another library as asked.

    Fails:

        import numpy as np
        import pentad as pt

        pt.from_dlpack(np.arange(4)[::-1], copy=False)

    Mended:

        import numpy as np
        import pentad as pt

        pt.from_dlpack(np.arange(4)[::-1])
    """


class MissingExtra(PentadError, ImportError):
    """An optional dependency that is not installed; the message names the extra.

    What is installed differs from machine to machine, so that no program here shows it.
    """


def message(
    what: str,
    *,
    expected: str | None = None,
    got: str | None = None,
    hint: str | None = None,
    where: str | None = None,
) -> str:
    """Lay out an error text: the fact, expected, got, the user's line, one suggestion.

    >>> print(message("matmul: inner sizes differ", expected="k == 3", got="k = 4",
    ...               hint="transpose the second operand", where="train.py:7"))
    matmul: inner sizes differ
      expected: k == 3
      got:      k = 4
      at:       train.py:7
      try:      transpose the second operand
    """
    lines = [what]
    rows = (("expected:", expected), ("got:", got), ("at:", where or user_line()), ("try:", hint))
    lines += [f"  {label:<9} {text}" for label, text in rows if text]
    return "\n".join(lines)
