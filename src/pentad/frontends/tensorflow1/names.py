"""The names of `tensorflow` itself, and where each one lives."""

NAMES = {
    "framework.dtypes": """
        DType as_dtype float16 float32 float64 half double bfloat16 int8 int16 int32 int64 uint8
        uint16 uint32 uint64 complex64 complex128 bool=bool_ string resource variant qint8 quint8
        qint16 quint16 qint32 QUANTIZED_DTYPES""",
    "framework.shapes": "TensorShape Dimension dimension_value dimension_at_index",
    "framework.tensor": "Tensor",
    "framework.operation": "Operation",
    "framework.graph": """
        Graph get_default_graph reset_default_graph name_scope op_scope control_dependencies device
        colocate_with container add_to_collection add_to_collections get_collection
        get_collection_ref init_scope""",
    "framework.collections": "GraphKeys",
    "framework.convert": """
        constant convert_to_tensor register_tensor_conversion_function
        get_static_value=constant_value""",
    "framework.slices": "IndexedSlices convert_to_tensor_or_indexed_slices",
    "framework.sparse": "SparseTensor SparseTensorValue convert_to_tensor_or_sparse_tensor",
    "framework.config": """
        ConfigProto GPUOptions GraphOptions OptimizerOptions RunOptions RunMetadata""",
    "framework.seeds": "set_random_seed get_seed",
    "framework.session": "Session InteractiveSession get_default_session",
    "queues.queue": "QueueBase FIFOQueue RandomShuffleQueue PaddingFIFOQueue PriorityQueue",
    "queues.readers": """
        ReaderBase TextLineReader WholeFileReader FixedLengthRecordReader TFRecordReader
        IdentityReader LMDBReader""",
    "ops.parsing": """
        FixedLenFeature FixedLenSequenceFeature VarLenFeature SparseFeature parse_example
        parse_single_example decode_csv decode_raw parse_tensor serialize_tensor
        decode_compressed""",
    "ops.sequence_parsing": "parse_single_sequence_example",
    "ops.files": "read_file write_file matching_files",
    "framework.importing": "import_graph_def",
    "framework.messages": """
        GraphDef NodeDef AttrValue NameAttrList MetaGraphDef TensorInfo Summary SummaryMetadata
        HistogramProto Event SessionLog LogMessage make_tensor_proto make_ndarray""",
    "errors": "OpError",
    "ops.elementwise": """
        abs exp log expm1 log1p sin cos tan asin acos atan sinh cosh asinh acosh atanh sqrt rsqrt
        tanh sigmoid reciprocal square negative sign erf erfc lgamma digamma floor ceil rint round
        is_nan is_inf is_finite add subtract multiply realdiv=real_div truncatediv floor_div
        floormod truncatemod mod=floormod div_no_nan maximum minimum pow squared_difference atan2
        igamma igammac polygamma zeta betainc truediv div divide floordiv scalar_mul""",
    "ops.casting": """
        cast to_float to_double to_int32 to_int64 to_bfloat16 to_complex64 to_complex128
        saturate_cast bitcast complex real imag angle conj""",
    "ops.comparison": """
        less less_equal greater greater_equal equal not_equal logical_and logical_or logical_not
        logical_xor where where_v2""",
    "ops.matrices": "matmul sparse_matmul",
    "ops.composed": "lbeta",
    "ops.subscripts": "strided_slice",
    "ops.shaping": """
        shape shape_n size rank reshape expand_dims squeeze transpose matrix_transpose broadcast_to
        ensure_shape stack parallel_stack concat unstack split""",
    "ops.padding": "tile reverse reverse_v2=reverse roll pad",
    "ops.identity": "identity identity_n stop_gradient guarantee_const no_op group tuple=tuple_",
    "ops.creation": """
        placeholder sparse_placeholder placeholder_with_default fill zeros ones zeros_like ones_like
        range lin_space linspace=lin_space eye one_hot sequence_mask""",
    "ops.reductions": """
        reduce_sum reduce_mean reduce_prod reduce_max reduce_min reduce_all reduce_any
        reduce_logsumexp count_nonzero argmax argmin arg_max arg_min cumsum cumprod add_n
        accumulate_n""",
    "ops.state": """
        assign assign_add assign_sub scatter_update scatter_add scatter_sub scatter_mul scatter_div
        scatter_min scatter_max scatter_nd_update scatter_nd_add scatter_nd_sub batch_scatter_update
        is_variable_initialized report_uninitialized_variables assert_variables_initialized
        count_up_to""",
    "ops.random": """
        random_normal random_uniform truncated_normal random_shuffle random_crop multinomial
        random_gamma random_poisson""",
    "variables.variable": "Variable VariableSynchronization VariableAggregation",
    "variables.scope": """
        get_variable get_local_variable variable_scope variable_op_scope get_variable_scope
        VariableScope AUTO_REUSE no_regularizer variable_creator_scope make_template""",
    "variables.partitions": """
        fixed_size_partitioner variable_axis_size_partitioner min_max_variable_partitioner
        create_partitioned_variables""",
    "variables.lists": """
        global_variables local_variables model_variables moving_average_variables
        trainable_variables all_variables variables_initializer global_variables_initializer
        local_variables_initializer initialize_variables initialize_all_variables
        initialize_local_variables tables_initializer initialize_all_tables""",
    "variables.initializers": """
        zeros_initializer=Zeros ones_initializer=Ones constant_initializer=Constant
        random_uniform_initializer=RandomUniform random_normal_initializer=RandomNormal
        truncated_normal_initializer=TruncatedNormal orthogonal_initializer=Orthogonal
        variance_scaling_initializer=VarianceScaling glorot_uniform_initializer=GlorotUniform
        glorot_normal_initializer=GlorotNormal
        uniform_unit_scaling_initializer=UniformUnitScaling""",
    "ops.gathering": """
        gather batch_gather gather_nd slice boolean_mask scatter_nd tensor_scatter_nd_update
        tensor_scatter_nd_add tensor_scatter_nd_sub tensor_scatter_update=tensor_scatter_nd_update
        tensor_scatter_add=tensor_scatter_nd_add tensor_scatter_sub=tensor_scatter_nd_sub
        dynamic_partition dynamic_stitch invert_permutation reverse_sequence""",
    "ops.segments": """
        unsorted_segment_sum unsorted_segment_prod unsorted_segment_max unsorted_segment_min
        unsorted_segment_mean unsorted_segment_sqrt_n segment_sum segment_mean segment_prod
        segment_max segment_min sparse_segment_sum sparse_segment_mean sparse_segment_sqrt_n unique
        unique_with_counts setdiff1d bincount histogram_fixed_width histogram_fixed_width_bins sort
        argsort searchsorted""",
    "ops.clipping": """
        clip_by_value clip_by_norm clip_by_average_norm clip_by_global_norm global_norm""",
    "ops.norms": "norm",
    "ops.branches": "cond case switch_case",
    "ops.loops": "while_loop map_fn scan foldl foldr",
    "ops.tensor_array": "TensorArray",
    "ops.eager": "py_function",
    "ops.checks": """
        Assert Print print=print_ py_func numpy_function check_numerics verify_tensor_all_finite
        add_check_numerics_ops assert_equal assert_none_equal assert_less assert_less_equal
        assert_greater assert_greater_equal assert_positive assert_negative assert_non_negative
        assert_non_positive assert_near""",
    "ops.diagonals": """
        matrix_band_part matrix_diag matrix_diag_part matrix_set_diag diag diag_part trace cross
        einsum tensordot""",
    "ops.linear": """
        cholesky cholesky_solve matrix_determinant matrix_inverse matrix_solve matrix_solve_ls
        matrix_triangular_solve qr svd self_adjoint_eig self_adjoint_eigvals matrix_square_root""",
    "ops.special": "log_sigmoid",
    "ops.distances": "edit_distance",
    "ops.static_checks": """
        assert_rank assert_rank_at_least assert_rank_in assert_type assert_integer assert_scalar
        assert_same_float_dtype assert_proper_iterable is_numeric_tensor is_non_decreasing
        is_strictly_increasing is_tensor confusion_matrix""",
    "ops.blocks": """
        space_to_depth depth_to_space space_to_batch_nd batch_to_space_nd space_to_batch
        batch_to_space required_space_to_batch_paddings extract_image_patches""",
    "ops.grids": """
        meshgrid repeat unravel_index broadcast_static_shape broadcast_dynamic_shape timestamp
        vectorized_map""",
    "ops.custom": """
        custom_gradient grad_pass_through recompute_grad RegisterGradient no_gradient
        NoGradient=no_gradient NotDifferentiable=no_gradient""",
    "framework.modes": """
        executing_eagerly control_flow_v2_enabled resource_variables_enabled
        disable_eager_execution disable_v2_behavior disable_resource_variables
        disable_tensor_equality disable_v2_tensorshape disable_control_flow_v2
        enable_resource_variables enable_control_flow_v2 enable_eager_execution enable_v2_behavior
        enable_tensor_equality enable_v2_tensorshape load_library load_op_library
        load_file_system_library get_logger""",
    "ops.strings": """
        as_string encode_base64 decode_base64 reduce_join regex_replace string_join string_split
        string_strip string_to_hash_bucket string_to_hash_bucket_fast string_to_hash_bucket_strong
        string_to_number substr""",
    "ops.sparse": """
        sparse_add sparse_concat sparse_fill_empty_rows sparse_mask sparse_maximum sparse_merge
        sparse_minimum sparse_reduce_max sparse_reduce_max_sparse sparse_reduce_sum
        sparse_reduce_sum_sparse sparse_reorder sparse_reset_shape sparse_reshape sparse_retain
        sparse_slice sparse_softmax sparse_split sparse_tensor_dense_matmul sparse_tensor_to_dense
        sparse_to_dense sparse_to_indicator sparse_transpose""",
    "ops.fourier": "fft fft2d fft3d ifft ifft2d ifft3d",
    "ops.gradients": "gradients hessians UnconnectedGradients AggregationMethod",
}
