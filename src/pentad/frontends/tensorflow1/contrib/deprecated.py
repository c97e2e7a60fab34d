"""tf.contrib.deprecated: summaries by the names of TensorFlow 0.x."""

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "summary": """
        scalar_summary=scalar histogram_summary=histogram image_summary=image audio_summary=audio
        merge_summary=merge merge_all_summaries=merge_all""",
})
