"""tf.contrib.framework: scopes of arguments, variables of models, checks."""

from pentad.frontends.tensorflow1.framework.exports import exports

NAMES = {
    "contrib.parts.scopes": """
        arg_scope add_arg_scope current_arg_scope has_arg_scope arg_scoped_arguments
        arg_scope_func_key""",
    "contrib.parts.model_variables": """
        variable model_variable local_variable global_variable add_model_variable get_variables
        get_model_variables get_local_variables get_trainable_variables get_variables_by_name
        get_variables_by_suffix get_unique_variable get_variable_full_name
        get_variables_to_restore filter_variables assign_from_values assign_from_values_fn
        assign_from_checkpoint assign_from_checkpoint_fn zero_initializer
        VariableDeviceChooser""",
    "contrib.parts.checks": """
        assert_scalar assert_scalar_int assert_same_float_dtype assert_or_get_global_step
        reduce_sum_n remove_squeezable_dimensions with_shape with_same_shape is_tensor
        strip_name_scope prepend_name_scope get_name_scope get_placeholders
        get_graph_from_inputs deprecated deprecated_args deprecated_arg_values""",
    "train.steps": """
        get_global_step get_or_create_global_step create_global_step assert_global_step""",
    "framework.sparse": "convert_to_tensor_or_sparse_tensor",
    "ops.branches": "smart_cond smart_constant_value",
    "ops.checks": "py_func",
    "": "argsort sort nest",
}
_TRAIN = "list_variables load_checkpoint load_variable init_from_checkpoint"
_found, __dir__ = exports(__name__, NAMES)


def __getattr__(name: str) -> object:
    if name in _TRAIN.split():
        from pentad.frontends.tensorflow1 import train

        return getattr(train, name)
    return _found(name)
