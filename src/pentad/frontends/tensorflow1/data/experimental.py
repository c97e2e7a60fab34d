"""tf.data.experimental: transformations for `apply`, and further sources."""

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "data.transformations": """
        AUTOTUNE INFINITE_CARDINALITY UNKNOWN_CARDINALITY Reducer bucket_by_sequence_length
        bytes_produced_stats=unchanged_stats cardinality copy_to_device=on_device
        dense_to_sparse_batch enumerate_dataset get_single_element group_by_reducer group_by_window
        ignore_errors latency_stats=unchanged_stats map_and_batch
        map_and_batch_with_legacy_function=map_and_batch parallel_interleave
        prefetch_to_device=on_device scan shuffle_and_repeat take_while unbatch unique""",
    "data.mixing": """
        Counter RandomDataset choose_from_datasets rejection_resample sample_from_datasets""",
    "data.tables": """
        CsvDataset TFRecordWriter=DatasetWriter make_batched_features_dataset
        parse_example_dataset""",
    "data.csv_files": "make_csv_dataset",
    "data.options": """
        DistributeOptions MapVectorizationOptions OptimizationOptions StatsOptions
        ThreadingOptions""",
})
