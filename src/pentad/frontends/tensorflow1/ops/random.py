"""Random operations: their streams begin at the seeds of the graph and their own."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import (
    constant_value_as_shape,
    convert_to_tensor,
)
from pentad.frontends.tensorflow1.framework.dtypes import FLOATS, INDEX
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.ops.shaping import sizes

_SEEDS = "seed=None, seed2=None"


def _drawn_type(shape: Any, *rest: Any) -> Any:
    node = rest[-1]
    dtype = node.attrs.get("dtype")
    found = rest[0].dtype if dtype is None else dtype.tensor_dtype
    return [static.Type(found, constant_value_as_shape(node.inputs[0]).known())]


def _random(name: str, run: Any) -> Any:
    return op(name, f"shape: Tshape; dtype, {_SEEDS} -> output: dtype", run, kind=static.RandomOp,
              sizes=(0,), infer=_drawn_type, allow={"Tshape": INDEX}, differentiable=False)


def _uniform(generator: Any, shape: Any, dtype: Any) -> Any:
    return pt.rand(*sizes(shape), generator=generator, dtype=dtype.tensor_dtype)


def _normal(generator: Any, shape: Any, dtype: Any) -> Any:
    return pt.randn(*sizes(shape), generator=generator, dtype=dtype.tensor_dtype)


def _truncated(generator: Any, shape: Any, dtype: Any) -> Any:
    # The inverse of the distribution function between -2 and 2.
    u = pt.rand(*sizes(shape), generator=generator, dtype=dtype.tensor_dtype)
    width = math.erf(math.sqrt(2.0))
    return (pt.erfinv((2 * u - 1) * width) * math.sqrt(2.0)).clamp(-2.0, 2.0)


_UNIFORM, _NORMAL = _random("RandomUniform", _uniform), _random("RandomStandardNormal", _normal)
_TRUNCATED = _random("TruncatedNormal", _truncated)
_UNIFORM_INT = op(
    "RandomUniformInt", f"shape: Tshape, minval: Tout, maxval: Tout; {_SEEDS} -> output: Tout",
    lambda g, shape, low, high: _integers(g, shape, low, high), kind=static.RandomOp, sizes=(0,),
    infer=_drawn_type, allow={"Tshape": INDEX, "Tout": INDEX}, differentiable=False)


def _integers(generator: Any, shape: Any, low: Any, high: Any) -> Any:
    u = pt.rand(*sizes(shape), generator=generator, dtype=pt.float64)
    found = pt.floor(u * (high - low).to(pt.float64)).to(low.dtype) + low
    return pt.minimum(found, high - 1)


def _shape_tensor(shape: Any) -> Any:
    if not hasattr(shape, "graph") and np.ndim([] if shape is None else 0) == 0:
        from pentad.frontends.tensorflow1.framework.shapes import TensorShape

        if isinstance(shape, TensorShape) or (isinstance(shape, list | tuple) and not shape):
            shape = np.array([int(n) for n in shape], np.int32)
    return convert_to_tensor(shape, preferred_dtype=dtypes.int32, name="shape")


def _scaled(public: str, make: Any, mean: Any, stddev: Any, shape: Any, dtype: Any, seed: Any,
            name: str | None) -> Any:
    base = dtypes.as_dtype(dtype).base_dtype
    if base not in FLOATS:
        raise pt.DTypeError(static.message(f"{public}: the type must be a floating-point one",
                                           got=base.name))
    with name_scope(name, public, []) as scope:
        shape = _shape_tensor(shape)
        mean = convert_to_tensor(mean, base, name="mean")
        stddev = convert_to_tensor(stddev, base, name="stddev")
        from pentad.frontends.tensorflow1.ops.elementwise import add, multiply

        drawn = make(shape, dtype=base, seed=seed)
        return add(multiply(drawn, stddev, name="mul"), mean, name=scope)


def random_normal(
    shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = dtypes.float32,
    seed: int | None = None, name: str | None = None,
) -> Any:
    """Numbers of a normal distribution."""
    return _scaled("random_normal", _NORMAL, mean, stddev, shape, dtype, seed, name)


def truncated_normal(
    shape: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = dtypes.float32,
    seed: int | None = None, name: str | None = None,
) -> Any:
    """Numbers of a normal distribution, none farther from the mean than two deviations."""
    return _scaled("truncated_normal", _TRUNCATED, mean, stddev, shape, dtype, seed, name)


def random_uniform(
    shape: Any, minval: Any = 0, maxval: Any = None, dtype: Any = dtypes.float32,
    seed: int | None = None, name: str | None = None,
) -> Any:
    """Numbers evenly spread from minval to maxval, without it."""
    from pentad.frontends.tensorflow1.ops.elementwise import add, multiply, subtract

    base = dtypes.as_dtype(dtype).base_dtype
    if maxval is None:
        if base.is_integer:
            raise pt.ArgumentError(static.message(
                f"Must specify maxval for integer dtype {base.name}"))
        maxval = 1
    with name_scope(name, "random_uniform", []) as scope:
        shape = _shape_tensor(shape)
        low = convert_to_tensor(minval, base, name="min")
        high = convert_to_tensor(maxval, base, name="max")
        if base.is_integer:
            return _UNIFORM_INT(shape, low, high, seed=seed, name=scope)
        drawn = _UNIFORM(shape, dtype=base, seed=seed)
        return add(multiply(drawn, subtract(high, low, name="sub"), name="mul"), low, name=scope)


_SHUFFLE = op("RandomShuffle", f"value: T; {_SEEDS} -> output: T",
              lambda g, value: value.index_select(0, _order(g, value.shape[0])),
              kind=static.RandomOp)


def _order(generator: Any, count: Any) -> Any:
    return pt.argsort(pt.rand(count, generator=generator, dtype=pt.float64))


def random_shuffle(value: Any, seed: int | None = None, name: str | None = None) -> Any:
    """The rows in random order."""
    return _SHUFFLE(value, seed=seed, name=name)


def random_crop(
    value: Any, size: Any, seed: int | None = None, name: str | None = None
) -> Any:
    """A part of that size from a random place."""
    from pentad.frontends.tensorflow1.ops.elementwise import floormod
    from pentad.frontends.tensorflow1.ops.gathering import slice as slice_
    from pentad.frontends.tensorflow1.ops.shaping import shape as shape_of

    with name_scope(name, "random_crop", [value]) as scope:
        value = convert_to_tensor(value)
        size = convert_to_tensor(size, dtypes.int32)
        whole = shape_of(value)
        drawn = random_uniform(shape_of(whole), maxval=dtypes.int32.max, dtype=dtypes.int32,
                               seed=seed)
        return slice_(value, floormod(drawn, whole - size + 1), size, name=scope)


_MULTINOMIAL = op(
    "Multinomial", f"logits: T, num_samples: int32; output_dtype=int64, {_SEEDS} -> "
    "output: output_dtype",
    lambda g, logits, num_samples, output_dtype: _classes(g, logits, num_samples, output_dtype),
    kind=static.RandomOp, sizes=(1,), differentiable=False)


def _classes(generator: Any, logits: Any, num_samples: Any, output_dtype: Any) -> Any:
    # The largest of logits with Gumbel noise is a draw of their softmax.
    rows, classes = logits.shape
    u = pt.rand(rows, int(num_samples), classes, generator=generator, dtype=pt.float64)
    noise = -pt.log((-pt.log(u.clamp(1e-300, 1.0))).clamp(1e-300, 1e300))
    found = (logits.unsqueeze(1).to(pt.float64) + noise).argmax(-1)
    return found.to(output_dtype.tensor_dtype)


def multinomial(
    logits: Any, num_samples: Any, seed: int | None = None, name: str | None = None,
    output_dtype: Any = None,
) -> Any:
    """Draws of classes, for each row of logits so many."""
    return _MULTINOMIAL(logits, num_samples, output_dtype=output_dtype or dtypes.int64, seed=seed,
                        name=name)


def categorical(
    logits: Any, num_samples: Any, dtype: Any = None, seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Draws of classes, for each row of logits so many."""
    return multinomial(logits, num_samples, seed, name, dtype)


