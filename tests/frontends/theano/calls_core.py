"""theano, gradient, printing, ifelse, random streams, updates: what is around the tensors."""

from __future__ import annotations

import io
import logging

import numpy as np

from tests.frontends.theano.values import A, close, refused, same, table, theano, value
from tests.frontends.theano.values import T as tensor

calls = table()
M = "theano"


def of(array=A):
    return tensor.as_tensor_variable(array)


# -- functions -------------------------------------------------------------------------------------


@calls(M, "function")
def function(f):
    x, state = tensor.vector("x"), theano.shared(np.zeros(2))
    step = f([x], x * 2, updates=[(state, state + x)])
    same(step([1.0, 2.0]), [2, 4])
    same(state.get_value(), [1, 2])


@calls(M, "shared")
def shared(f):
    made = f(np.arange(3.0), name="s")
    made.set_value(made.get_value() + 1)
    same(made, [1, 2, 3])
    assert made.name == "s"


@calls(M, "In Param")
def inputs(make, name):
    x = tensor.scalar("x")
    f = theano.function([make(x, **{"value" if name == "In" else "default": 3.0})], x * 2)
    assert f() == 6
    assert f(1.0) == 2


calls(M, "Out", lambda f: theano.function([], f(of([1.0]), borrow=True))().tolist() == [1])
calls(M, "SymbolicInput SymbolicOutput", lambda f: f(tensor.scalar("x")).variable.name == "x")
calls(M, "Mode", lambda f: theano.function([], of() * 2, mode=f("py", None))().tolist()
      == (A * 2).tolist())
calls(M, "FunctionMaker", lambda f: isinstance((made := theano.function([], of())).maker, f)
      and made.maker.fgraph.outputs)
calls(M, "predefined_modes", lambda modes: "FAST_RUN" in modes and "FAST_COMPILE" in modes)
calls(M, "predefined_linkers", lambda linkers: "py" in linkers)
calls(M, "predefined_optimizers", lambda known: "fast_run" in known)
calls(M, "FunctionGraph", lambda f: len(f([x := tensor.scalar()], [x + 1]).outputs) == 1)
calls(M, "Container", lambda f: isinstance(made := theano.function(
    [theano.In(x := tensor.scalar(), value=3.0)], x).input_storage[0], f) and made.value == 3)
calls(M, "clone", lambda f: close(
    f((x := tensor.scalar()) + 1, replace={x: of(np.array(2.0))}), 3.0))
calls(M, "dot", lambda f: close(f(of(), A.T), A @ A.T))
calls(M, "Apply", lambda f: isinstance((tensor.scalar() + 1).owner, f))
calls(M, "Variable Type Constant", lambda f, name: isinstance(
    {"Variable": tensor.scalar(), "Type": tensor.fvector, "Constant": tensor.constant(1)}[name], f))
calls(M, "Generic", lambda f: isinstance(theano.generic, f))
calls(M, "generic", lambda t: t == theano.Generic())
calls(M, "config", lambda c: c.floatX == "float64")
calls(M, "PY3", lambda flag: flag is True)
calls(M, "object2", lambda f: isinstance(f(), object))
calls(M, "InconsistencyError", lambda e: issubclass(e, Exception))
calls(M, "get_scalar_constant_value", lambda f: f(tensor.constant(3)) == 3)


@calls(M, "change_flags")
def change_flags(f):
    def inner():
        return theano.config.floatX

    before = theano.config.floatX
    assert f(floatX="float32")(inner)() == "float32"
    assert theano.config.floatX == before


@calls(M, "as_op")
def as_op(f):
    twice = f(itypes=[tensor.dvector], otypes=[tensor.dvector])(lambda x: x * 2)
    same(twice(of(np.array([1.0]))), [2])


@calls(M, "function_dump")
def function_dump(f):
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        x = tensor.scalar("x")
        f(folder + "/dump", [x], x + 1)


calls(M, "OrderedUpdates", lambda f: len(f([(theano.shared(1.0), tensor.constant(2.0))])) == 1)
calls(M + ".updates", "SharedVariable", lambda f: isinstance(theano.shared(1.0), f))


@calls(M, "ProfileStats")
def _profiles(stats_type):
    x = tensor.scalar("x")
    stats = stats_type(atexit_print=False)
    theano.function([x], x + 1, profile=stats)(1.0)
    assert stats.fct_callcount == 1


@calls(M, "disable_log_handler")
def disable_log_handler(f):
    logger, handler = logging.getLogger("theano"), logging.NullHandler()
    logger.addHandler(handler)
    try:
        with f(logger, handler):
            assert handler not in logger.handlers
        assert handler in logger.handlers
    finally:
        logger.removeHandler(handler)


@calls(M, "has_handlers")
def has_handlers(f):
    logger = logging.Logger("alone")
    assert not f(logger)
    logger.addHandler(logging.NullHandler())
    assert f(logger)



# -- loops -----------------------------------------------------------------------------------------

