"""Graphs, sessions, variables, random numbers, errors, messages."""

from __future__ import annotations

import numpy as np

from tests.frontends.tensorflow1.values import A, close, refused, table, tf, value

calls = table()

# -- graphs ----------------------------------------------------------------------------------------

calls("tf", "AUTO_REUSE", lambda v: v is not None and v is not True)
calls("tf", "Graph", lambda f: isinstance(tf.get_default_graph(), f))
calls("tf", "Operation", lambda f: isinstance(tf.constant(1).op, f))
calls("tf", "Tensor", lambda f: isinstance(tf.constant(1), f))
calls("tf", "get_default_graph", lambda f: f() is tf.constant(1).graph)
calls("tf", "reset_default_graph", lambda f: refused(f, AssertionError))
calls("tf", "GraphKeys", lambda k: k.GLOBAL_VARIABLES == "variables"
      and k.UPDATE_OPS == "update_ops")
calls("tf", "AggregationMethod", lambda f: (f.ADD_N, f.EXPERIMENTAL_TREE) == (0, 1))
calls("tf", "UnconnectedGradients", lambda f: f("zero") is f.ZERO)
calls("tf", "VariableAggregation", lambda f: f(1) is f.SUM)
calls("tf", "VariableSynchronization", lambda f: f(2) is f.ON_WRITE)


@calls("tf", "name_scope op_scope variable_scope variable_op_scope container device colocate_with "
             "control_dependencies init_scope")
def scopes(f, name):
    given = {"op_scope": ([], "a"), "variable_op_scope": ([], "a"), "init_scope": (),
             "colocate_with": (tf.constant(1.0),), "device": ("/cpu:0",),
             "control_dependencies": ([tf.constant(1.0)],)}.get(name, ("a",))
    with f(*given):
        made = tf.identity(A, name="made")
    in_scope = name in ("name_scope", "op_scope", "variable_scope", "variable_op_scope")
    assert made.op.name == ("a/made" if in_scope else "made")
    assert close(made, A)


@calls("tf", "add_to_collection add_to_collections")
def add_to_collection(f, name):
    f("k" if name == "add_to_collection" else ["k", "l"], 3)
    assert tf.get_collection("k") == [3]


calls("tf", "get_collection get_collection_ref", lambda f: f("nothing") == [])
calls("tf", "group", lambda f: value(f(tf.constant(1).op)) is None)
calls("tf", "no_op", lambda f: value(f()) is None)
calls("tf", "placeholder", lambda f: value((x := f(tf.float32, [None])) * 2, {x: [2.0]})[0] == 4)
calls("tf", "placeholder_with_default", lambda f: close(f(A, [None, 3]), A))


@calls("tf", "sparse_placeholder")
def sparse_placeholder(f):
    x = f(tf.float32)
    found = value(x.values * 2, {x: tf.SparseTensorValue([[0, 1]], [3.0], [1, 2])})
    assert found.tolist() == [6.0]


calls("tf", "SparseTensor", lambda f: value(f([[0]], [2.0], [3]).dense_shape).tolist() == [3])
calls("tf", "SparseTensorValue", lambda f: f([[0]], [2.0], [3]).values == [2.0])

@calls("tf", "hessians")
def hessians(f):
    x = tf.placeholder(tf.float32, [2])
    assert value(f(tf.reduce_sum(x ** 3), x)[0], {x: [1.0, 2.0]}).tolist() == [[6, 0], [0, 12]]


calls("tf", "IndexedSlices", lambda f: close(
    tf.convert_to_tensor(f(tf.constant([[1.0]]), tf.constant([1]), tf.constant([2, 1]))),
    [[0], [1]]))


@calls("tf", "register_tensor_conversion_function")
def conversion(f):
    class Box:
        pass

    f(Box, lambda v, dtype=None, name=None, as_ref=False: tf.constant(7.0))
    assert close(tf.convert_to_tensor(Box()), 7.0)


@calls("tf", "make_template")
def template(f):
    layer = f("t", lambda x: x * tf.get_variable("w", [], initializer=tf.ones_initializer()))
    layer(2.0)
    layer(3.0)
    assert [v.op.name for v in tf.global_variables()] == ["t/w"]


# -- sessions --------------------------------------------------------------------------------------

calls("tf", "Session", lambda f: f().run(tf.constant(3.0)) == 3.0)


@calls("tf", "InteractiveSession")
def interactive(f):
    session = f()
    assert tf.constant(2.0).eval() == 2.0
    session.close()


