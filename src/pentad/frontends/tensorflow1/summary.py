"""tf.summary: what a run writes for TensorBoard."""

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "summaries.ops": """
        scalar histogram image audio text tensor_summary merge merge_all get_summary_description
        initialize all_v2_summary_ops""",
    "summaries.event_files": "FileWriter FileWriterCache",
    "framework.messages": "Event SessionLog Summary SummaryDescription TaggedRunMetadata",
})
