"""The names of tf.train that are no optimisers: examples, savers, queues, watched sessions."""

NAMES = {
    "framework.messages": """
        BytesList FloatList Int64List Feature Features FeatureList FeatureLists Example
        SequenceExample SaverDef""",
    "summaries.event_files": "summary_iterator",
    "train.saver": "Saver",
    "train.checkpoints": """
        NewCheckpointReader checkpoint_exists checkpoints_iterator generate_checkpoint_state_proto
        get_checkpoint_mtimes get_checkpoint_state latest_checkpoint list_variables load_checkpoint
        load_variable remove_checkpoint update_checkpoint_state""",
    "train.object_checkpoints": "Checkpoint CheckpointManager",
    "estimator.spec": "VocabInfo",
    "train.warm": "init_from_checkpoint warm_start",
    "train.meta_graph": "export_meta_graph import_meta_graph write_graph",
    "train.queue_runner": "QueueRunner add_queue_runner start_queue_runners",
    "queues.input": """
        batch batch_join shuffle_batch shuffle_batch_join input_producer string_input_producer
        range_input_producer slice_input_producer limit_epochs match_filenames_once""",
    "train.session_run": "SessionRunArgs SessionRunContext SessionRunHook SessionRunValues",
    "train.hooks": """
        CheckpointSaverHook CheckpointSaverListener LoggingTensorHook NanLossDuringTrainingError
        NanTensorHook SecondOrStepTimer StepCounterHook StopAtStepHook SummarySaverHook""",
    "train.more_hooks": "FeedFnHook FinalOpsHook GlobalStepWaiterHook ProfilerHook",
    "train.session_manager": "SessionManager",
    "train.monitored": """
        ChiefSessionCreator MonitoredSession MonitoredTrainingSession Scaffold SessionCreator
        SingularMonitoredSession WorkerSessionCreator""",
    "train.supervisor": "Supervisor",
    "train.coordinator": "Coordinator LooperThread",
}
