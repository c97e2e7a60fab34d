"""The messages of tf.train.Example."""

from __future__ import annotations

from pentad.formats.messages import Message


class BytesList(Message):
    """Texts."""

    FIELDS = "1 value bytes*"


class FloatList(Message):
    """Numbers."""

    FIELDS = "1 value float*"


class Int64List(Message):
    """Whole numbers."""

    FIELDS = "1 value int64*"


class Feature(Message):
    """The values of a feature."""

    FIELDS = """
        1 bytes_list BytesList | kind
        2 float_list FloatList | kind
        3 int64_list Int64List | kind
    """


class Features(Message):
    """Features by name."""

    FIELDS = "1 feature {string: Feature}"


class Example(Message):
    """One example of a data set."""

    FIELDS = "1 features Features"


class FeatureList(Message):
    """A feature at each step of a sequence."""

    FIELDS = "1 feature Feature*"


class FeatureLists(Message):
    """Sequences by name."""

    FIELDS = "1 feature_list {string: FeatureList}"


class SequenceExample(Message):
    """One example with sequences."""

    FIELDS = """
        1 context Features
        2 feature_lists FeatureLists
    """
