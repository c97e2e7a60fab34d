"""tf.debugging."""

from __future__ import annotations

from pentad.frontends.tensorflow1.framework.exports import exports

__getattr__, __dir__ = exports(__name__, {
    "ops.checks": """
        Assert assert_equal assert_none_equal assert_less assert_less_equal assert_greater
        assert_greater_equal assert_positive assert_negative assert_non_negative
        assert_non_positive assert_near check_numerics
        assert_all_finite=verify_tensor_all_finite""",
    "ops.elementwise": "is_finite is_inf is_nan",
    "ops.static_checks": """
        assert_rank assert_rank_at_least assert_rank_in assert_type assert_integer assert_scalar
        assert_same_float_dtype assert_proper_iterable is_non_decreasing is_numeric_tensor
        is_strictly_increasing""",
})
