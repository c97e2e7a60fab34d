"""The messages of event files: what TensorBoard shows."""

from __future__ import annotations

from pentad.formats.messages import Message
from pentad.formats.text_format import enum


class PluginData(Message):
    """Which plugin shows a value, and what it needs."""

    FIELDS = """
        1 plugin_name string
        2 content bytes
    """


class SummaryMetadata(Message):
    """What belongs to a tag."""

    PluginData = PluginData
    FIELDS = """
        1 plugin_data PluginData
        2 display_name string
        3 summary_description string
        4 data_class enum
    """


class HistogramProto(Message):
    """A histogram: limits of its buckets, and what is in them."""

    FIELDS = """
        1 min double
        2 max double
        3 num double
        4 sum double
        5 sum_squares double
        6 bucket_limit double*
        7 bucket double*
    """


class SummaryImage(Message):
    """An encoded image."""

    FIELDS = """
        1 height int32
        2 width int32
        3 colorspace int32
        4 encoded_image_string bytes
    """


class SummaryAudio(Message):
    """An encoded sound."""

    FIELDS = """
        1 sample_rate float
        2 num_channels int64
        3 length_frames int64
        4 encoded_audio_string bytes
        5 content_type string
    """


class SummaryValue(Message):
    """One value of a summary."""

    FIELDS = """
        7 node_name string
        1 tag string
        9 metadata SummaryMetadata
        2 simple_value float | value
        3 obsolete_old_style_histogram bytes | value
        4 image SummaryImage | value
        5 histo HistogramProto | value
        6 audio SummaryAudio | value
        8 tensor TensorProto | value
    """


class Summary(Message):
    """Values of one step."""

    Value, Image, Audio = SummaryValue, SummaryImage, SummaryAudio
    FIELDS = "1 value SummaryValue*"


class SummaryDescription(Message):
    """The sort of a summary."""

    FIELDS = "1 type_hint string"


class LogMessage(Message):
    """A line of a log."""

    UNKNOWN, DEBUGGING, INFO, WARN, ERROR, FATAL = 0, 10, 20, 30, 40, 50
    FIELDS = """
        1 level enum
        2 message string
    """


class SessionLog(Message):
    """What happened to a session."""

    STATUS_UNSPECIFIED, START, STOP, CHECKPOINT = 0, 1, 2, 3
    FIELDS = """
        1 status enum
        2 checkpoint_path string
        3 msg string
    """


class TaggedRunMetadata(Message):
    """What a run reported."""

    FIELDS = """
        1 tag string
        2 run_metadata bytes
    """


class Event(Message):
    """One record of an event file."""

    FIELDS = """
        1 wall_time double
        2 step int64
        3 file_version string | what
        4 graph_def bytes | what
        5 summary Summary | what
        6 log_message LogMessage | what
        7 session_log SessionLog | what
        8 tagged_run_metadata TaggedRunMetadata | what
        9 meta_graph_def bytes | what
    """


enum("SessionLog.status", {"STATUS_UNSPECIFIED": 0, "START": 1, "STOP": 2, "CHECKPOINT": 3})
