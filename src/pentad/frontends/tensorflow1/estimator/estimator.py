"""tf.estimator.Estimator: a model function, trained, evaluated and asked from a folder."""

from __future__ import annotations

import inspect
import os
import tempfile
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1 import errors, logging
from pentad.frontends.tensorflow1.data.dataset import Dataset
from pentad.frontends.tensorflow1.estimator.averages import mean
from pentad.frontends.tensorflow1.estimator.spec import EstimatorSpec, ModeKeys, RunConfig
from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.framework.graph import Graph, get_default_graph
from pentad.frontends.tensorflow1.framework.messages import Summary
from pentad.frontends.tensorflow1.framework.seeds import set_random_seed
from pentad.frontends.tensorflow1.summaries.event_files import FileWriterCache
from pentad.frontends.tensorflow1.summaries.ops import scalar
from pentad.frontends.tensorflow1.train import checkpoints, hooks
from pentad.frontends.tensorflow1.train.monitored import (
    ChiefSessionCreator,
    MonitoredSession,
    MonitoredTrainingSession,
    Scaffold,
)
from pentad.frontends.tensorflow1.train.saver import Saver
from pentad.frontends.tensorflow1.train.steps import get_or_create_global_step


class Estimator:
    """A model that lives in a folder: its checkpoints, its summaries.

    model_fn: of (features, labels, mode, params, config), as many of these as it names, to an
    EstimatorSpec.
    """

    def __init__(
        self, model_fn: Callable[..., Any], model_dir: Any = None, config: Any = None,
        params: Any = None, warm_start_from: Any = None,
    ) -> None:
        config = config or RunConfig()
        folder = model_dir or config.model_dir
        if model_dir and config.model_dir and model_dir != config.model_dir:
            raise pt.ArgumentError(static.message(
                "`model_dir` are set both in constructor and `RunConfig`, but with different "
                "values", expected=str(config.model_dir), got=str(model_dir)))
        self._model_dir = os.fspath(folder) if folder else tempfile.mkdtemp()
        self._config = config.replace(model_dir=self._model_dir)
        self._params = dict(params) if isinstance(params, dict) else params
        self._model_fn, self._warm = model_fn, warm_start_from
        _verify(model_fn, params)

    model_dir = property(lambda self: self._model_dir, doc="The folder.")
    config = property(lambda self: self._config, doc="How it runs.")
    model_fn = property(lambda self: self._model_fn, doc="The model function.")

    @property
    def params(self) -> Any:
        """The parameters that the model function is given."""
        return dict(self._params) if isinstance(self._params, dict) else self._params or {}

    # -- what it knows -------------------------------------------------------------------------

    def latest_checkpoint(self) -> str | None:
        """The prefix of its latest checkpoint."""
        return checkpoints.latest_checkpoint(self._model_dir)

    def get_variable_names(self) -> list[str]:
        """The names of its variables."""
        self._trained()
        return [n for n, _ in checkpoints.list_variables(self._model_dir)]

    def get_variable_value(self, name: str) -> Any:
        """The value of a variable."""
        self._trained()
        return checkpoints.load_variable(self._model_dir, name)

    def _trained(self) -> str:
        found = self.latest_checkpoint()
        if found is None:
            raise pt.ArgumentError(static.message(
                "Estimator has not been trained yet.",
                got=f"no checkpoint in {self._model_dir}", hint="call train first"))
        return found

    def eval_dir(self, name: str | None = None) -> str:
        """Where evaluations write their summaries."""
        return os.path.join(self._model_dir, f"eval_{name}" if name else "eval")

    # -- the graph -----------------------------------------------------------------------------

    def _inputs(self, input_fn: Callable[..., Any], mode: str) -> tuple[Any, Any]:
        """(features, labels) of an input function."""
        given = {"mode": mode, "params": self.params, "config": self._config}
        found = input_fn(**{k: v for k, v in given.items() if k in _parameters(input_fn)})
        if isinstance(found, Dataset):
            iterator = found.make_initializable_iterator()
            get_default_graph().add_to_collection(
                GraphKeys.TABLE_INITIALIZERS, iterator.initializer)
            found = iterator.get_next()
        if isinstance(found, list | tuple):
            if len(found) != 2:
                raise pt.ArgumentError(static.message(
                    "input_fn should return (features, labels) as a len 2 tuple.",
                    got=f"{len(found)} elements"))
            return found[0], found[1]
        return found, None

    def _call_model_fn(self, features: Any, labels: Any, mode: str, config: Any = None) -> Any:
        names = _parameters(self._model_fn)
        given = {"labels": labels, "mode": mode, "params": self.params,
                 "config": config or self._config}
        if "labels" not in names and labels is not None:
            raise pt.ArgumentError("model_fn does not take labels, but input_fn returns labels.")
        found = self._model_fn(features=features, **{
            k: v for k, v in given.items() if k in names})
        if not isinstance(found, EstimatorSpec):
            raise pt.ArgumentError(static.message(
                "model_fn should return an EstimatorSpec.", got=type(found).__name__))
        return found

    # -- training ------------------------------------------------------------------------------

    def train(
        self, input_fn: Callable[..., Any], hooks: Any = None, steps: int | None = None,
        max_steps: int | None = None, saving_listeners: Any = None,
    ) -> Estimator:
        """Train for so many steps, or up to a step, or until the input ends."""
        if steps is not None and max_steps is not None:
            raise pt.ArgumentError("Can not provide both steps and max_steps.")
        for value, name in ((steps, "steps"), (max_steps, "max_steps")):
            if value is not None and value <= 0:
                raise pt.ArgumentError(f"Must specify {name} > 0, given: {value}")
        if max_steps is not None and self._step() >= max_steps:
            logging.info("Skipping training since max_steps has already saved.")
            return self
        loss = self._train(input_fn, list(hooks or []), steps, max_steps, saving_listeners)
        logging.info("Loss for final step: %s.", loss)
        return self

    def _step(self) -> int:
        found = self.latest_checkpoint()
        return int(checkpoints.load_variable(found, "global_step")) if found else 0

    def _train(
        self, input_fn: Any, given: list[Any], steps: int | None, max_steps: int | None,
        listeners: Any,
    ) -> Any:
        config = self._config
        with Graph().as_default() as graph:
            if config.tf_random_seed is not None:
                set_random_seed(config.tf_random_seed)
            step = get_or_create_global_step()
            spec = self._call_model_fn(*self._inputs(input_fn, ModeKeys.TRAIN), ModeKeys.TRAIN)
            if self._warm is not None:
                from pentad.frontends.tensorflow1.train.warm import warm_start

                warm_start(*_warm_arguments(self._warm))
            if not any(s.op.name == "loss" for s in graph.get_collection(GraphKeys.SUMMARIES)):
                scalar("loss", spec.loss)
            found = [*given, *spec.training_hooks, *spec.training_chief_hooks,
                     hooks.NanTensorHook(spec.loss)]
            if config.log_step_count_steps:
                found.append(hooks.LoggingTensorHook(
                    {"loss": spec.loss, "step": step}, every_n_iter=config.log_step_count_steps))
            if steps is not None or max_steps is not None:
                found.insert(0, hooks.StopAtStepHook(steps, max_steps))
            scaffold = spec.scaffold or Scaffold()
            if scaffold.saver is None and not graph.get_collection(GraphKeys.SAVERS):
                graph.add_to_collection(GraphKeys.SAVERS, Saver(
                    max_to_keep=config.keep_checkpoint_max, defer_build=True,
                    keep_checkpoint_every_n_hours=config.keep_checkpoint_every_n_hours,
                    save_relative_paths=True))
            os.makedirs(self._model_dir, exist_ok=True)
            if config.save_checkpoints_secs or config.save_checkpoints_steps:
                found.append(hooks.CheckpointSaverHook(
                    self._model_dir, config.save_checkpoints_secs, config.save_checkpoints_steps,
                    scaffold=scaffold, listeners=listeners))
            return self._train_loop(spec, scaffold, found)

    def _train_loop(self, spec: Any, scaffold: Any, found: list[Any]) -> Any:
        config, loss = self._config, None
        try:
            with MonitoredTrainingSession(
                checkpoint_dir=self._model_dir, scaffold=scaffold, hooks=found,
                save_checkpoint_secs=0, save_summaries_steps=config.save_summary_steps,
                config=config.session_config, log_step_count_steps=config.log_step_count_steps,
            ) as session:
                while not session.should_stop():
                    _, loss = session.run([spec.train_op, spec.loss])
        finally:
            FileWriterCache.clear()
        return loss

    # -- evaluation ----------------------------------------------------------------------------

    def evaluate(
        self, input_fn: Callable[..., Any], steps: int | None = None, hooks: Any = None,
        checkpoint_path: Any = None, name: str | None = None,
    ) -> dict[str, Any]:
        """The metrics over so many batches, or all of the input; also `loss`, `global_step`."""
        if steps is not None and steps <= 0:
            raise pt.ArgumentError(f"Must specify steps > 0, given: {steps}")
        path = checkpoint_path or self.latest_checkpoint()
        with Graph().as_default():
            if self._config.tf_random_seed is not None:
                set_random_seed(self._config.tf_random_seed)
            step = get_or_create_global_step()
            spec = self._call_model_fn(*self._inputs(input_fn, ModeKeys.EVAL), ModeKeys.EVAL)
            metrics = {**spec.eval_metric_ops, "loss": mean(spec.loss, name="loss/mean")}
            values = {k: v for k, (v, _) in metrics.items()}
            updates = [getattr(u, "op", u) for _, u in metrics.values()]
            creator = ChiefSessionCreator(
                spec.scaffold or Scaffold(), config=self._config.session_config,
                checkpoint_filename_with_path=path)
            found = [*(hooks or []), *spec.evaluation_hooks]
            with MonitoredSession(creator, found) as session:
                done = 0
                try:
                    while (steps is None or done < steps) and not session.should_stop():
                        session.run(updates)
                        done += 1
                except errors.OutOfRangeError:
                    pass
                results = session.raw_session().run({**values, "global_step": step})
        self._write(results, name)
        return {k: np.asarray(v)[()] for k, v in results.items()}

    def _write(self, results: dict[str, Any], name: str | None) -> None:
        writer = FileWriterCache.get(self.eval_dir(name))
        made = Summary(value=[
            Summary.Value(tag=k, simple_value=float(v)) for k, v in sorted(results.items())
            if k != "global_step" and np.size(v) == 1])
        writer.add_summary(made, int(results["global_step"]))
        writer.flush()
        logging.info("Saving dict for global step %d: %s", int(results["global_step"]),
                     ", ".join(f"{k} = {v}" for k, v in sorted(results.items())))

    # -- prediction ----------------------------------------------------------------------------

    def predict(
        self, input_fn: Callable[..., Any], predict_keys: Any = None, hooks: Any = None,
        checkpoint_path: Any = None, yield_single_examples: bool = True,
    ) -> Iterator[Any]:
        """The predictions, one example after the other."""
        path = checkpoint_path or self._trained()
        with Graph().as_default():
            if self._config.tf_random_seed is not None:
                set_random_seed(self._config.tf_random_seed)
            get_or_create_global_step()
            features, _ = self._inputs(input_fn, ModeKeys.PREDICT)
            spec = self._call_model_fn(features, None, ModeKeys.PREDICT)
            asked = _picked(spec.predictions, predict_keys)
            creator = ChiefSessionCreator(spec.scaffold or Scaffold(),
                                          checkpoint_filename_with_path=path)
            with MonitoredSession(creator, [*(hooks or []), *spec.prediction_hooks]) as session:
                while not session.should_stop():
                    found = session.run(asked)
                    if not yield_single_examples:
                        yield found
                    elif isinstance(found, dict):
                        for i in range(_count(found)):
                            yield {k: v[i] for k, v in found.items()}
                    else:
                        yield from found

    # -- export --------------------------------------------------------------------------------

    def export_saved_model(
        self, export_dir_base: Any, serving_input_receiver_fn: Any, assets_extra: Any = None,
        as_text: bool = False, checkpoint_path: Any = None, **options: Any,
    ) -> bytes:
        """Write the model to a new folder below one, to be served."""
        from pentad.frontends.tensorflow1.estimator.export import export_estimator

        return export_estimator(self, export_dir_base, serving_input_receiver_fn, as_text,
                                checkpoint_path or self._trained(), assets_extra)

    def export_savedmodel(
        self, export_dir_base: Any, serving_input_receiver_fn: Any, assets_extra: Any = None,
        as_text: bool = False, checkpoint_path: Any = None, strip_default_attrs: bool = False,
    ) -> bytes:
        """The same by its older name."""
        return self.export_saved_model(export_dir_base, serving_input_receiver_fn, assets_extra,
                                       as_text, checkpoint_path)


