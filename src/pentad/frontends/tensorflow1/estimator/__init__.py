"""tf.estimator: models that live in folders."""

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "estimator.spec": "ModeKeys EstimatorSpec RunConfig VocabInfo WarmStartSettings",
    "estimator.estimator": "Estimator",
    "estimator.heads": """
        BinaryClassHead Head LogisticRegressionHead MultiClassHead PoissonRegressionHead
        RegressionHead add_metrics""",
    "estimator.canned": """
        BaselineClassifier BaselineEstimator BaselineRegressor DNNClassifier DNNEstimator
        DNNLinearCombinedClassifier DNNLinearCombinedEstimator DNNLinearCombinedRegressor
        DNNRegressor LinearClassifier LinearEstimator LinearRegressor""",
    "estimator.exporters": "BestExporter Exporter FinalExporter LatestExporter",
    "estimator.parsing": "classifier_parse_example_spec regressor_parse_example_spec",
    "estimator.training": "TrainSpec EvalSpec train_and_evaluate",
    "train.session_run": "SessionRunArgs SessionRunContext SessionRunHook SessionRunValues",
    "train.hooks": """
        CheckpointSaverHook CheckpointSaverListener LoggingTensorHook NanLossDuringTrainingError
        NanTensorHook SecondOrStepTimer StepCounterHook StopAtStepHook SummarySaverHook""",
    "train.more_hooks": "FeedFnHook FinalOpsHook GlobalStepWaiterHook ProfilerHook",
})