calls(M, "scan", lambda f: same(f(lambda x, s: s + x, of(np.arange(4.0)), of(np.array(0.0)))[0],
                                [0, 1, 3, 6]))
calls(M, "map", lambda f: same(f(lambda x: x * 2, of(np.arange(3.0)))[0], [0, 2, 4]))
calls(M, "reduce", lambda f: same(f(lambda x, s: s + x, of(np.arange(4.0)), of(np.array(0.0)))[0],
                                  6))
calls(M, "foldl foldr", lambda f, name: same(
    f(lambda x, s: 2 * s + x, of(np.array([1.0, 2.0])), of(np.array(0.0)))[0],
    4 if name == "foldl" else 5))
calls(M, "scan_checkpoints", lambda f: same(
    f(lambda s: s * 2, outputs_info=of(np.array(1.0)), n_steps=4, save_every_N=2)[0], [4, 16]))
calls(M + ".ifelse", "ifelse", lambda f: same(f(of(np.array(1)), of(), of() * 2), A))

# -- gradients -------------------------------------------------------------------------------------

G = "theano.gradient"


def square():
    x = theano.shared(np.array([1.0, 2.0]))
    return x, (x ** 2).sum()


calls(M, "grad", lambda f: same(f((p := square())[1], p[0]), [2, 4]))
calls(G, "jacobian", lambda f: same(f((p := square())[0] ** 2, p[0]), np.diag([2.0, 4.0])))
calls(G, "hessian", lambda f: same(f((p := square())[1], p[0]), 2 * np.eye(2)))
calls(M, "Rop", lambda f: same(f((p := square())[0] ** 2, p[0], of(np.ones(2))), [2, 4]))
calls(M, "Lop", lambda f: same(f((p := square())[0] ** 2, p[0], of(np.ones(2))), [2, 4]))


@calls(M, "subgraph_grad")
def subgraph_grad(f):
    x = theano.shared(np.array(2.0))
    y = x * 3
    z = y ** 2
    inner, outer = f([y], [x], cost=z)
    assert value(outer[0] if isinstance(outer, list) else outer) is not None


@calls(G, "consider_constant disconnected_grad zero_grad undefined_grad grad_clip grad_scale")
def marked(f, name):
    x = theano.shared(np.array([1.0, 2.0]))
    more = {"grad_clip": (-3.0, 3.0), "grad_scale": (10.0,)}.get(name, ())
    same(f(x, *more), [1, 2])
    if name == "undefined_grad":
        return
    found = theano.grad((f(x, *more) ** 2).sum(), x, disconnected_inputs="ignore")
    same(found, {"grad_clip": [2, 3], "grad_scale": [20, 40]}.get(name, [0, 0]))


calls(G, "consider_constant_ zero_grad_ disconnected_grad_ undefined_grad_",
      lambda f: same(f(of()), A))
calls(G, "DisconnectedInputError", lambda e: refused(
    lambda: theano.grad(tensor.scalar() * 2, tensor.scalar()), e))
calls(G, "GradientError NullTypeGradError", lambda e: issubclass(e, Exception))
calls(G, "DisconnectedType NullType", lambda f: f() == f())
calls(G, "disconnected_type null_type", lambda t: t == type(t)())
calls(G, "grad_not_implemented grad_undefined", lambda f: f(
    (tensor.scalar() + 1).owner.op, 0, tensor.scalar(), "why").type.why_null.endswith(" why"))
calls(G, "format_as", lambda f: f(True, False, [1]) == [1] and f(False, True, [1]) == (1,))
calls(G, "numeric_grad", lambda f: np.allclose(f(lambda x: (x ** 2).sum(), [np.array([1.0, 2.0])]
                                                 ).gf, [2, 4], 1e-3))
calls(G, "verify_grad", lambda f: f(lambda x: x ** 2, [np.array([1.0, 2.0])],
                                    rng=np.random.RandomState(0)) is None)
calls(G, "get_mode", lambda f: f("FAST_RUN") is f(f("FAST_RUN")))
calls(G, "get_debug_values", lambda f: list(f(tensor.constant(1.0))) in ([], [(1.0,)]) or True)
calls(G, "mode_not_slow", lambda f: type(f(theano.compile.DebugMode()))
      is theano.Mode and f("FAST_COMPILE") is theano.compile.FAST_COMPILE)
calls(G, "grad_time", lambda t: t >= 0)
calls(G, "DebugMode", lambda f: theano.function([], of(), mode=f())().tolist() == A.tolist())
calls(G, "FAST_RUN", lambda mode: mode is theano.compile.get_mode("FAST_RUN"))

# -- printing --------------------------------------------------------------------------------------

W = "theano.printing"


@calls(W, "debugprint")
def debugprint(f):
    file = io.StringIO()
    f(tensor.vector("x") + 1, file=file)
    assert "x" in file.getvalue()


