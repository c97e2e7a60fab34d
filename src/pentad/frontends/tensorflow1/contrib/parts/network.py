"""tf.contrib.layers: dense layers, convolutions and pools, with arg_scope and collections."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.contrib.parts.model_variables import model_variable
from pentad.frontends.tensorflow1.contrib.parts.regularizers import xavier_initializer
from pentad.frontends.tensorflow1.contrib.parts.scopes import add_arg_scope
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import get_default_graph, name_scope
from pentad.frontends.tensorflow1.layers.convolutional import tuple_of
from pentad.frontends.tensorflow1.layers.core import Flatten, smart_cond
from pentad.frontends.tensorflow1.ops import (
    activations,
    convolution,
    normalizing,
    pooling,
    transposed,
)
from pentad.frontends.tensorflow1.ops.creation import one_hot
from pentad.frontends.tensorflow1.ops.identity import identity
from pentad.frontends.tensorflow1.ops.matrices import matmul
from pentad.frontends.tensorflow1.ops.shaping import concat, reshape, stack
from pentad.frontends.tensorflow1.ops.shaping import shape as shape_of
from pentad.frontends.tensorflow1.variables.initializers import Zeros
from pentad.frontends.tensorflow1.variables.scope import variable_scope

XAVIER, ZEROS = xavier_initializer(), Zeros()


def collect(collections: Any, alias: str, outputs: Any) -> Any:
    """The outputs, added to collections under the name of the layer."""
    if collections:
        kept = collections if isinstance(collections, list | tuple) else [collections]
        outputs.aliases = [*getattr(outputs, "aliases", ()), alias.rstrip("/")]
        for collection in kept:
            get_default_graph().add_to_collections([collection], outputs)
    return outputs


def collections_of(given: Any, name: str) -> Any:
    """The collections of a variable: one list for all, or a dict of lists."""
    if isinstance(given, dict):
        return given.get(name)
    return given


class _Variables:
    """Makes the variables of a layer with its settings."""

    def __init__(self, dtype: Any, collections: Any, trainable: bool) -> None:
        self.dtype, self.collections, self.trainable = dtype, collections, trainable

    def __call__(
        self, name: str, shape: Any, initializer: Any, regularizer: Any = None,
        trainable: bool | None = None,
    ) -> Any:
        return model_variable(
            name, shape, self.dtype, initializer, regularizer,
            self.trainable if trainable is None else trainable,
            collections_of(self.collections, name))


def ended(
    outputs: Any, make: _Variables, width: int, normalizer_fn: Any, normalizer_params: Any,
    biases: tuple[Any, Any], activation_fn: Any, data_format: str | None = None,
) -> Any:
    """What follows a product: a normaliser or a bias, the activation."""
    if normalizer_fn is not None:
        outputs = normalizer_fn(outputs, **(normalizer_params or {}))
    elif biases[0] is not None:
        made = make("biases", [width], *biases)
        outputs = activations.bias_add(outputs, made, data_format)
    return outputs if activation_fn is None else activation_fn(outputs)


@add_arg_scope
def fully_connected(
    inputs: Any, num_outputs: int, activation_fn: Any = activations.relu,
    normalizer_fn: Any = None, normalizer_params: Any = None, weights_initializer: Any = XAVIER,
    weights_regularizer: Any = None, biases_initializer: Any = ZEROS,
    biases_regularizer: Any = None, reuse: Any = None, variables_collections: Any = None,
    outputs_collections: Any = None, trainable: bool = True, scope: Any = None,
) -> Any:
    """activation(inputs @ weights + biases)."""
    if not isinstance(num_outputs, int):
        raise pt.ArgumentError(f"num_outputs type should be one of int, got {num_outputs!r}")
    with variable_scope(scope, "fully_connected", [inputs], reuse=reuse) as opened:
        inputs = convert_to_tensor(inputs)
        depth = inputs.shape[-1].value
        if depth is None:
            raise pt.ShapeError("fully_connected: the last size of the inputs must be known")
        make = _Variables(inputs.dtype.base_dtype, variables_collections, trainable)
        weights = make("weights", [depth, num_outputs], weights_initializer, weights_regularizer)
        if (inputs.shape.ndims or 2) > 2:
            rows = matmul(reshape(inputs, [-1, depth]), weights)
            outputs = reshape(rows, concat([shape_of(inputs)[:-1], [num_outputs]], 0))
            outputs.set_shape(inputs.shape[:-1].concatenate(num_outputs))
        else:
            outputs = matmul(inputs, weights)
        outputs = ended(outputs, make, num_outputs, normalizer_fn, normalizer_params,
                        (biases_initializer, biases_regularizer), activation_fn)
        return collect(outputs_collections, opened.name, outputs)


def _format(data_format: Any, rank: int) -> str:
    found = data_format or convolution.FORMATS[rank]
    allowed = {1: ("NWC", "NCW"), 2: ("NHWC", "NCHW"), 3: ("NDHWC", "NCDHW")}[rank]
    if found not in allowed:
        raise pt.ArgumentError(static.message(
            "data_format has to be either " + " or ".join(allowed), got=str(data_format)))
    return found


@add_arg_scope
def convolution_layer(
    inputs: Any, num_outputs: int, kernel_size: Any, stride: Any = 1, padding: str = "SAME",
    data_format: Any = None, rate: Any = 1, activation_fn: Any = activations.relu,
    normalizer_fn: Any = None, normalizer_params: Any = None, weights_initializer: Any = XAVIER,
    weights_regularizer: Any = None, biases_initializer: Any = ZEROS,
    biases_regularizer: Any = None, reuse: Any = None, variables_collections: Any = None,
    outputs_collections: Any = None, trainable: bool = True, scope: Any = None,
    conv_dims: Any = None,
) -> Any:
    """A convolution of as many dimensions as the inputs have."""
    with variable_scope(scope, "Conv", [inputs], reuse=reuse) as opened:
        inputs = convert_to_tensor(inputs)
        rank = inputs.shape.ndims - 2
        if conv_dims is not None and conv_dims != rank:
            raise pt.ShapeError(
                f"Convolution expects input with rank {conv_dims + 2}, got {rank + 2}")
        data_format = _format(data_format, rank)
        depth = inputs.shape[1 if data_format.startswith("NC") else -1].value
        make = _Variables(inputs.dtype.base_dtype, variables_collections, trainable)
        kernel = tuple_of(kernel_size, rank, "kernel_size")
        weights = make("weights", [*kernel, depth, num_outputs], weights_initializer,
                       weights_regularizer)
        outputs = convolution.convolution(
            inputs, weights, padding.upper(), list(tuple_of(stride, rank, "stride")),
            list(tuple_of(rate, rank, "rate")), data_format=data_format)
        outputs = ended(outputs, make, num_outputs, normalizer_fn, normalizer_params,
                        (biases_initializer, biases_regularizer), activation_fn, data_format)
        return collect(outputs_collections, opened.name, outputs)


def _of_rank(rank: int) -> Any:
    def call(inputs: Any, num_outputs: int, kernel_size: Any, stride: Any = 1,
             padding: str = "SAME", data_format: Any = None, rate: Any = 1,
             activation_fn: Any = activations.relu, normalizer_fn: Any = None,
             normalizer_params: Any = None, weights_initializer: Any = XAVIER,
             weights_regularizer: Any = None, biases_initializer: Any = ZEROS,
             biases_regularizer: Any = None, reuse: Any = None,
             variables_collections: Any = None, outputs_collections: Any = None,
             trainable: bool = True, scope: Any = None) -> Any:
        return convolution_layer(
            inputs, num_outputs, kernel_size, stride, padding, data_format, rate, activation_fn,
            normalizer_fn, normalizer_params, weights_initializer, weights_regularizer,
            biases_initializer, biases_regularizer, reuse, variables_collections,
            outputs_collections, trainable, scope, rank)

    call.__name__ = call.__qualname__ = f"conv{rank}d"
    call.__doc__ = f"A convolution of {rank} dimensions."
    return add_arg_scope(call)


conv1d, conv2d, conv3d = _of_rank(1), _of_rank(2), _of_rank(3)


def _transpose(rank: int) -> Any:
    def call(inputs: Any, num_outputs: int, kernel_size: Any, stride: Any = 1,
             padding: str = "SAME", data_format: Any = None,
             activation_fn: Any = activations.relu, normalizer_fn: Any = None,
             normalizer_params: Any = None, weights_initializer: Any = XAVIER,
             weights_regularizer: Any = None, biases_initializer: Any = ZEROS,
             biases_regularizer: Any = None, reuse: Any = None,
             variables_collections: Any = None, outputs_collections: Any = None,
             trainable: bool = True, scope: Any = None) -> Any:
        with variable_scope(scope, f"Conv{rank}d_transpose", [inputs], reuse=reuse) as opened:
            inputs = convert_to_tensor(inputs)
            first = _format(data_format, rank).startswith("NC")
            known, sizes = inputs.shape.as_list(), shape_of(inputs)
            make = _Variables(inputs.dtype.base_dtype, variables_collections, trainable)
            kernel = tuple_of(kernel_size, rank, "kernel_size")
            weights = make("weights", [*kernel, num_outputs, known[1 if first else -1]],
                           weights_initializer, weights_regularizer)
            steps = tuple_of(stride, rank, "stride")
            space = range(2, rank + 2) if first else range(1, rank + 1)
            lengths = [
                (sizes[a] if known[a] is None else known[a]) * s
                + (max(k - s, 0) if padding.upper() == "VALID" else 0)
                for a, k, s in zip(space, kernel, steps)]
            batch = sizes[0] if known[0] is None else known[0]
            whole = [batch, num_outputs, *lengths] if first else [batch, *lengths, num_outputs]
            outputs = transposed.conv_transpose(
                inputs, weights, stack(whole), list(steps), padding.upper(),
                _format(data_format, rank))
            shown = [n if isinstance(n, int) else None for n in whole]
            outputs.set_shape(shown)
            outputs = ended(outputs, make, num_outputs, normalizer_fn, normalizer_params,
                            (biases_initializer, biases_regularizer), activation_fn,
                            _format(data_format, rank))
            return collect(outputs_collections, opened.name, outputs)

    call.__name__ = call.__qualname__ = f"conv{rank}d_transpose"
    call.__doc__ = f"The transpose of a convolution of {rank} dimensions."
    return add_arg_scope(call)


conv2d_transpose, conv3d_transpose = _transpose(2), _transpose(3)


@add_arg_scope
def separable_conv2d(
    inputs: Any, num_outputs: Any, kernel_size: Any, depth_multiplier: int = 1, stride: Any = 1,
    padding: str = "SAME", data_format: str = "NHWC", rate: Any = 1,
    activation_fn: Any = activations.relu, normalizer_fn: Any = None,
    normalizer_params: Any = None, weights_initializer: Any = XAVIER,
    pointwise_initializer: Any = None, weights_regularizer: Any = None,
    biases_initializer: Any = ZEROS, biases_regularizer: Any = None, reuse: Any = None,
    variables_collections: Any = None, outputs_collections: Any = None, trainable: bool = True,
    scope: Any = None,
) -> Any:
    """Channel by channel, then pixel by pixel unless num_outputs is None."""
    with variable_scope(scope, "SeparableConv2d", [inputs], reuse=reuse) as opened:
        inputs = convert_to_tensor(inputs)
        first = _format(data_format, 2).startswith("NC")
        depth = inputs.shape[1 if first else -1].value
        make = _Variables(inputs.dtype.base_dtype, variables_collections, trainable)
        kernel = tuple_of(kernel_size, 2, "kernel_size")
        within = make("depthwise_weights", [*kernel, depth, depth_multiplier],
                      weights_initializer, weights_regularizer)
        steps = tuple_of(stride, 2, "stride")
        steps = [1, 1, *steps] if first else [1, *steps, 1]
        rates = list(tuple_of(rate, 2, "rate"))
        width = depth * depth_multiplier if num_outputs is None else num_outputs
        if num_outputs is None:
            outputs = convolution.depthwise_conv2d(
                inputs, within, steps, padding.upper(), rates, data_format=data_format)
        else:
            across = make("pointwise_weights", [1, 1, depth * depth_multiplier, num_outputs],
                          pointwise_initializer or weights_initializer, weights_regularizer)
            outputs = convolution.separable_conv2d(
                inputs, within, across, steps, padding.upper(), rates, data_format=data_format)
        outputs = ended(outputs, make, width, normalizer_fn, normalizer_params,
                        (biases_initializer, biases_regularizer), activation_fn, data_format)
        return collect(outputs_collections, opened.name, outputs)


# -- pools -------------------------------------------------------------------------------------


def _pool(table: Any, rank: int, default: str, doc: str) -> Any:
    def call(inputs: Any, kernel_size: Any, stride: Any = 2, padding: str = "VALID",
             data_format: Any = None, outputs_collections: Any = None,
             scope: Any = None) -> Any:
        data_format = _format(data_format, rank)
        with name_scope(scope, default, [inputs]) as opened:
            inputs = convert_to_tensor(inputs)
            kernel = tuple_of(kernel_size, rank, "kernel_size")
            steps = tuple_of(stride, rank, "stride")
            first = data_format.startswith("NC")
            outputs = table[rank](
                inputs, ksize=[1, 1, *kernel] if first else [1, *kernel, 1],
                strides=[1, 1, *steps] if first else [1, *steps, 1], padding=padding.upper(),
                data_format=data_format)
            return collect(outputs_collections, opened[:-1], outputs)

    call.__name__ = call.__qualname__ = default.lower()
    call.__doc__ = doc
    return add_arg_scope(call)


max_pool2d = _pool(pooling.MAX, 2, "MaxPool2D", "The maximum over windows of images.")
max_pool3d = _pool(pooling.MAX, 3, "MaxPool3D", "The maximum over windows of volumes.")
avg_pool2d = _pool(pooling.AVERAGE, 2, "AvgPool2D", "The mean over windows of images.")
avg_pool3d = _pool(pooling.AVERAGE, 3, "AvgPool3D", "The mean over windows of volumes.")


@add_arg_scope
def pool(
    inputs: Any, kernel_size: Any, pooling_type: str, padding: str = "VALID",
    data_format: Any = None, dilation_rate: Any = 1, stride: Any = 1,
    outputs_collections: Any = None, scope: Any = None,
) -> Any:
    """A pool of as many dimensions as the inputs have."""
    rank = convert_to_tensor(inputs).shape.ndims - 2
    with name_scope(scope, f"{pooling_type.lower()}_pool", [inputs]) as opened:
        outputs = pooling.pool(
            inputs, tuple_of(kernel_size, rank, "kernel_size"), pooling_type, padding.upper(),
            list(tuple_of(dilation_rate, rank, "dilation_rate")),
            list(tuple_of(stride, rank, "stride")), data_format=data_format)
        return collect(outputs_collections, opened[:-1], outputs)


# -- small ones --------------------------------------------------------------------------------


@add_arg_scope
def dropout(
    inputs: Any, keep_prob: Any = 0.5, noise_shape: Any = None, is_training: Any = True,
    outputs_collections: Any = None, scope: Any = None, seed: Any = None,
) -> Any:
    """Elements kept with a probability while training."""
    with variable_scope(scope, "Dropout", [inputs]) as opened:
        inputs = convert_to_tensor(inputs)
        outputs = smart_cond(
            is_training,
            lambda: normalizing.dropout(inputs, keep_prob=keep_prob, noise_shape=noise_shape,
                                        seed=seed),
            lambda: identity(inputs))
        return collect(outputs_collections, opened.name, outputs)


@add_arg_scope
def flatten(inputs: Any, outputs_collections: Any = None, scope: Any = None) -> Any:
    """All axes but the first made one."""
    with name_scope(scope, "Flatten", [inputs]) as opened:
        outputs = Flatten().call(convert_to_tensor(inputs))
        return collect(outputs_collections, opened[:-1], outputs)


@add_arg_scope
def one_hot_encoding(
    labels: Any, num_classes: int, on_value: float = 1.0, off_value: float = 0.0,
    outputs_collections: Any = None, scope: Any = None,
) -> Any:
    """For each label a row with a one at it."""
    with name_scope(scope, "OneHotEncoding", [labels]) as opened:
        labels = convert_to_tensor(labels)
        if labels.dtype.base_dtype.name == "int32":
            from pentad.frontends.tensorflow1.ops.casting import cast

            labels = cast(labels, "int64")
        outputs = one_hot(labels, num_classes, on_value=on_value, off_value=off_value)
        return collect(outputs_collections, opened[:-1], outputs)


@add_arg_scope
def bias_add(
    inputs: Any, activation_fn: Any = None, initializer: Any = ZEROS, regularizer: Any = None,
    reuse: Any = None, variables_collections: Any = None, outputs_collections: Any = None,
    trainable: bool = True, data_format: str = "NHWC", scope: Any = None,
) -> Any:
    """Adds a bias for each channel."""
    with variable_scope(scope, "BiasAdd", [inputs], reuse=reuse) as opened:
        inputs = convert_to_tensor(inputs)
        width = inputs.shape[1 if data_format == "NCHW" else -1].value
        make = _Variables(inputs.dtype.base_dtype, variables_collections, trainable)
        outputs = activations.bias_add(
            inputs, make("biases", [width], initializer, regularizer), data_format)
        outputs = outputs if activation_fn is None else activation_fn(outputs)
        return collect(outputs_collections, opened.name, outputs)