_GAMMA = op(
    "RandomGamma", f"shape: S, alpha: T; {_SEEDS} -> output: T",
    lambda g, shape, alpha: _gamma(g, shape, alpha), kind=static.RandomOp, sizes=(0,),
    allow={"S": INDEX})
_ROUNDS = 8


def _gamma(generator: Any, shape: Any, alpha: Any) -> Any:
    """Marsaglia and Tsang's rejection, a fixed number of tries at once; more than 0.95 of them
    succeed."""
    whole = (*sizes(shape), *alpha.shape)
    small = alpha < 1
    d = pt.where(small, alpha + 1, alpha) - 1.0 / 3
    c = 1 / pt.sqrt(9 * d)
    x = pt.randn(_ROUNDS, *whole, generator=generator, dtype=alpha.dtype)
    u = pt.rand(_ROUNDS, *whole, generator=generator, dtype=alpha.dtype)
    v = (1 + c * x) ** 3
    good = (v > 0) & (pt.log(u) < 0.5 * x * x + d * (1 - v + pt.log(v.clamp(1e-30, 1e30))))
    first = good.to(pt.int32).argmax(0, keepdim=True)
    found = d * pt.gather(v.clamp(1e-30, 1e30), 0, first).squeeze(0)
    boost = pt.rand(*whole, generator=generator, dtype=alpha.dtype)
    return found * pt.where(small, boost ** (1 / alpha), pt.ones_like(found))


def random_gamma(
    shape: Any, alpha: Any, beta: Any = None, dtype: Any = dtypes.float32,
    seed: int | None = None, name: str | None = None,
) -> Any:
    """Numbers of gamma distributions, `shape` of them for each alpha."""
    from pentad.frontends.tensorflow1.ops.elementwise import div

    with name_scope(name, "random_gamma", []):
        base = dtypes.as_dtype(dtype)
        drawn = _GAMMA(_shape_tensor(shape), convert_to_tensor(alpha, base), seed=seed)
        return drawn if beta is None else div(drawn, convert_to_tensor(beta, base))


