"""Ready estimators: linear models, networks of dense layers, both together, baselines."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pentad as pt
from pentad.frontends.tensorflow1 import train
from pentad.frontends.tensorflow1.columns.models import input_layer, linear_model
from pentad.frontends.tensorflow1.estimator.estimator import Estimator
from pentad.frontends.tensorflow1.estimator.heads import RegressionHead, classes_head
from pentad.frontends.tensorflow1.estimator.spec import ModeKeys
from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.framework.graph import get_default_graph
from pentad.frontends.tensorflow1.layers import dense, dropout
from pentad.frontends.tensorflow1.losses import Reduction
from pentad.frontends.tensorflow1.nn import relu, zero_fraction
from pentad.frontends.tensorflow1.ops.shaping import shape
from pentad.frontends.tensorflow1.ops.state import assign_add
from pentad.frontends.tensorflow1.summaries.ops import histogram, scalar
from pentad.frontends.tensorflow1.train.steps import get_global_step
from pentad.frontends.tensorflow1.variables.initializers import GlorotUniform, Zeros
from pentad.frontends.tensorflow1.variables.scope import get_variable, variable_scope

_BY_NAME = {"Adagrad": "AdagradOptimizer", "Adam": "AdamOptimizer", "Ftrl": "FtrlOptimizer",
            "RMSProp": "RMSPropOptimizer", "SGD": "GradientDescentOptimizer"}


def optimizer_of(given: Any, rate: float) -> Any:
    """An optimiser by its name, or as it is, or what a function gives."""
    if isinstance(given, str):
        return getattr(train, _BY_NAME[given])(learning_rate=rate)
    return given() if callable(given) else given


def _linear_logits(features: Any, columns: Any, units: int, combiner: str) -> Any:
    with variable_scope("linear", values=tuple(features.values())):
        logits = linear_model(features, columns, units, combiner)
    scalar("linear/bias", logits[0, 0]) if units == 1 else None
    return logits


def _deep_logits(
    features: Any, columns: Any, hidden_units: Sequence[int], units: int, activation: Any,
    rate: float | None, mode: str,
) -> Any:
    training = mode == ModeKeys.TRAIN
    with variable_scope("dnn", values=tuple(features.values())):
        with variable_scope("input_from_feature_columns"):
            found = input_layer(features, columns)
        for i, size in enumerate(hidden_units):
            with variable_scope(f"hiddenlayer_{i}") as scope:
                found = dense(found, size, activation, kernel_initializer=GlorotUniform(),
                              name=scope)
                if rate and training:
                    found = dropout(found, rate, training=True)
            _summarised(found, f"dnn/hiddenlayer_{i}")
        with variable_scope("logits") as scope:
            found = dense(found, units, None, kernel_initializer=GlorotUniform(), name=scope)
        _summarised(found, "dnn/logits")
    return found


def _summarised(value: Any, tag: str) -> None:
    scalar(f"{tag}/fraction_of_zero_values", zero_fraction(value))
    histogram(f"{tag}/activation", value)


def _minimizer(parts: Sequence[tuple[Any, str]]) -> Any:
    """Each optimiser on the variables of its scope; the step counts once."""

    def minimize(loss: Any) -> Any:
        graph = get_default_graph()
        if len(parts) == 1:
            return parts[0][0].minimize(loss, global_step=get_global_step())
        trained = [o.minimize(loss, var_list=graph.get_collection(
            GraphKeys.TRAINABLE_VARIABLES, scope)) for o, scope in parts]
        with graph.control_dependencies(trained):
            return assign_add(get_global_step(), 1).op

    return minimize


class LinearEstimator(Estimator):
    """A linear model under any head."""

    def __init__(
        self, head: Any, feature_columns: Any, model_dir: Any = None, optimizer: Any = "Ftrl",
        config: Any = None, partitioner: Any = None, sparse_combiner: str = "sum",
        warm_start_from: Any = None,
    ) -> None:
        columns = tuple(feature_columns)

        def model_fn(features: Any, labels: Any, mode: str, config: Any) -> Any:
            logits = _linear_logits(features, columns, head.logits_dimension, sparse_combiner)
            chosen = optimizer_of(optimizer, min(0.2, 1.0 / math.sqrt(len(columns))))
            return head.create_estimator_spec(features, mode, logits, labels,
                                              train_op_fn=_minimizer([(chosen, "linear")]))

        super().__init__(model_fn, model_dir, config, warm_start_from=warm_start_from)


class DNNEstimator(Estimator):
    """Dense layers under any head."""

    def __init__(
        self, head: Any, hidden_units: Sequence[int], feature_columns: Any, model_dir: Any = None,
        optimizer: Any = "Adagrad", activation_fn: Any = relu, dropout: float | None = None,
        input_layer_partitioner: Any = None, config: Any = None, warm_start_from: Any = None,
        batch_norm: bool = False,
    ) -> None:
        def model_fn(features: Any, labels: Any, mode: str, config: Any) -> Any:
            logits = _deep_logits(features, feature_columns, hidden_units, head.logits_dimension,
                                  activation_fn, dropout, mode)
            return head.create_estimator_spec(
                features, mode, logits, labels,
                train_op_fn=_minimizer([(optimizer_of(optimizer, 0.05), "dnn")]))

        super().__init__(model_fn, model_dir, config, warm_start_from=warm_start_from)


class DNNLinearCombinedEstimator(Estimator):
    """A linear model and dense layers, their logits added, under any head."""

    def __init__(
        self, head: Any, model_dir: Any = None, linear_feature_columns: Any = None,
        linear_optimizer: Any = "Ftrl", dnn_feature_columns: Any = None,
        dnn_optimizer: Any = "Adagrad", dnn_hidden_units: Any = None,
        dnn_activation_fn: Any = relu, dnn_dropout: Any = None,
        input_layer_partitioner: Any = None, config: Any = None,
        linear_sparse_combiner: str = "sum", warm_start_from: Any = None, batch_norm: bool = False,
    ) -> None:
        wide, deep = tuple(linear_feature_columns or ()), tuple(dnn_feature_columns or ())
        if not wide and not deep:
            raise pt.ArgumentError(
                "Either linear_feature_columns or dnn_feature_columns must be defined.")

        def model_fn(features: Any, labels: Any, mode: str, config: Any) -> Any:
            logits, parts = [], []
            if deep:
                logits.append(_deep_logits(features, deep, dnn_hidden_units, head.logits_dimension,
                                           dnn_activation_fn, dnn_dropout, mode))
                parts.append((optimizer_of(dnn_optimizer, 0.05), "dnn"))
            if wide:
                logits.append(_linear_logits(features, wide, head.logits_dimension,
                                             linear_sparse_combiner))
                rate = min(0.005, 1.0 / math.sqrt(len(wide)))
                parts.append((optimizer_of(linear_optimizer, rate), "linear"))
            total = logits[0] + logits[1] if len(logits) == 2 else logits[0]
            return head.create_estimator_spec(features, mode, total, labels,
                                              train_op_fn=_minimizer(parts))

        super().__init__(model_fn, model_dir, config, warm_start_from=warm_start_from)


class BaselineEstimator(Estimator):
    """A bias alone, under any head."""

    def __init__(
        self, head: Any, model_dir: Any = None, optimizer: Any = "Ftrl", config: Any = None
    ) -> None:
        def model_fn(features: Any, labels: Any, mode: str, config: Any) -> Any:
            first = features[min(features)] if isinstance(features, dict) else features
            with variable_scope("baseline"):
                bias = get_variable("bias", [head.logits_dimension], initializer=Zeros())
            from pentad.frontends.tensorflow1.ops.creation import ones

            logits = ones([shape(first)[0], 1]) * bias
            return head.create_estimator_spec(
                features, mode, logits, labels,
                train_op_fn=_minimizer([(optimizer_of(optimizer, 0.3), "baseline")]))

        super().__init__(model_fn, model_dir, config)


# -- by their heads --------------------------------------------------------------------------------


def _classifier(base: type[Estimator], doc: str) -> Any:
    class Made(base):  # type: ignore[misc, valid-type]
        def __init__(
            self, *args: Any, n_classes: int = 2, weight_column: Any = None,
            label_vocabulary: Any = None, loss_reduction: str = Reduction.SUM, **given: Any,
        ) -> None:
            head = classes_head(n_classes, label_vocabulary, weight_column=weight_column,
                                loss_reduction=loss_reduction)
            base.__init__(self, head, *args, **given)

    Made.__doc__ = doc
    return Made


def _regressor(base: type[Estimator], doc: str) -> Any:
    class Made(base):  # type: ignore[misc, valid-type]
        def __init__(
            self, *args: Any, label_dimension: int = 1, weight_column: Any = None,
            loss_reduction: str = Reduction.SUM, **given: Any,
        ) -> None:
            head = RegressionHead(label_dimension, weight_column=weight_column,
                                  loss_reduction=loss_reduction)
            base.__init__(self, head, *args, **given)

    Made.__doc__ = doc
    return Made


LinearClassifier = _classifier(LinearEstimator, "A linear model of classes.")
LinearRegressor = _regressor(LinearEstimator, "A linear model of numbers.")
DNNClassifier = _classifier(DNNEstimator, "Dense layers for classes.")
DNNRegressor = _regressor(DNNEstimator, "Dense layers for numbers.")
DNNLinearCombinedClassifier = _classifier(
    DNNLinearCombinedEstimator, "A linear model and dense layers for classes.")
DNNLinearCombinedRegressor = _regressor(
    DNNLinearCombinedEstimator, "A linear model and dense layers for numbers.")
BaselineClassifier = _classifier(BaselineEstimator, "How often each class is there.")
BaselineRegressor = _regressor(BaselineEstimator, "The mean.")
for _name in ("LinearClassifier", "LinearRegressor", "DNNClassifier", "DNNRegressor",
              "DNNLinearCombinedClassifier", "DNNLinearCombinedRegressor", "BaselineClassifier",
              "BaselineRegressor"):
    globals()[_name].__name__ = globals()[_name].__qualname__ = _name