@calls("tf", "get_default_session")
def default_session(f):
    assert f() is None
    with tf.Session() as session:
        assert f() is session


calls("tf", "ConfigProto", lambda f: f(allow_soft_placement=True).allow_soft_placement)
calls("tf", "GPUOptions", lambda f: f(allow_growth=True).allow_growth)
calls("tf", "GraphOptions", lambda f: f(enable_recv_scheduling=True).enable_recv_scheduling)
calls("tf", "OptimizerOptions", lambda f: f(opt_level=f.L0).opt_level == -1)
calls("tf", "RunOptions", lambda f: f(trace_level=f.FULL_TRACE).trace_level == 3)
calls("tf", "RunMetadata", lambda f: tf.Session().run(tf.constant(1), run_metadata=f()) == 1)

# -- variables -------------------------------------------------------------------------------------

calls("tf", "Variable", lambda f: close(f(A) * 2, A * 2))
calls("tf", "get_variable", lambda f: close(f("v", [2], initializer=tf.ones_initializer()), [1, 1]))
calls("tf", "get_local_variable", lambda f: f("v", [2]) in tf.local_variables())
calls("tf", "get_variable_scope", lambda f: f().name == "")
calls("tf", "VariableScope", lambda f: isinstance(tf.get_variable_scope(), f))
calls("tf", "global_variables all_variables trainable_variables", lambda f:
      tf.Variable(1.0) is f()[0])
calls("tf", "local_variables model_variables moving_average_variables", lambda f: f() == [])


@calls("tf", "variable_creator_scope")
def variable_creator_scope(f):
    with f(lambda make, **more: make(**{**more, "name": "other"})):
        assert tf.Variable(1.0, name="v").op.name == "other"



@calls("tf", "global_variables_initializer initialize_all_variables local_variables_initializer "
             "initialize_local_variables tables_initializer initialize_all_tables")
def initialize(f, name):
    v = tf.Variable(3.0)
    with tf.Session() as session:
        session.run(f())
        if "all_variables" in name or "global" in name:
            assert session.run(v) == 3.0


calls("tf", "variables_initializer initialize_variables", lambda f: tf.Session().run(
    f([tf.Variable(1.0)])) is None)


@calls("tf", "assign assign_add assign_sub")
def assign(f, name):
    v = tf.Variable(3.0)
    expected = {"assign": 2.0, "assign_add": 5.0, "assign_sub": 1.0}[name]
    assert value(f(v, 2.0)) == expected


ROWS = {"update": 9.0, "add": 11.0, "sub": -7.0, "mul": 18.0, "div": 2 / 9, "min": 2.0, "max": 9.0}


@calls("tf", "scatter_update scatter_add scatter_sub scatter_mul scatter_div scatter_min "
             "scatter_max")
def scatter(f, name):
    v = tf.Variable([1.0, 2.0, 3.0])
    assert close(f(v, [1], [9.0]), [1, ROWS[name[8:]], 3])


@calls("tf", "scatter_nd_update scatter_nd_add scatter_nd_sub batch_scatter_update")
def scatter_nd(f, name):
    v = tf.Variable([[1.0, 2.0, 3.0]])
    index = [[1]] if name == "batch_scatter_update" else [[0, 1]]
    made = f(v, index, [[9.0]] if name == "batch_scatter_update" else [9.0])
    assert close(made, [[1, ROWS[name.rpartition("_")[2]], 3]])


calls("tf", "count_up_to", lambda f: value(f(tf.Variable(0), 3)) == 0)
calls("tf", "is_variable_initialized", lambda f: bool(value(f(tf.Variable(1.0)))))
calls("tf", "report_uninitialized_variables", lambda f: value(f()).tolist() == [])
calls("tf", "assert_variables_initialized", lambda f: tf.Variable(1.0) is not None
      and value(f()) is None)
calls("tf", "create_partitioned_variables", lambda f: len(f([4, 2], [2, 1], tf.ones([4, 2]))) == 2)
calls("tf", "fixed_size_partitioner", lambda f: f(2)(tf.TensorShape([4, 2]), dtype=tf.float32)
      == [2, 1])
calls("tf", "variable_axis_size_partitioner min_max_variable_partitioner",
      lambda f: f(64)(tf.TensorShape([64, 2]), tf.float32)[1] == 1)
calls("tf", "no_regularizer", lambda f: f(tf.constant(1.0)) is None)

# -- random numbers --------------------------------------------------------------------------------

