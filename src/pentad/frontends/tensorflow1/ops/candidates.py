"""Sampled classes, and the losses that look at few classes instead of all."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import name_scope
from pentad.frontends.tensorflow1.framework.make import op
from pentad.frontends.tensorflow1.framework.seeds import get_seed
from pentad.frontends.tensorflow1.ops import entropies
from pentad.frontends.tensorflow1.ops.casting import cast
from pentad.frontends.tensorflow1.ops.comparison import equal
from pentad.frontends.tensorflow1.ops.creation import ones_like, zeros_like
from pentad.frontends.tensorflow1.ops.elementwise import log
from pentad.frontends.tensorflow1.ops.embedding import embedding_lookup
from pentad.frontends.tensorflow1.ops.identity import stop_gradient
from pentad.frontends.tensorflow1.ops.matrices import matmul
from pentad.frontends.tensorflow1.ops.reductions import reduce_any, reduce_sum
from pentad.frontends.tensorflow1.ops.shaping import concat, expand_dims, reshape
from pentad.frontends.tensorflow1.ops.shaping import shape as shape_of

Draw = Callable[[np.random.RandomState, int], np.ndarray[Any, Any]]


class _Sampler(static.Op):
    """A host operation with a stream of random numbers of its own."""

    gives_sizes = False

    def evaluate(self, replay: Any, node: Any, inputs: Any) -> Any:
        stream = node.extra.get("stream")
        if stream is None:
            pair = node.attrs["seed"], node.attrs["seed2"]
            stream = node.extra["stream"] = np.random.RandomState(
                None if not any(pair) else [abs(n) for n in pair])
        [value] = inputs
        classes = value.array if isinstance(value, static.Known) else value.detach().numpy()
        found = self.run(stream, node, classes, **node.attrs)
        kinds = (np.int64, np.float32, np.float32)
        return tuple(pt.as_tensor(np.ascontiguousarray(a, k)) for a, k in zip(found, kinds))


def _sampled(
    stream: np.random.RandomState, classes: Any, draw: Draw, chance: Callable[[Any], Any],
    count: int, unique: bool,
) -> tuple[Any, Any, Any]:
    """The classes that were drawn, and how often the true and the drawn ones are expected."""
    if unique:
        found, tries = _distinct(stream, draw, count)
    else:
        found, tries = draw(stream, count), count

    def expected(of: Any) -> Any:
        share = chance(of)
        if not unique or tries == count:
            return share * count if not unique else share * tries
        return -np.expm1(tries * np.log1p(-share))

    return found, expected(classes), expected(found)


def _distinct(stream: np.random.RandomState, draw: Draw, count: int) -> tuple[Any, int]:
    """Different classes in the order in which they were drawn, and how many draws it took."""
    seen: dict[int, None] = {}
    tries = 0
    while True:
        for value in draw(stream, max(count, 16)).tolist():
            tries += 1
            seen.setdefault(value)
            if len(seen) == count:
                return np.array(list(seen), np.int64), tries


def _uniform(
    stream: Any, node: Any, classes: Any, num_true: int, num_sampled: int, unique: bool,
    range_max: int, seed: int, seed2: int,
) -> Any:
    return _sampled(stream, classes, lambda s, n: s.randint(0, range_max, n),
                    lambda c: np.full(np.shape(c), 1 / range_max), num_sampled, unique)


def _log_uniform(
    stream: Any, node: Any, classes: Any, num_true: int, num_sampled: int, unique: bool,
    range_max: int, seed: int, seed2: int,
) -> Any:
    whole = np.log(range_max + 1)

    def draw(s: Any, n: int) -> Any:
        return (np.exp(s.random_sample(n) * whole).astype(np.int64) - 1) % range_max

    return _sampled(stream, classes, draw,
                    lambda c: np.log((np.asarray(c) + 2.0) / (np.asarray(c) + 1.0)) / whole,
                    num_sampled, unique)


def _learned(
    stream: Any, node: Any, classes: Any, num_true: int, num_sampled: int, unique: bool,
    range_max: int, seed: int, seed2: int,
) -> Any:
    weights = node.extra.setdefault("weights", np.ones(range_max))
    found = _weighted(stream, classes, weights, num_sampled, unique)
    np.add.at(weights, classes.reshape(-1), 1)
    return found


def _weighted(stream: Any, classes: Any, weights: Any, count: int, unique: bool) -> Any:
    shares = weights / weights.sum()
    return _sampled(stream, classes, lambda s, n: s.choice(len(shares), n, p=shares),
                    lambda c: shares[np.asarray(c)], count, unique)


def _fixed(
    stream: Any, node: Any, classes: Any, num_true: int, num_sampled: int, unique: bool,
    range_max: int, vocab_file: str, distortion: float, num_reserved_ids: int, num_shards: int,
    shard: int, unigrams: Any, seed: int, seed2: int,
) -> Any:
    weights = node.extra.get("weights")
    if weights is None:
        counts = list(unigrams) or _counts_of(vocab_file)
        kept = [0.0] * num_reserved_ids + [float(n) ** distortion for n in counts]
        weights = node.extra["weights"] = np.array(kept[shard::num_shards])
    return _weighted(stream, classes, weights, num_sampled, unique)


def _counts_of(vocab_file: str) -> list[float]:
    with open(vocab_file, encoding="utf-8") as lines:
        return [float(line.rsplit(",", 1)[-1]) for line in lines if line.strip()]


def _all(
    stream: Any, node: Any, classes: Any, num_true: int, num_sampled: int, unique: bool,
    seed: int, seed2: int,
) -> Any:
    ones = np.ones(classes.shape)
    return np.arange(num_sampled), ones, np.ones(num_sampled)


def _sampler(name: str, run: Any, more: str) -> Any:
    return op(
        name, f"true_classes: int64; num_true, num_sampled, unique{more}, seed=0, seed2=0 -> "
        "sampled_candidates: int64, true_expected_count: float32, "
        "sampled_expected_count: float32", run, kind=_Sampler, host=True, differentiable=False,
        types=lambda classes, **attrs: [
            (dtypes.int64, (attrs["num_sampled"],)),
            (dtypes.float32, classes.static_type.shape),
            (dtypes.float32, (attrs["num_sampled"],))])


_UNIFORM = _sampler("UniformCandidateSampler", _uniform, ", range_max")
_LOG_UNIFORM = _sampler("LogUniformCandidateSampler", _log_uniform, ", range_max")
_LEARNED = _sampler("LearnedUnigramCandidateSampler", _learned, ", range_max")
_FIXED = _sampler(
    "FixedUnigramCandidateSampler", _fixed, ", range_max, vocab_file='', distortion=1.0, "
    "num_reserved_ids=0, num_shards=1, shard=0, unigrams=[]")
_ALL = _sampler("AllCandidateSampler", _all, "")


def _seeds(seed: Any) -> dict[str, int]:
    first, second = get_seed(seed)
    return {"seed": first or 0, "seed2": second or 0}


def _ranged(make: Any, doc: str) -> Any:
    def call(
        true_classes: Any, num_true: int, num_sampled: int, unique: bool, range_max: int,
        seed: int | None = None, name: str | None = None,
    ) -> Any:
        if unique and num_sampled > range_max:
            raise pt.ArgumentError(static.message(
                "Sampler's range is too small.", expected=f"at least {num_sampled}",
                got=str(range_max)))
        return make(true_classes, num_true, num_sampled, unique, range_max, name=name,
                    **_seeds(seed))

    call.__doc__ = doc
    return call


uniform_candidate_sampler = _ranged(_UNIFORM, "Classes of equal chance.")
log_uniform_candidate_sampler = _ranged(_LOG_UNIFORM, "Classes whose chance falls as 1 / n.")
learned_unigram_candidate_sampler = _ranged(_LEARNED, "Classes as often as they were seen.")


def fixed_unigram_candidate_sampler(
    true_classes: Any, num_true: int, num_sampled: int, unique: bool, range_max: int,
    vocab_file: str = "", distortion: float = 1.0, num_reserved_ids: int = 0,
    num_shards: int = 1, shard: int = 0, unigrams: Any = (), seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Classes with given weights, which may stand in a file."""
    return _FIXED(true_classes, num_true, num_sampled, unique, range_max, vocab_file, distortion,
                  num_reserved_ids, num_shards, shard, list(unigrams), name=name, **_seeds(seed))


