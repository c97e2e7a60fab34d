"""The messages of graphs: GraphDef, MetaGraphDef and what they hold."""

from __future__ import annotations

from pentad.formats.messages import Message
from pentad.formats.tensorflow.tensors import DT_NAMES
from pentad.formats.text_format import enum


class VersionDef(Message):
    """Which version wrote a file, and which can read it."""

    FIELDS = """
        1 producer int32
        2 min_consumer int32
        3 bad_consumers int32*
    """


class ListValue(Message):
    """A list as the value of an attribute."""

    FIELDS = """
        2 s bytes*
        3 i int64*
        4 f float*
        5 b bool*
        6 type enum*
        7 shape TensorShapeProto*
        8 tensor TensorProto*
        9 func NameAttrList*
    """


class AttrValue(Message):
    """The value of an attribute."""

    ListValue = ListValue
    FIELDS = """
        1 list ListValue | value
        2 s bytes | value
        3 i int64 | value
        4 f float | value
        5 b bool | value
        6 type enum | value
        7 shape TensorShapeProto | value
        8 tensor TensorProto | value
        9 placeholder string | value
        10 func NameAttrList | value
    """


class NameAttrList(Message):
    """A function with attributes."""

    FIELDS = """
        1 name string
        2 attr {string: AttrValue}
    """


class NodeDef(Message):
    """A node: what it does, what of, with which attributes."""

    FIELDS = """
        1 name string
        2 op string
        3 input string*
        4 device string
        5 attr {string: AttrValue}
    """


class ArgDef(Message):
    """An argument or result in the signature of an op."""

    FIELDS = """
        1 name string
        2 description string
        3 type enum
        4 type_attr string
        5 number_attr string
        6 type_list_attr string
        16 is_ref bool
    """


class AttrDef(Message):
    """An attribute in the signature of an op."""

    FIELDS = """
        1 name string
        2 type string
        3 default_value AttrValue
        4 description string
        5 has_minimum bool
        6 minimum int64
        7 allowed_values AttrValue
    """


class OpDef(Message):
    """The signature of an op."""

    ArgDef, AttrDef = ArgDef, AttrDef
    FIELDS = """
        1 name string
        2 input_arg ArgDef*
        3 output_arg ArgDef*
        4 attr AttrDef*
        5 summary string
        6 description string
        16 is_aggregate bool
        17 is_stateful bool
        18 is_commutative bool
        19 allows_uninitialized_input bool
    """


class OpList(Message):
    """Signatures of ops."""

    FIELDS = "1 op OpDef*"


class FunctionDef(Message):
    """A function of nodes."""

    FIELDS = """
        1 signature OpDef
        3 node_def NodeDef*
        4 ret {string: string}
        5 attr {string: AttrValue}
    """


class GradientDef(Message):
    """The gradient of a function."""

    FIELDS = """
        1 function_name string
        2 gradient_func string
    """


class FunctionDefLibrary(Message):
    """The functions of a graph."""

    FIELDS = """
        1 function FunctionDef*
        2 gradient GradientDef*
    """


class GraphDef(Message):
    """A graph."""

    FIELDS = """
        1 node NodeDef*
        2 library FunctionDefLibrary
        3 version int32
        4 versions VersionDef
    """


# -- what belongs to a graph -----------------------------------------------------------------


class SaverDef(Message):
    """How a graph saves its variables."""

    V1, V2 = 1, 2
    LEGACY = 0
    FIELDS = """
        1 filename_tensor_name string
        2 save_tensor_name string
        3 restore_op_name string
        4 max_to_keep int32
        5 sharded bool
        6 keep_checkpoint_every_n_hours float
        7 version enum
    """


class CheckpointState(Message):
    """The `checkpoint` file: which checkpoints there are."""

    FIELDS = """
        1 model_checkpoint_path string
        2 all_model_checkpoint_paths string*
        3 all_model_checkpoint_timestamps double*
        4 last_preserved_timestamp double
    """


class NodeList(Message):
    """Names of nodes."""

    FIELDS = "1 value string*"


class BytesListOf(Message):
    """Messages as bytes."""

    FIELDS = "1 value bytes*"


class Int64ListOf(Message):
    """Whole numbers."""

    FIELDS = "1 value int64*"


class FloatListOf(Message):
    """Numbers."""

    FIELDS = "1 value float*"


class AnyMessage(Message):
    """A message with its type's address."""

    FIELDS = """
        1 type_url string
        2 value bytes
    """


class AnyList(Message):
    """Messages of any type."""

    FIELDS = "1 value AnyMessage*"


class CollectionDef(Message):
    """A collection of a graph."""

    FIELDS = """
        1 node_list NodeList | kind
        2 bytes_list BytesListOf | kind
        3 int64_list Int64ListOf | kind
        4 float_list FloatListOf | kind
        5 any_list AnyList | kind
    """


class CooSparse(Message):
    """The three tensors of a sparse one."""

    FIELDS = """
        1 values_tensor_name string
        2 indices_tensor_name string
        3 dense_shape_tensor_name string
    """


class TensorInfo(Message):
    """A tensor in a signature."""

    CooSparse = CooSparse
    FIELDS = """
        1 name string | encoding
        4 coo_sparse CooSparse | encoding
        2 dtype enum
        3 tensor_shape TensorShapeProto
    """


class SignatureDef(Message):
    """The inputs and outputs of a served model."""

    FIELDS = """
        1 inputs {string: TensorInfo}
        2 outputs {string: TensorInfo}
        3 method_name string
    """


class AssetFileDef(Message):
    """A file beside a saved model."""

    FIELDS = """
        1 tensor_info TensorInfo
        2 filename string
    """


class MetaInfoDef(Message):
    """What wrote a graph."""

    FIELDS = """
        1 meta_graph_version string
        2 stripped_op_list OpList
        3 any_info AnyMessage
        4 tags string*
        5 tensorflow_version string
        6 tensorflow_git_version string
        7 stripped_default_attrs bool
    """


class MetaGraphDef(Message):
    """A graph with its collections, signatures and saver."""

    MetaInfoDef = MetaInfoDef
    FIELDS = """
        1 meta_info_def MetaInfoDef
        2 graph_def GraphDef
        3 saver_def SaverDef
        4 collection_def {string: CollectionDef}
        5 signature_def {string: SignatureDef}
        6 asset_file_def AssetFileDef*
    """


class SavedModel(Message):
    """A saved model: its graphs, told apart by tags."""

    FIELDS = """
        1 saved_model_schema_version int64
        2 meta_graphs MetaGraphDef*
    """


class SaveSliceInfoDef(Message):
    """Which part of a partitioned variable a variable is."""

    FIELDS = """
        1 full_name string
        2 full_shape int64*
        3 var_offset int64*
        4 var_shape int64*
    """


class VariableDef(Message):
    """A variable, by the names of its nodes."""

    FIELDS = """
        1 variable_name string
        6 initial_value_name string
        2 initializer_name string
        3 snapshot_name string
        4 save_slice_info_def SaveSliceInfoDef
        5 is_resource bool
        7 trainable bool
        8 synchronization enum
        9 aggregation enum
    """


for _field in ("AttrValue.type", "ListValue.type", "ArgDef.type", "TensorInfo.dtype"):
    enum(_field, DT_NAMES)
enum("SaverDef.version", {"LEGACY": 0, "V1": 1, "V2": 2})