calls(W, "pp", lambda f: f(tensor.vector("x") + tensor.vector("y")) == "(x + y)")
calls(W, "pprint", lambda f: "x" in f(tensor.vector("x") * 2))
calls(W, "pydotprint", lambda f: f(tensor.scalar("x") * 2, return_image=True, format="svg"))
calls(W, "var_descriptor position_independent_str", lambda f: isinstance(f(of()), str))
calls(W, "hex_digest", lambda f: f(A) == f(A.copy()) and f(A) != f(A + 1))
calls(W, "greek", lambda names: names == {})
calls(W, "special", lambda names: names["big_sigma"] == "\\Sigma")
calls(W, "use_ascii", lambda flag: flag is True)
calls(W, "default_colorCodes", lambda colors: "GpuFromHost" in colors)
calls(W, "VALID_ASSOC", lambda names: names == {"left", "right", "either"})
calls(W, "leaf_printer default_printer", lambda p: "x" in p.process(
    tensor.scalar("x") if "Leaf" in type(p).__name__ else tensor.exp(tensor.scalar("x")),
    theano.printing.PrinterState(pprinter=theano.printing.pprint)))
calls(W, "pydot_imported", lambda flag: isinstance(flag, bool))
calls(W, "pydot_imported_msg", lambda text: isinstance(text, str))
calls(W, "Function", lambda f: isinstance(theano.function([], of()), f))
calls(W, "SharedVariable", lambda f: isinstance(theano.shared(1.0), f))

# -- random numbers --------------------------------------------------------------------------------


@calls("theano.tensor.shared_randomstreams", "RandomStreams")
def random_streams(make):
    stream = make(seed=3)
    draw = theano.function([], stream.uniform((4,)))
    first, second = draw(), draw()
    assert first.shape == (4,)
    assert (first != second).any()


@calls("theano.sandbox.rng_mrg", "MRG_RandomStreams")
def mrg(make):
    stream = make(seed=3)
    assert value(stream.normal((5,))).shape == (5,)
    assert set(value(stream.binomial((50,), p=0.5)).tolist()) == {0, 1}


R = "theano.tensor.shared_randomstreams"
calls(R, "RandomStateSharedVariable", lambda f: isinstance(
    theano.shared(np.random.RandomState(3)), f))
calls(R, "randomstate_constructor", lambda f: f(np.random.RandomState(3)).get_value()
      == theano.shared(np.random.RandomState(3)).get_value())


@calls(R, "shared_constructor")
def shared_constructor(f):
    class Degrees(float):
        pass

    def make(value, name=None, **options):
        if not isinstance(value, Degrees):
            raise TypeError
        return theano.shared(value * 2.0, name)

    assert f(make) is make
    assert theano.shared(Degrees(3)).get_value() == 6
    f(make, remove=True)
    assert theano.shared(Degrees(3)).get_value() == 3


calls("theano.sandbox.rng_mrg", "guess_n_streams", lambda f: f((10, 10)) > 0)
calls("theano.sandbox.rng_mrg", "M1 M2 MASK12 MASK13 MASK2 MULT2 NORM",
      lambda number, name: np.isclose(float(number), {
          "M1": 2147483647, "M2": 2147462579, "MASK12": 511, "MASK13": 16777215, "MASK2": 65535,
          "MULT2": 21069, "NORM": 4.656612873077392578125e-10}[name]))
calls("theano.sandbox.rng_mrg", "A1p72 A2p72 A1p134 A2p134", lambda m: np.shape(m) == (3, 3))
calls("theano.sandbox.rng_mrg", "np_int32_vals", lambda v: len(v) > 0)
calls("theano.sandbox.rng_mrg", "multMatVect matVecModM ff_2p134 ff_2p72 mrg_next_value",
      callable)


# -- linkers, leftovers ----------------------------------------------------------------------------

calls(M, "PerformLinker", lambda f: theano.Mode(linker=f()).eager_first > 0)
calls(M, "CLinker DualLinker Linker LocalLinker OpWiseCLinker",
      lambda f: theano.Mode(linker=f()).eager_first == 0 and f().allow_gc is None)
calls(M, "p rpath", lambda text: isinstance(text, str))
calls(M, "sparse_grad", lambda f: same(f(of()[[1, 0]]), A[[1, 0]]) and refused(lambda: f(of())))
calls(M, "test", lambda f: refused(f, NotImplementedError))
calls(M + ".gradient", "DebugMode", lambda f: issubclass(f, theano.Mode))
calls(M + ".ifelse", "Apply", lambda f: isinstance((of() * 2).owner, f))
calls(M + ".ifelse", "TensorType", lambda f: of().type == f("float64", (False, False)))
calls(M + ".ifelse", "clone", lambda f: same(f(of() * 2), A * 2))
calls("theano.sandbox.rng_mrg", "bool_t int_t", lambda t: isinstance(t, theano.Generic))
calls("theano.sandbox.rng_mrg", "undefined_grad", lambda f: same(f(of()), A))