def all_candidate_sampler(
    true_classes: Any, num_true: int, num_sampled: int, unique: bool, seed: int | None = None,
    name: str | None = None,
) -> Any:
    """All classes."""
    return _ALL(true_classes, num_true, num_sampled, unique, name=name, **_seeds(seed))


def _hits(true_classes: Any, sampled_candidates: Any, num_true: int) -> Any:
    rows, columns = np.nonzero(
        (true_classes[:, :, None] == sampled_candidates[None, None, :]).any(1))
    lowest = np.full(len(rows), -np.finfo(np.float32).max, np.float32)
    return rows.astype(np.int32), columns.astype(np.int64), lowest


_HITS = op("ComputeAccidentalHits", "true_classes: int64, sampled_candidates: int64; num_true -> "
           "indices: int32, ids: int64, weights: float32", _hits, host=True, differentiable=False,
           types=lambda t, s, num_true: [(k, (None,)) for k in (
               dtypes.int32, dtypes.int64, dtypes.float32)])


def compute_accidental_hits(
    true_classes: Any, sampled_candidates: Any, num_true: int, seed: int | None = None,
    name: str | None = None,
) -> Any:
    """Where sampled classes are true ones: rows, positions, and what to add to their logits."""
    return _HITS(true_classes, sampled_candidates, num_true, name=name)