def _warm_arguments(given: Any) -> tuple[Any, ...]:
    if isinstance(given, str):
        return (given,)
    return (given.ckpt_to_initialize_from, given.vars_to_warm_start,
            given.var_name_to_vocab_info, given.var_name_to_prev_var_name)


def _parameters(function: Callable[..., Any]) -> tuple[str, ...]:
    found = inspect.signature(function).parameters.values()
    names = tuple(p.name for p in found)
    if any(p.kind is p.VAR_KEYWORD for p in found):
        names += ("labels", "mode", "params", "config")
    return names


def _verify(model_fn: Any, params: Any) -> None:
    names = _parameters(model_fn)
    if "features" not in names:
        raise pt.ArgumentError(static.message("model_fn must include features argument.",
                                              got=", ".join(names)))
    if params is not None and "params" not in names:
        raise pt.ArgumentError(static.message("model_fn does not include params argument, but "
                                              "params is passed to Estimator."))
    unknown = set(names) - {"features", "labels", "mode", "params", "config", "self"}
    unknown -= {p.name for p in inspect.signature(model_fn).parameters.values()
                if p.default is not p.empty or p.kind in (p.VAR_KEYWORD, p.VAR_POSITIONAL)}
    if unknown:
        raise pt.ArgumentError(static.message(
            f"model_fn has following not expected args: {sorted(unknown)}"))


def _picked(predictions: Any, keys: Any) -> Any:
    if not keys:
        return predictions
    keys = [keys] if isinstance(keys, str) else list(keys)
    if not isinstance(predictions, dict):
        raise pt.ArgumentError("predict_keys are not valid for predictions that are no dict.")
    found = {k: v for k, v in predictions.items() if k in keys}
    if not found:
        raise pt.ArgumentError(static.message(
            "Expected to run at least one output from predictions", expected=str(list(predictions)),
            got=str(keys)))
    return found


def _count(found: dict[str, Any]) -> int:
    counts = {k: len(v) for k, v in found.items()}
    if len(set(counts.values())) > 1:
        raise pt.ArgumentError(static.message(
            "Batch length of predictions should be same.", got=str(counts)))
    return next(iter(counts.values()))


__all__ = ["Estimator"]
