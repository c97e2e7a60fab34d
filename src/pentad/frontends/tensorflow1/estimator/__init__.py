"""tf.estimator: models that live in folders."""

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "estimator.spec": "ModeKeys EstimatorSpec RunConfig VocabInfo WarmStartSettings",
    "estimator.estimator": "Estimator",
    "estimator.training": "TrainSpec EvalSpec train_and_evaluate",
    "train.session_run": "SessionRunArgs SessionRunContext SessionRunHook SessionRunValues",
    "train.hooks": """
        CheckpointSaverHook CheckpointSaverListener LoggingTensorHook NanLossDuringTrainingError
        NanTensorHook SecondOrStepTimer StepCounterHook StopAtStepHook SummarySaverHook""",
    "train.more_hooks": "FeedFnHook FinalOpsHook GlobalStepWaiterHook ProfilerHook",
})
