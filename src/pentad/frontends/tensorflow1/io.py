"""tf.io: other names of what reads and writes files."""

from __future__ import annotations

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "python_io": "TFRecordCompressionType TFRecordOptions TFRecordWriter tf_record_iterator",
    "": """
        FixedLenFeature FixedLenSequenceFeature SparseFeature VarLenFeature PaddingFIFOQueue
        PriorityQueue QueueBase RandomShuffleQueue decode_base64 decode_compressed decode_csv
        decode_raw encode_base64 matching_files parse_example parse_single_example
        parse_single_sequence_example parse_tensor read_file serialize_many_sparse
        serialize_sparse serialize_tensor deserialize_many_sparse write_file""",
    "ops.codecs": """
        decode_png decode_jpeg decode_and_crop_jpeg extract_jpeg_shape decode_gif decode_bmp
        decode_image is_jpeg encode_jpeg""",
    "ops.sequence_parsing": "parse_sequence_example",
    "train": "match_filenames_once write_graph",
})