_POISSON = op(
    "RandomPoissonV2", f"shape: S, rate: R; dtype=float32, {_SEEDS} -> output: dtype",
    lambda g, shape, rate, dtype: _poisson(g, shape, rate, dtype), kind=static.RandomOp,
    sizes=(0,), dynamic=True, differentiable=False, allow={"S": INDEX},
    types=lambda shape, rate, dtype: [
        (dtype, _poisson_shape(shape, rate))])


def _poisson_shape(shape: Any, rate: Any) -> Any:
    return constant_value_as_shape(shape).concatenate(rate.shape).known()


def _poisson(generator: Any, shape: Any, rate: Any, dtype: Any) -> Any:
    seed = pt.randint(0, 2**31 - 1, (1,), generator=generator).item()
    whole = (*sizes(shape), *rate.shape)
    drawn = np.random.default_rng(seed).poisson(rate.detach().numpy(), whole)
    return pt.from_numpy(np.asarray(drawn)).to(dtype.tensor_dtype)


def random_poisson(
    lam: Any, shape: Any, dtype: Any = dtypes.float32, seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Numbers of Poisson distributions, `shape` of them for each rate."""
    return _POISSON(_shape_tensor(shape), convert_to_tensor(lam, preferred_dtype=dtypes.float32),
                    dtype=dtype, seed=seed, name=name)


# -- the same numbers for the same seed, whenever ----------------------------------------------


def _stateless(name: str, draw: Any) -> Any:
    def run(shape: Any, seed: Any, dtype: Any) -> Any:
        a, b = (int(n) for n in seed.tolist())
        generator = pt.Generator()
        generator.manual_seed(((a & 0xFFFFFFFF) << 31 ^ (b & 0x7FFFFFFF)) & (2**62 - 1))
        return draw(generator, shape, dtype)

    return op(name, "shape: T, seed: Tseed; dtype=float32 -> output: dtype", run, sizes=(0, 1),
              infer=_drawn_type, allow={"T": INDEX, "Tseed": INDEX}, differentiable=False)


_S_UNIFORM = _stateless("StatelessRandomUniform", _uniform)
_S_NORMAL = _stateless("StatelessRandomNormal", _normal)
_S_TRUNCATED = _stateless("StatelessTruncatedNormal", _truncated)


def stateless_random_uniform(
    shape: Any, seed: Any, minval: Any = 0, maxval: Any = None, dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Any:
    """Numbers evenly spread; the same for the same two seeds."""
    from pentad.frontends.tensorflow1.ops.casting import cast
    from pentad.frontends.tensorflow1.ops.elementwise import floor

    base = dtypes.as_dtype(dtype).base_dtype
    with name_scope(name, "stateless_random_uniform", []):
        if base.is_integer:
            if maxval is None:
                raise pt.ArgumentError("Must specify maxval for integer dtype")
            u = _S_UNIFORM(_shape_tensor(shape), seed, dtype=dtypes.float64)
            return cast(floor(u * float(maxval - minval)), base) + minval
        low = convert_to_tensor(minval, base)
        high = convert_to_tensor(1 if maxval is None else maxval, base)
        return _S_UNIFORM(_shape_tensor(shape), seed, dtype=base) * (high - low) + low


def stateless_random_normal(
    shape: Any, seed: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Any:
    """Numbers of a normal distribution; the same for the same two seeds."""
    with name_scope(name, "stateless_random_normal", []):
        return _S_NORMAL(_shape_tensor(shape), seed, dtype=dtype) * stddev + mean


def stateless_truncated_normal(
    shape: Any, seed: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = dtypes.float32,
    name: str | None = None,
) -> Any:
    """Numbers of a truncated normal distribution; the same for the same two seeds."""
    with name_scope(name, "stateless_truncated_normal", []):
        return _S_TRUNCATED(_shape_tensor(shape), seed, dtype=dtype) * stddev + mean


def stateless_multinomial(
    logits: Any, num_samples: Any, seed: Any, output_dtype: Any = dtypes.int64,
    name: str | None = None,
) -> Any:
    """Draws of classes; the same for the same two seeds."""
    from pentad.frontends.tensorflow1.ops.elementwise import log
    from pentad.frontends.tensorflow1.ops.reductions import argmax
    from pentad.frontends.tensorflow1.ops.shaping import expand_dims, stack
    from pentad.frontends.tensorflow1.ops.shaping import shape as shape_of

    with name_scope(name, "stateless_multinomial", [logits]):
        logits = convert_to_tensor(logits)
        rows = shape_of(logits)
        whole = stack([rows[0], num_samples, rows[1]])
        u = stateless_random_uniform(whole, seed, 1e-30, 1.0, logits.dtype.base_dtype)
        return argmax(expand_dims(logits, 1) - log(-log(u)), 2, output_type=output_dtype)


stateless_categorical = stateless_multinomial
