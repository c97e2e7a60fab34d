"""tf.python_io: files of records."""

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {"platform.records": """
    TFRecordCompressionType TFRecordOptions TFRecordWriter tf_record_iterator"""})
