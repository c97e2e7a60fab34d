"""What looks at values while a graph runs: assertions, printing, functions of Python."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1 import errors
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import constant_value, convert_to_tensor
from pentad.frontends.tensorflow1.framework.dtypes import FLOATS
from pentad.frontends.tensorflow1.framework.graph import get_default_graph, name_scope
from pentad.frontends.tensorflow1.framework.make import VARIABLE_TYPES, node, op
from pentad.frontends.tensorflow1.ops.identity import no_op


def _shown(value: Any, count: int) -> str:
    """The first elements of an array, as TensorFlow shows them."""
    flat = [v.decode(errors="replace") if isinstance(v, bytes) else v
            for v in np.asarray(value).reshape(-1)[:count].tolist()]
    more = "..." if np.size(value) > count else ""
    return f"[{' '.join(str(v) for v in flat)}{more}]"


def _assert(condition: Any, *data: Any, summarize: int) -> Any:
    if not np.all(condition):
        from pentad.frontends.tensorflow1.errors import InvalidArgumentError

        shown = " ".join(_shown(d, summarize) for d in data)
        raise InvalidArgumentError(None, None, static.message(
            f"assertion failed: {shown}", expected="a condition that is true", got="false"))
    return ()


_ASSERT = op("Assert", "condition: bool, data: T...; summarize=3 -> ", _assert, host=True,
             watches=True, types=lambda *v, summarize: [], differentiable=False, effect=True)


def Assert(condition: Any, data: Any, summarize: int | None = None, name: str | None = None):
    """An operation that fails with the data unless the condition is true."""
    return _ASSERT(condition, data, summarize=summarize or 3, name=name)


_counts: dict[int, int] = {}


def _write(input: Any, *data: Any, message: str, first_n: int, summarize: int, key: int) -> Any:
    seen = _counts[key] = _counts.get(key, 0) + 1
    if first_n < 0 or seen <= first_n:
        sys.stderr.write(message + "".join(_shown(d, summarize) for d in data) + "\n")
    return input


def _passed(node: Any, inputs: Any, gradients: Any) -> Any:
    """The gradient of what hands its first input on."""
    return (gradients[0], *[None] * (len(inputs) - 1))


_PRINT = op("Print", "input: T, data: U...; message='', first_n=-1, summarize=3, key=0 -> "
            "output: T", _write, host=True, effect=True, backward=_passed, watches=True,
            types=lambda x, *d, **a: [(x.dtype, x.static_type.shape)])


def Print(
    input_: Any, data: Any, message: str | None = None, first_n: int | None = None,
    summarize: int | None = None, name: str | None = None,
) -> Any:
    """The input; when it is computed the data is written to the standard error."""
    key = len(get_default_graph().nodes) + id(get_default_graph())
    return _PRINT(input_, data, message=message or "", first_n=-1 if first_n is None else first_n,
                  summarize=summarize or 3, key=key, name=name)


def _format(*values: Any, template: Any, end: str, stream: str, summarize: int) -> Any:
    parts = [_pretty(v, summarize) for v in values]
    text = template.format(*parts) + end
    (sys.stdout if stream == "stdout" else sys.stderr).write(text)
    return ()


def _pretty(value: Any, summarize: int) -> str:
    array = np.asarray(value)
    if not array.ndim:
        value = array.item()
        return value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    if array.dtype == object:
        array = np.array([v.decode(errors="replace") for v in array.reshape(-1)]).reshape(
            array.shape)
    edge = summarize if summarize > 0 else array.size
    return np.array2string(array, separator=" ", threshold=2 * edge, edgeitems=edge)


_PRINT_V2 = op("PrintV2", "data: T...; template, end, stream, summarize -> ", _format, host=True,
               effect=True, watches=True, types=lambda *v, **a: [], differentiable=False)


def print_(*inputs: Any, **kwargs: Any) -> Any:
    """An operation that writes values to the standard error, or to another stream."""
    stream = kwargs.get("output_stream", sys.stderr)
    where = "stdout" if stream is sys.stdout or stream == "stdout" else "stderr"
    sep, end = kwargs.get("sep", " "), kwargs.get("end", "\n")
    pieces, tensors = [], []
    for value in inputs:
        text = _template(value, tensors)
        pieces.append(text)
    return _PRINT_V2(tensors, template=sep.join(pieces), end="\n" if end is None else end,
                     stream=where, summarize=kwargs.get("summarize") or 3,
                     name=kwargs.get("name"))


def _template(value: Any, tensors: list[Any]) -> str:
    if hasattr(value, "graph"):
        tensors.append(convert_to_tensor(value))
        return "{}"
    if isinstance(value, list | tuple):
        inner = ", ".join(_template(v, tensors) for v in value)
        return f"[{inner}]" if isinstance(value, list) else f"({inner})"
    if isinstance(value, dict):
        items = ", ".join(f"{k!r}: {_template(v, tensors)}" for k, v in value.items())
        return "{{" + items + "}}"
    return str(value).replace("{", "{{").replace("}", "}}")


# -- functions of Python -----------------------------------------------------------------------


_KINDS: list[tuple[Any, Any]] = [
    (ValueError | TypeError, errors.InvalidArgumentError),
    (StopIteration, errors.OutOfRangeError), (MemoryError, errors.ResourceExhaustedError),
    (NotImplementedError, errors.UnimplementedError), (Exception, errors.UnknownError),
]


def _called(*values: Any, token: Any, Tout: Any) -> Any:
    try:
        found = token(*[v[()] if not np.ndim(v) else v for v in values])
    except pt.PentadError:
        raise
    except Exception as error:
        kind = next(new for old, new in _KINDS if isinstance(error, old))
        raise kind(None, None, f"{type(error).__name__}: {error}") from error
    several = isinstance(found, list | tuple) and len(Tout) != 1
    found = found if several else [found]
    if isinstance(found[0], list | tuple) and len(Tout) == 1 and len(found[0]) == 1:
        found = found[0]
    if len(found) != len(Tout):
        raise pt.ArgumentError(static.message(
            f"py_func: the function gives {len(found)} values", expected=f"{len(Tout)} values"))
    return tuple(_typed(v, t) for v, t in zip(found, Tout))


def _typed(value: Any, dtype: Any) -> Any:
    from pentad.frontends.tensorflow1.framework.convert import as_array

    if dtype is dtypes.string:
        return as_array(value, dtype)[0]
    array = np.asarray(value)
    if array.dtype != dtype.tensor_dtype.numpy and array.dtype.kind in "fc" and dtype.is_integer:
        raise pt.DTypeError(static.message(
            "py_func: the function gives another type than Tout says", expected=dtype.name,
            got=array.dtype.name))
    return array.astype(dtype.tensor_dtype.numpy)


_PY_FUNC = op("PyFunc", "input: Tin...; token, Tout -> output: Tout...", _called,
              host=True, effect=True, differentiable=False,
              types=lambda *v, token, Tout: [(t, None) for t in Tout])


def py_func(
    func: Any, inp: Any, Tout: Any, stateful: bool = True, name: str | None = None
) -> Any:
    """The results of a function of Python, which is given arrays when the graph runs."""
    return of_python(_PY_FUNC, func, inp, Tout, name)


def of_python(make: Any, func: Any, inp: Any, Tout: Any, name: str | None) -> Any:
    """What an operation that calls a function gives: as many tensors as Tout says, or itself."""
    if not callable(func):
        raise pt.ArgumentError(f"Expected func to be callable, got func to be of type {type(func)}")
    several = isinstance(Tout, list | tuple)
    types = [dtypes.as_dtype(t) for t in (Tout if several else [Tout])]
    if not types:
        return node(make.record, {"input": inp, "token": func, "Tout": types, "name": name})
    found = make(inp, token=func, Tout=types, name=name)
    found = found if isinstance(found, list) else [found]
    return found if several else found[0]


def numpy_function(func: Any, inp: Any, Tout: Any, name: str | None = None) -> Any:
    """The results of a function of Python, which is given arrays when the graph runs."""
    return py_func(func, inp, Tout, True, name)


# -- checks of values --------------------------------------------------------------------------


def _numeric(tensor: Any, message: str) -> Any:
    bad = [n for n, found in (("Inf", np.isinf(tensor)), ("NaN", np.isnan(tensor))) if found.any()]
    if bad:
        from pentad.frontends.tensorflow1.errors import InvalidArgumentError

        raise InvalidArgumentError(None, None, static.message(
            f"{message} : Tensor had {' and '.join(bad)} values"))
    return tensor


_CHECK = op("CheckNumerics", "tensor: T; message -> output: T", _numeric, host=True,
            backward=_passed, watches=True,
            allow={"T": FLOATS}, types=lambda x, message: [(x.dtype, x.static_type.shape)])


def check_numerics(tensor: Any, message: str, name: str | None = None) -> Any:
    """The tensor; an error if some of its elements are not finite."""
    return _CHECK(tensor, message=message, name=name)


def verify_tensor_all_finite(
    t: Any = None, msg: str | None = None, name: str | None = None, x: Any = None,
    message: str | None = None,
) -> Any:
    """The tensor; an error if some of its elements are not finite."""
    return check_numerics(t if x is None else x, msg or message or "", name)


def add_check_numerics_ops() -> Any:
    """An operation that checks every floating-point tensor of the graph."""
    graph = get_default_graph()
    # What a variable is when it is read is checked where it is read.
    found = [
        check_numerics(t, t.name).op for n in graph.get_operations() for t in n.outputs
        if t.dtype in FLOATS and n.body is None
        and n.type not in ("CheckNumerics", *VARIABLE_TYPES)
    ]
    from pentad.frontends.tensorflow1.ops.identity import group

    return group(*found)


# -- assertions --------------------------------------------------------------------------------


def _compared(public: str, sign: str, function: str) -> Any:
    def call(
        x: Any, y: Any, data: Any = None, summarize: Any = None, message: str | None = None,
        name: str | None = None,
    ) -> Any:
        from pentad.frontends.tensorflow1.ops import comparison
        from pentad.frontends.tensorflow1.ops.reductions import reduce_all

        with name_scope(name, public, [x, y]):
            x, y = convert_to_tensor(x, name="x"), convert_to_tensor(y, name="y")
            label = f"{message or ''} Condition x {sign} y did not hold element-wise:"
            held = reduce_all(getattr(comparison, function)(x, y))
            _known_to_fail(held, label, x, y)
            if constant_value(held) is not None:
                return no_op()
            return Assert(held, data or [label, x.name, x, y.name, y], summarize)

    call.__name__ = public
    call.__doc__ = f"An operation that fails unless x {sign} y everywhere."
    return call


def _known_to_fail(held: Any, label: str, *tensors: Any) -> None:
    """An assertion that fails whatever is fed, fails at once."""
    if constant_value(held) is not None and not constant_value(held):
        from pentad.frontends.tensorflow1.errors import InvalidArgumentError

        values = ", ".join(f"{t.name} = {_shown(constant_value(t), 3)}" for t in tensors)
        raise InvalidArgumentError(None, held.op, static.message(label.strip(), got=values))


assert_equal = _compared("assert_equal", "==", "equal")
assert_none_equal = _compared("assert_none_equal", "!=", "not_equal")
assert_less = _compared("assert_less", "<", "less")
assert_less_equal = _compared("assert_less_equal", "<=", "less_equal")
assert_greater = _compared("assert_greater", ">", "greater")
assert_greater_equal = _compared("assert_greater_equal", ">=", "greater_equal")


def _signed(public: str, compare: Any, doc: str) -> Any:
    def call(
        x: Any, data: Any = None, summarize: Any = None, message: str | None = None,
        name: str | None = None,
    ) -> Any:
        with name_scope(name, public, [x]):
            x = convert_to_tensor(x, name="x")
            zero = convert_to_tensor(0, x.dtype.base_dtype)
            return compare(x, zero, data, summarize, message)

    call.__name__ = public
    call.__doc__ = f"An operation that fails unless x is {doc} everywhere."
    return call


assert_positive = _signed("assert_positive", assert_greater, "positive")
assert_negative = _signed("assert_negative", assert_less, "negative")
assert_non_negative = _signed("assert_non_negative", assert_greater_equal, "not negative")
assert_non_positive = _signed("assert_non_positive", assert_less_equal, "not positive")


def assert_near(
    x: Any, y: Any, rtol: Any = None, atol: Any = None, data: Any = None, summarize: Any = None,
    message: str | None = None, name: str | None = None,
) -> Any:
    """An operation that fails unless x and y are close everywhere."""
    from pentad.frontends.tensorflow1.ops import elementwise

    with name_scope(name, "assert_near", [x, y]):
        x, y = convert_to_tensor(x), convert_to_tensor(y)
        epsilon = 10 * float(np.finfo(x.dtype.as_numpy_dtype).eps)
        rtol, atol = (epsilon if v is None else v for v in (rtol, atol))
        bound = atol + rtol * elementwise.abs(y)
        return assert_less_equal(elementwise.abs(x - y), bound, data, summarize,
                                 message or "x and y not equal to tolerance")
