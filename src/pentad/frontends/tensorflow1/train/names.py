"""The names of tf.train that are no optimisers: examples, savers, queues, watched sessions."""

NAMES = {
    "framework.messages": """
        BytesList FloatList Int64List Feature Features FeatureList FeatureLists Example
        SequenceExample SaverDef""",
    "summaries.event_files": "summary_iterator",
    "train.coordinator": "Coordinator LooperThread",
}
