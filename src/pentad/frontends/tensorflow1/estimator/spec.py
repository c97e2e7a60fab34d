"""What model functions give, and how estimators run."""

from __future__ import annotations

import copy
from collections import namedtuple
from typing import Any, NamedTuple

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework.tensor import Tensor


class ModeKeys:
    """What a model function is called for."""

    TRAIN, EVAL, PREDICT = "train", "eval", "infer"


_FIELDS = ("mode", "predictions", "loss", "train_op", "eval_metric_ops", "export_outputs",
           "training_chief_hooks", "training_hooks", "scaffold", "evaluation_hooks",
           "prediction_hooks")


class EstimatorSpec(namedtuple("EstimatorSpec", _FIELDS)):
    """The operations of a model: predictions, loss, training, metrics."""

    def __new__(
        cls, mode: str, predictions: Any = None, loss: Any = None, train_op: Any = None,
        eval_metric_ops: Any = None, export_outputs: Any = None, training_chief_hooks: Any = None,
        training_hooks: Any = None, scaffold: Any = None, evaluation_hooks: Any = None,
        prediction_hooks: Any = None,
    ) -> Any:
        """ValueError where what the mode needs is missing."""
        _needed(mode, "train_op", train_op, mode == ModeKeys.TRAIN)
        _needed(mode, "loss", loss, mode in (ModeKeys.TRAIN, ModeKeys.EVAL))
        _needed(mode, "predictions", predictions, mode == ModeKeys.PREDICT)
        if loss is not None and loss.shape.num_elements() not in (1, None):
            raise pt.ArgumentError(static.message("Loss must be scalar", got=str(loss)))
        for name, pair in (eval_metric_ops or {}).items():
            if not isinstance(pair, tuple) or len(pair) != 2:
                raise TypeError(static.message(
                    f"Values of eval_metric_ops must be (metric_value, update_op) tuples, given: "
                    f"{pair} for key: {name}"))
        return super().__new__(
            cls, mode, predictions if predictions is not None else {}, loss, train_op,
            eval_metric_ops or {}, export_outputs, tuple(training_chief_hooks or ()),
            tuple(training_hooks or ()), scaffold, tuple(evaluation_hooks or ()),
            tuple(prediction_hooks or ()))


def _needed(mode: str, name: str, value: Any, needed: bool) -> None:
    if mode not in (ModeKeys.TRAIN, ModeKeys.EVAL, ModeKeys.PREDICT):
        raise pt.ArgumentError(static.message("mode must be one of ModeKeys", got=repr(mode)))
    if needed and value is None:
        raise pt.ArgumentError(static.message(f"Missing {name}.", got=f"mode '{mode}'"))
    if name == "predictions" and value is not None and not isinstance(value, dict | Tensor):
        raise TypeError(static.message("predictions must be a Tensor or a dict of them",
                                       got=type(value).__name__))


class RunConfig:
    """How an estimator runs: where it saves, how often, with which seed."""

    DEFAULTS = {
        "model_dir": None, "tf_random_seed": None, "save_summary_steps": 100,
        "save_checkpoints_steps": None, "save_checkpoints_secs": None, "session_config": None,
        "keep_checkpoint_max": 5, "keep_checkpoint_every_n_hours": 10000,
        "log_step_count_steps": 100, "train_distribute": None, "device_fn": None,
        "protocol": None, "eval_distribute": None, "experimental_distribute": None,
        "experimental_max_worker_delay_secs": None, "session_creation_timeout_secs": 7200,
    }
    is_chief, num_worker_replicas, num_ps_replicas, task_id = True, 1, 0, 0
    task_type, master, evaluation_master, global_id_in_cluster = "worker", "", "", 0
    cluster_spec = None

    def __init__(self, model_dir: Any = None, **given: Any) -> None:
        unknown = set(given) - set(self.DEFAULTS)
        if unknown:
            raise TypeError(f"RunConfig() got an unexpected keyword argument {min(unknown)!r}")
        steps, secs = given.get("save_checkpoints_steps"), given.get("save_checkpoints_secs")
        if steps is not None and secs is not None:
            raise pt.ArgumentError("`save_checkpoints_steps` and `save_checkpoints_secs` cannot "
                                   "both be set.")
        if "save_checkpoints_steps" not in given and "save_checkpoints_secs" not in given:
            given["save_checkpoints_secs"] = 600
        self.__dict__.update({**self.DEFAULTS, **given, "model_dir": model_dir})

    def replace(self, **given: Any) -> RunConfig:
        """The same with other values."""
        made = copy.copy(self)
        made.__dict__.update(given)
        if "save_checkpoints_steps" in given and "save_checkpoints_secs" not in given:
            made.__dict__["save_checkpoints_secs"] = None
        if "save_checkpoints_secs" in given and "save_checkpoints_steps" not in given:
            made.__dict__["save_checkpoints_steps"] = None
        return made


class VocabInfo(NamedTuple):
    """A vocabulary of a warm start."""

    new_vocab: Any
    new_vocab_size: Any
    num_oov_buckets: Any
    old_vocab: Any
    old_vocab_size: Any = -1
    backup_initializer: Any = None
    axis: int = 0


class WarmStartSettings(NamedTuple):
    """From which checkpoint variables begin, and which."""

    ckpt_to_initialize_from: Any
    vars_to_warm_start: Any = ".*"
    var_name_to_vocab_info: Any = None
    var_name_to_prev_var_name: Any = None
