"""Heads: what stands above the logits: predictions, losses, metrics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1 import metrics
from pentad.frontends.tensorflow1.columns.base import lookup
from pentad.frontends.tensorflow1.estimator.export import (
    ClassificationOutput,
    PredictOutput,
    RegressionOutput,
)
from pentad.frontends.tensorflow1.estimator.spec import EstimatorSpec, ModeKeys
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import constant, convert_to_tensor
from pentad.frontends.tensorflow1.framework.resources import apply
from pentad.frontends.tensorflow1.losses import (
    Reduction,
    compute_weighted_loss,
    get_regularization_loss,
)
from pentad.frontends.tensorflow1.nn import softmax
from pentad.frontends.tensorflow1.ops.casting import cast
from pentad.frontends.tensorflow1.ops.creation import zeros_like
from pentad.frontends.tensorflow1.ops.elementwise import exp, maximum, sigmoid, squared_difference
from pentad.frontends.tensorflow1.ops.entropies import (
    log_poisson_loss,
    sigmoid_cross_entropy_with_logits,
    sparse_softmax_cross_entropy_with_logits,
)
from pentad.frontends.tensorflow1.ops.padding import tile
from pentad.frontends.tensorflow1.ops.reductions import argmax
from pentad.frontends.tensorflow1.ops.shaping import concat, expand_dims, shape, squeeze
from pentad.frontends.tensorflow1.summaries.ops import scalar
from pentad.frontends.tensorflow1.train.steps import get_global_step

DEFAULT = "serving_default"


class Head:
    """Makes the EstimatorSpec of logits."""

    logits_dimension = 1

    def __init__(
        self, weight_column: Any = None, loss_reduction: str = Reduction.SUM, name: Any = None
    ) -> None:
        self.weight_column, self.loss_reduction = weight_column, loss_reduction
        self.name = name

    def predictions(self, logits: Any) -> dict[str, Any]:
        """The predictions by name."""
        raise NotImplementedError

    def loss(self, logits: Any, labels: Any) -> Any:
        """The loss of each example."""
        raise NotImplementedError

    def labels(self, labels: Any) -> Any:
        """The labels as the loss takes them."""
        return _column(labels, self.logits_dimension)

    def metrics(self, predictions: Any, labels: Any, losses: Any, weights: Any) -> dict[str, Any]:
        """The metrics of an evaluation."""
        return {"average_loss": metrics.mean(losses, weights)}

    def exported(self, predictions: Any) -> dict[str, Any]:
        """What is served."""
        return {DEFAULT: PredictOutput(predictions), "predict": PredictOutput(predictions)}

    def _weights(self, features: Any) -> Any:
        key = getattr(self.weight_column, "key", self.weight_column)
        if key is None:
            return 1.0
        if key not in features:
            raise pt.ArgumentError(static.message(f"weight column {key} is not in features",
                                                  expected=", ".join(sorted(features))))
        return cast(_column(features[key], None), "float32")

    def create_estimator_spec(
        self, features: Any, mode: str, logits: Any, labels: Any = None, optimizer: Any = None,
        train_op_fn: Any = None, regularization_losses: Any = None, **more: Any,
    ) -> EstimatorSpec:
        """The operations of a model with these logits."""
        found = self.predictions(logits)
        if mode == ModeKeys.PREDICT:
            return EstimatorSpec(mode, found, export_outputs=self.exported(found))
        if labels is None:
            raise pt.ArgumentError("You must provide a labels Tensor. Given: None.")
        labels = self.labels(labels)
        weights = self._weights(features)
        losses = self.loss(logits, labels)
        total = compute_weighted_loss(losses, weights, reduction=self.loss_reduction)
        added = get_regularization_loss() if regularization_losses is None else (
            sum(regularization_losses) if regularization_losses else None)
        if added is not None:
            total = total + added
        if mode == ModeKeys.EVAL:
            given = None if isinstance(weights, float) else weights
            return EstimatorSpec(mode, found, total, eval_metric_ops=self.metrics(
                found, labels, losses, given))
        scalar("loss", total)
        train = train_op_fn(total) if train_op_fn is not None else optimizer.minimize(
            total, global_step=get_global_step())
        return EstimatorSpec(mode, found, total, train)


def _column(value: Any, width: int | None) -> Any:
    value = convert_to_tensor(value)
    if value.shape.ndims == 1:
        value = expand_dims(value, -1)
    if width is not None and value.shape.ndims is not None and (
            not value.shape[-1].is_compatible_with(width)):
        raise pt.ShapeError(static.message(
            "labels shape does not fit", expected=f"(batch, {width})", got=str(value.shape)))
    return value


class RegressionHead(Head):
    """Numbers, by their squared errors."""

    def __init__(self, label_dimension: int = 1, **more: Any) -> None:
        super().__init__(**more)
        self.logits_dimension = label_dimension

    def predictions(self, logits: Any) -> dict[str, Any]:
        return {"predictions": logits}

    def loss(self, logits: Any, labels: Any) -> Any:
        return squared_difference(logits, cast(labels, "float32"))

    def metrics(self, predictions: Any, labels: Any, losses: Any, weights: Any) -> dict[str, Any]:
        return {**super().metrics(predictions, labels, losses, weights),
                "prediction/mean": metrics.mean(predictions["predictions"], weights),
                "label/mean": metrics.mean(labels, weights)}

    def exported(self, predictions: Any) -> dict[str, Any]:
        found = RegressionOutput(predictions["predictions"])
        return {DEFAULT: found, "regression": found, "predict": PredictOutput(predictions)}


class PoissonRegressionHead(RegressionHead):
    """Counts, by the Poisson loss."""

    def predictions(self, logits: Any) -> dict[str, Any]:
        return {"logits": logits, "predictions": exp(logits)}

    def loss(self, logits: Any, labels: Any) -> Any:
        return log_poisson_loss(cast(labels, "float32"), logits, compute_full_loss=True)


class LogisticRegressionHead(RegressionHead):
    """Chances, by the logistic loss."""

    def predictions(self, logits: Any) -> dict[str, Any]:
        return {"logits": logits, "predictions": sigmoid(logits)}

    def loss(self, logits: Any, labels: Any) -> Any:
        return sigmoid_cross_entropy_with_logits(labels=cast(labels, "float32"), logits=logits)


class _Classes(Head):
    """What the two classifying heads share."""

    def __init__(self, n_classes: int, label_vocabulary: Any = None, **more: Any) -> None:
        super().__init__(**more)
        self.n_classes = n_classes
        self.vocabulary = None if label_vocabulary is None else [
            v if isinstance(v, bytes) else str(v).encode() for v in label_vocabulary]

    def labels(self, labels: Any) -> Any:
        labels = _column(labels, 1)
        if self.vocabulary is not None:
            places = {v: i for i, v in enumerate(self.vocabulary)}
            labels = lookup("LabelOf", lambda v: places.get(v, -1), labels)
        elif labels.dtype.base_dtype is dtypes.string:
            raise pt.ArgumentError(static.message(
                "labels are texts", hint="give label_vocabulary"))
        return labels

    def classes(self, ids: Any) -> tuple[Any, Any]:
        """(the predicted class, all classes) as texts."""
        names = self.vocabulary or [str(i).encode() for i in range(self.n_classes)]
        table = np.array([*names, None], object)[:-1]
        picked = apply(static.ResourceOp("ClassOf", lambda store, node, i: table[i]), [ids],
                       [(dtypes.string, ids.shape)], "ClassOf").outputs[0]
        return picked, constant(names, dtypes.string)

    def named(self, ids: Any) -> dict[str, Any]:
        """The classes among the predictions."""
        picked, names = self.classes(ids)
        numbers = constant(np.arange(self.n_classes), dtypes.int32)
        count = shape(ids)[0]
        return {"class_ids": ids, "classes": picked,
                "all_class_ids": tile(expand_dims(numbers, 0), [count, 1]),
                "all_classes": apply(
                    static.ResourceOp("AllClasses", lambda store, node, n, v: np.tile(v, (n, 1))),
                    [count, names], [(dtypes.string, ids.shape[:1].concatenate(self.n_classes))],
                    "AllClasses").outputs[0]}

    def exported(self, predictions: Any) -> dict[str, Any]:
        found = ClassificationOutput(predictions["probabilities"], predictions["all_classes"])
        return {DEFAULT: found, "classification": found, "predict": PredictOutput(predictions)}


class BinaryClassHead(_Classes):
    """Two classes, by the logistic loss of one logit."""

    def __init__(self, label_vocabulary: Any = None, **more: Any) -> None:
        super().__init__(2, label_vocabulary, **more)

    def predictions(self, logits: Any) -> dict[str, Any]:
        two = concat([zeros_like(logits), logits], -1)
        ids = expand_dims(argmax(two, -1), -1)
        return {"logits": logits, "logistic": sigmoid(logits), "probabilities": softmax(two),
                **self.named(ids)}

    def loss(self, logits: Any, labels: Any) -> Any:
        return sigmoid_cross_entropy_with_logits(labels=cast(labels, "float32"), logits=logits)

    def metrics(self, predictions: Any, labels: Any, losses: Any, weights: Any) -> dict[str, Any]:
        ids, chances = predictions["class_ids"], predictions["logistic"]
        given = {"labels": labels, "weights": weights}
        mean, update = metrics.mean(labels, weights)
        return {
            **super().metrics(predictions, labels, losses, weights),
            "accuracy": metrics.accuracy(predictions=ids, **given),
            "accuracy_baseline": (maximum(mean, 1.0 - mean), maximum(update, 1.0 - update)),
            "auc": metrics.auc(predictions=chances, **given),
            "auc_precision_recall": metrics.auc(predictions=chances, curve="PR", **given),
            "precision": metrics.precision(predictions=ids, **given),
            "recall": metrics.recall(predictions=ids, **given),
            "prediction/mean": metrics.mean(chances, weights), "label/mean": (mean, update)}


class MultiClassHead(_Classes):
    """Several classes, by the softmax cross-entropy."""

    def __init__(self, n_classes: int, label_vocabulary: Any = None, **more: Any) -> None:
        if n_classes <= 2:
            raise pt.ArgumentError(f"n_classes must be > 2: {n_classes}.")
        super().__init__(n_classes, label_vocabulary, **more)
        self.logits_dimension = n_classes

    def predictions(self, logits: Any) -> dict[str, Any]:
        return {"logits": logits, "probabilities": softmax(logits),
                **self.named(expand_dims(argmax(logits, -1), -1))}

    def loss(self, logits: Any, labels: Any) -> Any:
        losses = sparse_softmax_cross_entropy_with_logits(
            labels=squeeze(cast(labels, "int64"), [-1]), logits=logits)
        return expand_dims(losses, -1)

    def metrics(self, predictions: Any, labels: Any, losses: Any, weights: Any) -> dict[str, Any]:
        return {**super().metrics(predictions, labels, losses, weights),
                "accuracy": metrics.accuracy(labels, predictions["class_ids"], weights)}


def classes_head(n_classes: int, label_vocabulary: Any = None, **more: Any) -> Head:
    """The head for so many classes."""
    if n_classes == 2:
        return BinaryClassHead(label_vocabulary, **more)
    return MultiClassHead(n_classes, label_vocabulary, **more)


def add_metrics(estimator: Any, metric_fn: Any) -> Any:
    """An estimator with more metrics: metric_fn of (labels, predictions, features, config)."""
    import inspect

    from pentad.frontends.tensorflow1.estimator.estimator import Estimator

    names = set(inspect.signature(metric_fn).parameters)

    def model_fn(features: Any, labels: Any, mode: str, config: Any) -> Any:
        spec = estimator._call_model_fn(features, labels, mode, config)
        if mode != ModeKeys.EVAL:
            return spec
        given: Mapping[str, Any] = {"features": features, "labels": labels, "config": config,
                                    "predictions": spec.predictions}
        more = metric_fn(**{k: v for k, v in given.items() if k in names})
        return spec._replace(eval_metric_ops={**spec.eval_metric_ops, **more})

    return Estimator(model_fn, estimator.model_dir, estimator.config)


__all__ = ["BinaryClassHead", "Head", "MultiClassHead"]
