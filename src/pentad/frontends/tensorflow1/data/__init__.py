"""tf.data: data sets and iterators."""

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "data.dataset": "Dataset",
    "data.iterators": "Iterator",
    "data.readers": "TextLineDataset TFRecordDataset FixedLengthRecordDataset",
    "data.options": "Options",
    "data.properties": """
        get_output_classes get_output_shapes get_output_types make_initializable_iterator
        make_one_shot_iterator""",
})
