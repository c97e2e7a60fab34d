"""What estimators export to be served."""

from __future__ import annotations

import os
import shutil
import time
from collections import namedtuple
from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework import dtypes
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import Graph
from pentad.frontends.tensorflow1.framework.session import Session
from pentad.frontends.tensorflow1.framework.tensor import Tensor
from pentad.frontends.tensorflow1.ops.creation import placeholder
from pentad.frontends.tensorflow1.ops.parsing import parse_example
from pentad.frontends.tensorflow1.saving import builder, signatures
from pentad.frontends.tensorflow1.train.saver import Saver
from pentad.frontends.tensorflow1.train.steps import get_or_create_global_step
from pentad.frontends.tensorflow1.variables.lists import local_variables_initializer


class ServingInputReceiver(namedtuple("ServingInputReceiver", [
        "features", "receiver_tensors", "receiver_tensors_alternatives"])):
    """The features of a model, and the tensors that are fed to get them."""

    def __new__(
        cls, features: Any, receiver_tensors: Any, receiver_tensors_alternatives: Any = None
    ) -> Any:
        """A single tensor is called "feature" and "input"."""
        if features is None or receiver_tensors is None:
            raise pt.ArgumentError("features and receiver_tensors must be defined.")
        if isinstance(features, Tensor):
            features = {"feature": features}
        if isinstance(receiver_tensors, Tensor):
            receiver_tensors = {"input": receiver_tensors}
        return super().__new__(cls, features, receiver_tensors, receiver_tensors_alternatives)


class TensorServingInputReceiver(ServingInputReceiver):
    """The same for a model of one tensor."""


def build_raw_serving_input_receiver_fn(features: Any, default_batch_size: Any = None) -> Any:
    """A function that makes a placeholder for each feature."""

    def receiver() -> ServingInputReceiver:
        made = {}
        for name, tensor in features.items():
            sizes = tensor.shape.as_list()
            shape = [default_batch_size, *sizes[1:]]
            made[name] = placeholder(tensor.dtype.base_dtype, shape, name)
        return ServingInputReceiver(made, dict(made))

    return receiver


def build_parsing_serving_input_receiver_fn(
    feature_spec: Any, default_batch_size: Any = None
) -> Any:
    """A function that makes a placeholder for serialized examples, and parses them."""

    def receiver() -> ServingInputReceiver:
        data = placeholder(dtypes.string, [default_batch_size], "input_example_tensor")
        return ServingInputReceiver(parse_example(data, feature_spec), {"examples": data})

    return receiver


class ExportOutput:
    """What a signature gives."""

    def as_signature_def(self, receiver_tensors: Any) -> Any:
        """Its signature."""
        raise NotImplementedError


class ClassificationOutput(ExportOutput):
    """Classes and their scores."""

    def __init__(self, scores: Any = None, classes: Any = None) -> None:
        self.scores, self.classes = scores, classes

    def as_signature_def(self, receiver_tensors: Any) -> Any:
        [examples] = receiver_tensors.values()
        return signatures.classification_signature_def(examples, self.classes, self.scores)


class RegressionOutput(ExportOutput):
    """Numbers."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def as_signature_def(self, receiver_tensors: Any) -> Any:
        [examples] = receiver_tensors.values()
        return signatures.regression_signature_def(examples, self.value)


class PredictOutput(ExportOutput):
    """Tensors by name."""

    def __init__(self, outputs: Any) -> None:
        self.outputs = outputs if isinstance(outputs, dict) else {"output": outputs}

    def as_signature_def(self, receiver_tensors: Any) -> Any:
        return signatures.predict_signature_def(receiver_tensors, self.outputs)


def export_estimator(
    estimator: Any, base: Any, receiver_fn: Any, as_text: bool, checkpoint: str, assets: Any = None
) -> bytes:
    """See Estimator.export_saved_model."""
    folder = _fresh(os.fspath(base))
    with Graph().as_default() as graph:
        get_or_create_global_step()
        receiver = receiver_fn()
        features = receiver.features
        if isinstance(receiver, TensorServingInputReceiver):
            features = features["feature"]
        spec = estimator._call_model_fn(features, None, "infer")
        outputs = spec.export_outputs or {"serving_default": PredictOutput(spec.predictions)}
        found = {}
        for name, output in outputs.items():
            inputs = {k: convert_to_tensor(v) for k, v in receiver.receiver_tensors.items()}
            texts = [t.dtype.base_dtype is dtypes.string for t in inputs.values()]
            if texts == [True] or isinstance(output, PredictOutput):
                found[name] = output.as_signature_def(inputs)
        if not found:
            raise pt.ArgumentError(static.message("no output can be exported",
                                                  got=", ".join(outputs)))
        if "serving_default" not in found and "predict" in found:
            found["serving_default"] = found["predict"]
        saver = Saver(allow_empty=True)
        with Session(graph=graph) as session:
            saver.restore(session, checkpoint)
            session.run(local_variables_initializer())
            made = builder.SavedModelBuilder(folder)
            made.add_meta_graph_and_variables(session, ["serve"], found, saver=saver)
            made.save(as_text)
    for name, source in (assets or {}).items():
        target = os.path.join(folder, "assets.extra", name)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        shutil.copyfile(source, target)
    return folder.encode()


def _fresh(base: str) -> str:
    """A folder below one, named by the time."""
    stamp = int(time.time())
    while os.path.exists(os.path.join(base, str(stamp))):
        stamp += 1
    return os.path.join(base, str(stamp))


__all__ = ["ServingInputReceiver"]
