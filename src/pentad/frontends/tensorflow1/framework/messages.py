"""The messages of TensorFlow's files, by the names that programs use."""

from pentad import formats

_graphs, _events = formats.tensorflow.graphs, formats.tensorflow.events
_examples, _tensors = formats.tensorflow.examples, formats.tensorflow.tensors

GraphDef, NodeDef, AttrValue = _graphs.GraphDef, _graphs.NodeDef, _graphs.AttrValue
NameAttrList, MetaGraphDef, TensorInfo = (
    _graphs.NameAttrList, _graphs.MetaGraphDef, _graphs.TensorInfo)
SavedModel = _graphs.SavedModel
SaverDef, CheckpointState = _graphs.SaverDef, _graphs.CheckpointState
SignatureDef, CollectionDef, VariableDef = (
    _graphs.SignatureDef, _graphs.CollectionDef, _graphs.VariableDef)
TensorProto, TensorShapeProto = _tensors.TensorProto, _tensors.TensorShapeProto
make_tensor_proto, make_ndarray = _tensors.make_tensor_proto, _tensors.make_ndarray

Summary, SummaryMetadata, HistogramProto = (
    _events.Summary, _events.SummaryMetadata, _events.HistogramProto)
SummaryDescription, TaggedRunMetadata = _events.SummaryDescription, _events.TaggedRunMetadata
Event, SessionLog, LogMessage = _events.Event, _events.SessionLog, _events.LogMessage

Example, SequenceExample = _examples.Example, _examples.SequenceExample
Feature, Features = _examples.Feature, _examples.Features
FeatureList, FeatureLists = _examples.FeatureList, _examples.FeatureLists
BytesList, FloatList, Int64List = _examples.BytesList, _examples.FloatList, _examples.Int64List
