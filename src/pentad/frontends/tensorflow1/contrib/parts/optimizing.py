"""From a loss to a training operation: optimize_loss, slim's create_train_op, clipping."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import get_default_graph, name_scope
from pentad.frontends.tensorflow1.framework.slices import IndexedSlices
from pentad.frontends.tensorflow1.ops.clipping import clip_by_global_norm, clip_by_norm
from pentad.frontends.tensorflow1.ops.clipping import global_norm as global_norm_of
from pentad.frontends.tensorflow1.ops.identity import with_dependencies
from pentad.frontends.tensorflow1.ops.random import truncated_normal
from pentad.frontends.tensorflow1.train import optimizers
from pentad.frontends.tensorflow1.train.steps import get_global_step, get_or_create_global_step
from pentad.frontends.tensorflow1.variables.lists import trainable_variables
from pentad.frontends.tensorflow1.variables.scope import variable_scope

OPTIMIZER_CLS_NAMES = {
    "Adagrad": optimizers.AdagradOptimizer, "Adam": optimizers.AdamOptimizer,
    "Ftrl": optimizers.FtrlOptimizer,
    "Momentum": lambda learning_rate: optimizers.MomentumOptimizer(learning_rate, momentum=0.9),
    "RMSProp": optimizers.RMSPropOptimizer, "SGD": optimizers.GradientDescentOptimizer,
}
OPTIMIZER_SUMMARIES = ["learning_rate", "loss", "gradients", "gradient_norm",
                       "global_gradient_norm"]
_MISSING = object()


def _optimizer(given: Any, rate: Any) -> Any:
    if isinstance(given, str):
        if given not in OPTIMIZER_CLS_NAMES:
            raise pt.ArgumentError(static.message(
                "Optimizer name should be one of "
                f"[{', '.join(OPTIMIZER_CLS_NAMES)}], you provided {given}."))
        return OPTIMIZER_CLS_NAMES[given](learning_rate=rate)
    if isinstance(given, type):
        return given(learning_rate=rate)
    return given if hasattr(given, "apply_gradients") else given(rate)


def optimize_loss(
    loss: Any, global_step: Any, learning_rate: Any, optimizer: Any,
    gradient_noise_scale: Any = None, gradient_multipliers: Any = None,
    clip_gradients: Any = None, learning_rate_decay_fn: Any = None, update_ops: Any = None,
    variables: Any = None, name: Any = None, summaries: Any = None,
    colocate_gradients_with_ops: bool = False, increment_global_step: bool = True,
) -> Any:
    """The loss, given after a step of an optimiser that is named by a string, class or object."""
    loss = convert_to_tensor(loss)
    if loss.shape.ndims not in (0, None):
        raise pt.ShapeError("optimize_loss: the loss must be a scalar")
    step = get_global_step() if global_step is None else global_step
    with variable_scope(name, "OptimizeLoss", [loss, step]):
        collected = get_default_graph().get_collection(GraphKeys.UPDATE_OPS)
        found = collected if update_ops is None else list(update_ops)
        if found:
            loss = with_dependencies(found, loss)
        rate = None if learning_rate is None else convert_to_tensor(learning_rate)
        if learning_rate_decay_fn is not None:
            if step is None:
                raise pt.ArgumentError(
                    "global_step is required for learning_rate_decay_fn.")
            rate = learning_rate_decay_fn(rate, step)
        made = _optimizer(optimizer, rate)
        pairs = made.compute_gradients(loss, variables or trainable_variables())
        if gradient_noise_scale is not None:
            pairs = [(None if g is None else convert_to_tensor(g) + gradient_noise_scale
                      * truncated_normal(v.shape.as_list()), v) for g, v in pairs]
        if gradient_multipliers is not None:
            pairs = multiply_gradients(pairs, gradient_multipliers)
        pairs = _clipped(pairs, clip_gradients)
        train = made.apply_gradients(
            pairs, global_step=step if increment_global_step else None, name="train")
        return with_dependencies([train], loss)


def _clipped(pairs: Any, how: Any) -> Any:
    if how is None:
        return pairs
    if callable(how):
        return how(pairs)
    gradients, variables = zip(*pairs)
    found, _ = clip_by_global_norm(gradients, how)
    return list(zip(found, variables))


def clip_gradients_by_global_norm(gradients_variables: Any, clip_norm: float = 20.0) -> Any:
    """The pairs with their gradients clipped as one."""
    gradients, variables = zip(*gradients_variables)
    found, _ = clip_by_global_norm(gradients, clip_norm)
    return list(zip(found, variables))


def adaptive_clipping_fn(
    std_factor: float = 2.0, decay: float = 0.95, static_max_norm: Any = None,
    global_step: Any = None, report_summary: bool = False, epsilon: float = 1e-8,
    name: Any = None,
) -> Any:
    """A function that clips by what the norms were before; the bound that is given alone holds."""
    def clip(pairs: Any) -> Any:
        from pentad.frontends.tensorflow1.ops.elementwise import exp, log, minimum, sqrt
        from pentad.frontends.tensorflow1.train.moving_averages import assign_moving_average
        from pentad.frontends.tensorflow1.variables.scope import get_variable

        gradients, variables = zip(*pairs)
        norm = global_norm_of(list(gradients))
        with variable_scope(name, "AdaptiveMaxNorm", [norm]):
            logs = log(norm + epsilon)

            def average(label: str, value: Any) -> Any:
                kept = get_variable(label, [], trainable=False)
                return assign_moving_average(kept, value, decay, zero_debias=False)

            mean, square = average("mean", logs), average("sq_mean", logs * logs)
            bound = exp(mean + sqrt(square - mean * mean + epsilon) * std_factor)
        bound = bound if static_max_norm is None else minimum(bound, static_max_norm)
        factor = minimum(bound / norm, 1.0)
        return [(None if g is None else _times(g, factor), v)
                for g, v in zip(gradients, variables)]

    return clip


def _times(gradient: Any, factor: Any) -> Any:
    if isinstance(gradient, IndexedSlices):
        return IndexedSlices(gradient.values * factor, gradient.indices, gradient.dense_shape)
    return gradient * factor


def multiply_gradients(grads_and_vars: Any, gradient_multipliers: Any) -> list[Any]:
    """The pairs with the gradients of some variables scaled."""
    found = []
    for gradient, variable in grads_and_vars:
        key = next((k for k in (variable, variable.op.name) if k in gradient_multipliers), None)
        if key is not None:
            if gradient is None:
                raise pt.ArgumentError("Requested multiple of `None` gradient.")
            gradient = _times(gradient, convert_to_tensor(
                gradient_multipliers[key], gradient.dtype.base_dtype))
        found.append((gradient, variable))
    return found


def clip_gradient_norms(gradients_to_variables: Any, max_norm: float) -> list[Any]:
    """The pairs with each gradient clipped by its norm."""
    return [(None if g is None else clip_by_norm(g, max_norm), v)
            for g, v in gradients_to_variables]


def clip_gradient_norms_fn(max_norm: float) -> Any:
    """clip_gradient_norms with a bound."""
    return lambda pairs: clip_gradient_norms(pairs, max_norm)


def add_gradients_summaries(grads_and_vars: Any) -> list[Any]:
    """Summaries of gradients and of their norms."""
    from pentad.frontends.tensorflow1 import summary

    found = []
    for gradient, variable in grads_and_vars:
        if gradient is not None:
            values = getattr(gradient, "values", gradient)
            found.append(summary.histogram(f"{variable.op.name}_gradient", values))
            found.append(summary.scalar(f"{variable.op.name}_gradient_norm",
                                        global_norm_of([values])))
    return found


def create_train_op(
    total_loss: Any, optimizer: Any, global_step: Any = _MISSING, update_ops: Any = None,
    variables_to_train: Any = None, clip_gradient_norm: float = 0,
    summarize_gradients: bool = False, gate_gradients: int = 1, aggregation_method: Any = None,
    colocate_gradients_with_ops: bool = False, gradient_multipliers: Any = None,
    check_numerics: bool = True, transform_grads_fn: Any = None,
) -> Any:
    """The loss, given after a step of training and after the update operations."""
    step = get_or_create_global_step() if global_step is _MISSING else global_step
    graph = get_default_graph()
    collected = graph.get_collection(GraphKeys.UPDATE_OPS)
    found = collected if update_ops is None else list(update_ops)
    if found:
        total_loss = with_dependencies(found, total_loss)
    pairs = optimizer.compute_gradients(total_loss, variables_to_train or trainable_variables())
    if gradient_multipliers:
        pairs = multiply_gradients(pairs, gradient_multipliers)
    if transform_grads_fn is not None:
        pairs = transform_grads_fn(pairs)
    if clip_gradient_norm > 0:
        pairs = clip_gradient_norms(pairs, clip_gradient_norm)
    if summarize_gradients:
        with name_scope("summarize_grads"):
            add_gradients_summaries(pairs)
    updates = optimizer.apply_gradients(pairs, global_step=step)
    with name_scope("train_op"):
        made = with_dependencies([updates], total_loss)
    if made not in graph.get_collection_ref(GraphKeys.TRAIN_OP):
        graph.add_to_collection(GraphKeys.TRAIN_OP, made)
    return made
