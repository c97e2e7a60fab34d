"""tf.contrib.lookup: tables from keys to values, those of tf.lookup and their older names."""

from pentad.frontends.tensorflow1.framework.exports import exports
from pentad.frontends.tensorflow1.lookup import NAMES

__getattr__, __dir__ = exports(__name__, {
    **NAMES,
    "lookup.tables": """
        FastHashSpec HasherSpec HashTable IdTableWithHashBuckets InitializableLookupTableBase
        LookupInterface StrongHashSpec index_table_from_file index_table_from_tensor
        index_to_string index_to_string_table_from_file index_to_string_table_from_tensor
        string_to_index string_to_index_table_from_file string_to_index_table_from_tensor
        StaticHashTable StaticVocabularyTable""",
    "lookup.initializers": """
        KeyValueTensorInitializer TableInitializerBase TextFileIdTableInitializer TextFileIndex
        TextFileInitializer TextFileStringTableInitializer""",
    "lookup.mutable": "MutableHashTable MutableDenseHashTable=DenseHashTable",
})