# -- losses ------------------------------------------------------------------------------------


def _sampled_logits(
    weights: Any, biases: Any, labels: Any, inputs: Any, num_sampled: int, num_classes: int,
    num_true: int, sampled_values: Any, subtract_log_q: bool, remove_accidental_hits: bool,
    partition_strategy: str, seed: Any,
) -> tuple[Any, Any]:
    labels = cast(convert_to_tensor(labels), "int64")
    flat = reshape(labels, [-1])
    if sampled_values is None:
        sampled_values = log_uniform_candidate_sampler(
            labels, num_true, num_sampled, True, num_classes, seed=seed)
    sampled, true_count, sampled_count = (stop_gradient(convert_to_tensor(v))
                                          for v in sampled_values)
    sampled = cast(sampled, "int64")
    ids = concat([flat, sampled], 0)
    count = shape_of(flat)[0]
    rows = embedding_lookup(weights, ids, partition_strategy)
    offsets = embedding_lookup(biases, ids, partition_strategy)
    inputs = cast(convert_to_tensor(inputs), rows.dtype)
    width = int(rows.shape[-1])
    true_rows = reshape(rows[:count], [-1, num_true, width])
    products = reduce_sum(expand_dims(inputs, 1) * true_rows, 2)
    true_logits = products + reshape(offsets[:count], [-1, num_true])
    sampled_logits = matmul(inputs, rows[count:], transpose_b=True) + offsets[count:]
    if remove_accidental_hits:
        hit = equal(expand_dims(reshape(labels, [-1, num_true]), 2), reshape(sampled, [1, 1, -1]))
        lowest = float(np.finfo(np.float32).min)
        sampled_logits += cast(reduce_any(hit, 1), rows.dtype) * lowest
    if subtract_log_q:
        true_logits -= log(true_count)
        sampled_logits -= log(sampled_count)
    logits = concat([true_logits, sampled_logits], 1)
    truth = concat([ones_like(true_logits) / num_true, zeros_like(sampled_logits)], 1)
    return logits, truth


def nce_loss(
    weights: Any, biases: Any, labels: Any, inputs: Any, num_sampled: int, num_classes: int,
    num_true: int = 1, sampled_values: Any = None, remove_accidental_hits: bool = False,
    partition_strategy: str = "mod", name: str = "nce_loss",
) -> Any:
    """Noise-contrastive estimation: true classes told from sampled ones."""
    with name_scope(name, "nce_loss", []):
        logits, truth = _sampled_logits(
            weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values,
            True, remove_accidental_hits, partition_strategy, None)
        losses = entropies.sigmoid_cross_entropy_with_logits(
            labels=truth, logits=logits, name="sampled_losses")
        return reduce_sum(losses, 1)


def sampled_softmax_loss(
    weights: Any, biases: Any, labels: Any, inputs: Any, num_sampled: int, num_classes: int,
    num_true: int = 1, sampled_values: Any = None, remove_accidental_hits: bool = True,
    partition_strategy: str = "mod", name: str = "sampled_softmax_loss", seed: Any = None,
) -> Any:
    """The cross-entropy of softmax over the true and some sampled classes."""
    with name_scope(name, "sampled_softmax_loss", []):
        logits, truth = _sampled_logits(
            weights, biases, labels, inputs, num_sampled, num_classes, num_true, sampled_values,
            True, remove_accidental_hits, partition_strategy, seed)
        return entropies.softmax_cross_entropy_with_logits_v2(
            labels=stop_gradient(truth, name="labels_stop_gradient"), logits=logits)
