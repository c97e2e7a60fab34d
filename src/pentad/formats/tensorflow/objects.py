"""The graph of objects that a checkpoint of objects holds under OBJECT_GRAPH: which object has
which, by which names, and under which keys their values stand."""

from __future__ import annotations

from pentad.formats.messages import Message

OBJECT_GRAPH = "_CHECKPOINTABLE_OBJECT_GRAPH"


class ObjectReference(Message):
    """An object within another one, by the name that it has there."""

    FIELDS = """
        1 node_id int32
        2 local_name string
    """


class SerializedTensor(Message):
    """A value of an object, and its key in the checkpoint."""

    FIELDS = """
        1 name string
        2 full_name string
        3 checkpoint_key string
        4 optional_restore bool
    """


class SlotVariableReference(Message):
    """A variable that an optimiser keeps for another one."""

    FIELDS = """
        1 original_variable_node_id int32
        2 slot_name string
        3 slot_variable_node_id int32
    """


class TrackableObject(Message):
    """One object."""

    FIELDS = """
        1 children ObjectReference*
        2 attributes SerializedTensor*
        3 slot_variables SlotVariableReference*
    """


class TrackableObjectGraph(Message):
    """All objects; the first is the root."""

    FIELDS = """
        1 nodes TrackableObject*
    """