calls("tf", "set_random_seed", lambda f: f(3) is None and tf.get_seed(None)[0] == 3)
calls("tf", "get_seed", lambda f: f(4)[1] == 4)


@calls("tf", "random_normal random_uniform truncated_normal")
def random(f):
    drawn = value(f([200], seed=1))
    assert drawn.shape == (200,)
    assert len(set(drawn.tolist())) > 100


calls("tf", "random_shuffle", lambda f: sorted(value(f(tf.range(5))).tolist()) == [0, 1, 2, 3, 4])
calls("tf", "random_crop", lambda f: value(f(tf.constant(A), [1, 2])).shape == (1, 2))


@calls("", "tf.multinomial tf.random.categorical")
def draws_of_classes(f):
    chances = np.array([[0.2, 0.3, 0.5], [0.7, 0.2, 0.1]])
    drawn = value(f(tf.constant(np.log(chances)), 2000, seed=4))
    shares = np.stack([np.bincount(row, minlength=3) / 2000 for row in drawn])
    assert abs(shares - chances).max() < 0.05


calls("tf", "random_gamma", lambda f: (value(f([9], 2.0)) > 0).all())
calls("tf", "random_poisson", lambda f: (value(f(3.0, [9])) >= 0).all())
calls("tf.random", "stateless_normal stateless_uniform stateless_truncated_normal",
      lambda f: (value(f([4], [1, 2])) == value(f([4], [1, 2]))).all())


@calls("tf.random", "stateless_multinomial stateless_categorical")
def draws_by_seeds(f):
    drawn = value(f(tf.constant([[np.log(0.25), np.log(0.75)]]), 2000, [1, 2]))
    assert abs(drawn.mean() - 0.75) < 0.05
    assert (drawn == value(f(tf.constant([[np.log(0.25), np.log(0.75)]]), 2000, [1, 2]))).all()


# -- errors ----------------------------------------------------------------------------------------

CODES = {
    "OK": 0, "CANCELLED": 1, "UNKNOWN": 2, "INVALID_ARGUMENT": 3, "DEADLINE_EXCEEDED": 4,
    "NOT_FOUND": 5, "ALREADY_EXISTS": 6, "PERMISSION_DENIED": 7, "RESOURCE_EXHAUSTED": 8,
    "FAILED_PRECONDITION": 9, "ABORTED": 10, "OUT_OF_RANGE": 11, "UNIMPLEMENTED": 12,
    "INTERNAL": 13, "UNAVAILABLE": 14, "DATA_LOSS": 15, "UNAUTHENTICATED": 16,
}
calls("tf.errors", " ".join(CODES), lambda code, name: code == CODES[name])
calls("tf.errors", "AbortedError AlreadyExistsError CancelledError DataLossError "
      "DeadlineExceededError FailedPreconditionError InternalError InvalidArgumentError "
      "NotFoundError OutOfRangeError PermissionDeniedError ResourceExhaustedError "
      "UnauthenticatedError UnavailableError UnimplementedError",
      lambda e: issubclass(e, tf.errors.OpError) and e(None, None, "why").message == "why")
calls("tf.errors", "UnknownError", lambda e: e(None, None, "why").error_code == 2)
calls("tf", "OpError", lambda e: issubclass(tf.errors.NotFoundError, e))
calls("tf.errors", "exception_type_from_error_code", lambda f: f(5) is tf.errors.NotFoundError)
calls("tf.errors", "error_code_from_exception_type", lambda f: f(tf.errors.NotFoundError) == 5)


@calls("tf.errors", "raise_exception_on_not_ok_status")
def raise_exception_on_not_ok_status(f):
    with f() as status:
        assert status is None


# -- messages, versions ----------------------------------------------------------------------------

calls("tf", "VERSION", lambda v: v.startswith("1.15"))
calls("tf", "GIT_VERSION COMPILER_VERSION", lambda v: isinstance(v, str))
calls("tf", "CXX11_ABI_FLAG MONOLITHIC_BUILD GRAPH_DEF_VERSION GRAPH_DEF_VERSION_MIN_CONSUMER "
            "GRAPH_DEF_VERSION_MIN_PRODUCER", lambda v: isinstance(v, int))
calls("tf", "GraphDef NodeDef AttrValue NameAttrList MetaGraphDef TensorInfo SummaryMetadata "
            "HistogramProto Event SessionLog LogMessage",
      lambda f: f.FromString(f().SerializeToString()) == f())
calls("tf", "Summary", lambda f: f(value=[f.Value(tag="a", simple_value=2.0)]).value[0].tag == "a")
