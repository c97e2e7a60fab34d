"""The special cases of the standard as rows: operands, a sign >, the result.

A number is written as nan, inf, -0, 2, pi/4 ...; ~ before it leaves its sign open. Complex numbers
are two of them. Each row of a complex function holds for the conjugate too.
"""

REAL = {
    "abs": "nan>nan|-0>0|-inf>inf",
    "acos": "nan>nan|2>nan|-2>nan|1>0",
    "acosh": "nan>nan|0.5>nan|1>0|inf>inf",
    "asin": "nan>nan|2>nan|-2>nan|0>0|-0>-0",
    "asinh": "nan>nan|0>0|-0>-0|inf>inf|-inf>-inf",
    "atan": "nan>nan|0>0|-0>-0|inf>pi/2|-inf>-pi/2",
    "atanh": "nan>nan|-2>nan|2>nan|-1>-inf|1>inf|0>0|-0>-0",
    "ceil": "inf>inf|-inf>-inf|0>0|-0>-0|nan>nan|-0.5>-0|2>2",
    "cos": "nan>nan|0>1|-0>1|inf>nan|-inf>nan",
    "cosh": "nan>nan|0>1|-0>1|inf>inf|-inf>inf",
    "exp": "nan>nan|0>1|-0>1|inf>inf|-inf>0",
    "expm1": "nan>nan|0>0|-0>-0|inf>inf|-inf>-1",
    "floor": "inf>inf|-inf>-inf|0>0|-0>-0|nan>nan|0.5>0",
    "log": "nan>nan|-1>nan|0>-inf|-0>-inf|1>0|inf>inf",
    "log1p": "nan>nan|-2>nan|-1>-inf|-0>-0|0>0|inf>inf",
    "log2": "nan>nan|-1>nan|0>-inf|-0>-inf|1>0|inf>inf|8>3",
    "log10": "nan>nan|-1>nan|0>-inf|-0>-inf|1>0|inf>inf|1000>3",
    "negative": "0>-0|-0>0|inf>-inf|nan>nan",
    "reciprocal": "nan>nan|0>inf|-0>-inf|inf>0|-inf>-0",
    "round": "inf>inf|-inf>-inf|0>0|-0>-0|nan>nan|0.5>0|1.5>2|-2.5>-2",
    "sign": "-3>-1|~0>~0|3>1|nan>nan|-inf>-1",
    "sin": "nan>nan|0>0|-0>-0|inf>nan|-inf>nan",
    "sinh": "nan>nan|0>0|-0>-0|inf>inf|-inf>-inf",
    "sqrt": "nan>nan|-1>nan|0>0|-0>-0|inf>inf",
    "square": "nan>nan|-0>0|-inf>inf",
    "tan": "nan>nan|0>0|-0>-0|inf>nan|-inf>nan",
    "tanh": "nan>nan|0>0|-0>-0|inf>1|-inf>-1",
    "trunc": "inf>inf|-inf>-inf|0>0|-0>-0|nan>nan|-0.5>-0",
    "add": (
        "nan 1>nan|1 nan>nan|inf -inf>nan|-inf inf>nan|inf inf>inf|-inf -inf>-inf|inf 1>inf"
        "|-inf 1>-inf|1 inf>inf|1 -inf>-inf|-0 -0>-0|-0 0>0|0 -0>0|0 0>0|-0 3>3|3 -0>3|3 -3>0"
    ),
    "atan2": (
        "nan 1>nan|1 nan>nan|1 0>pi/2|1 -0>pi/2|0 1>0|0 0>0|0 -0>pi|0 -1>pi|-0 1>-0|-0 0>-0"
        "|-0 -0>-pi|-0 -1>-pi|-1 0>-pi/2|-1 -0>-pi/2|1 inf>0|1 -inf>pi|-1 inf>-0|-1 -inf>-pi"
        "|inf 1>pi/2|-inf 1>-pi/2|inf inf>pi/4|inf -inf>3*pi/4|-inf inf>-pi/4|-inf -inf>-3*pi/4"
    ),
    "copysign": "1 -0>-1|-1 0>1|inf -1>-inf|-0 1>0|nan 1>nan",
    "divide": (
        "nan 1>nan|1 nan>nan|inf inf>nan|inf -inf>nan|0 0>nan|0 -0>nan|0 1>0|-0 1>-0|0 -1>-0"
        "|-0 -1>0|1 0>inf|1 -0>-inf|-1 0>-inf|-1 -0>inf|inf 1>inf|inf -1>-inf|-inf 1>-inf"
        "|-inf -1>inf|1 inf>0|1 -inf>-0|-1 inf>-0|-1 -inf>0"
    ),
    "floor_divide": (
        "nan 1>nan|1 nan>nan|inf inf>nan|inf -inf>nan|0 0>nan|0 -0>nan|0 1>0|-0 1>-0|0 -1>-0"
        "|-0 -1>0|1 0>inf|1 -0>-inf|-1 0>-inf|-1 -0>inf|inf 1>inf|inf -1>-inf|-inf 1>-inf"
        "|-inf -1>inf|1 inf>0|1 -inf>-0|-1 inf>-0|-1 -inf>0|5 -2>-3|-5 2>-3|1 2>0"
    ),
    "hypot": "inf nan>inf|nan -inf>inf|0 -3>3|-3 -0>3|1 nan>nan|nan nan>nan",
    "logaddexp": "nan 1>nan|1 nan>nan|inf 1>inf|1 inf>inf|-inf -inf>-inf|inf inf>inf|-inf 1>1",
    "maximum": "nan 1>nan|1 nan>nan|inf 1>inf|-inf 1>1",
    "minimum": "nan 1>nan|1 nan>nan|inf 1>1|-inf 1>-inf",
    "multiply": (
        "nan 1>nan|1 nan>nan|inf 0>nan|-0 inf>nan|inf inf>inf|inf -inf>-inf|inf -2>-inf"
        "|-2 inf>-inf|-0 2>-0|-0 -2>0"
    ),
    "nextafter": "nan 1>nan|1 nan>nan|-0 0>0|0 -0>-0|inf inf>inf|-inf -inf>-inf",
    "pow": (
        "2 nan>nan|nan 0>1|nan -0>1|nan 1>nan|2 inf>inf|-2 inf>inf|2 -inf>0|-2 -inf>0|1 inf>1"
        "|-1 inf>1|1 -inf>1|-1 -inf>1|1 5>1|0.5 inf>0|-0.5 inf>0|0.5 -inf>inf|inf 2>inf|inf -2>0"
        "|-inf 3>-inf|-inf 2>inf|-inf 0.5>inf|-inf -3>-0|-inf -2>0|0 2>0|0 -2>inf|-0 3>-0|-0 2>0"
        "|-0 0.5>0|-0 -3>-inf|-0 -2>inf|-0 -0.5>inf|-8 0.5>nan|0 0>1|inf inf>inf|-inf -inf>0"
        "|0 inf>0|0 -inf>inf|1 nan>1"
    ),
    "remainder": (
        "nan 1>nan|1 nan>nan|inf inf>nan|0 0>nan|-0 0>nan|0 1>0|-0 1>0|0 -1>-0|-0 -1>-0|1 0>nan"
        "|-1 -0>nan|inf 1>nan|-inf -1>nan|1 inf>1|1 -inf>-inf|-1 inf>inf|-1 -inf>-1|5 -3>-1"
        "|-5 3>1"
    ),
    "subtract": "inf inf>nan|-inf -inf>nan|0 0>0|-0 0>-0|3 3>0",
}

PREDICATES = {
    "isnan": "nan>1|inf>0|0>0",
    "isinf": "nan>0|inf>1|-inf>1|0>0",
    "isfinite": "nan>0|inf>0|-inf>0|0>1",
    "signbit": "0>0|-0>1|inf>0|-inf>1|2>0|-2>1",
    "equal": "nan nan>0|inf inf>1|-inf inf>0|0 -0>1",
    "not_equal": "nan nan>1|0 -0>0",
    "less": "nan 1>0|1 nan>0|-inf inf>1|-0 0>0",
    "greater_equal": "nan 1>0|1 nan>0|0 -0>1",
}

COMPLEX = {
    "acos": (
        "0 0>pi/2 -0|-0 0>pi/2 -0|0 nan>pi/2 nan|2 inf>pi/2 -inf|2 nan>nan nan|-inf 1>pi -inf"
        "|inf 1>0 -inf|-inf inf>3*pi/4 -inf|inf inf>pi/4 -inf|inf nan>nan ~inf|-inf nan>nan ~inf"
        "|nan 1>nan nan|nan inf>nan -inf|nan nan>nan nan"
    ),
    "acosh": (
        "0 0>0 pi/2|-0 0>0 pi/2|2 inf>inf pi/2|2 nan>nan nan|0 nan>nan ~pi/2|-inf 1>inf pi"
        "|inf 1>inf 0|-inf inf>inf 3*pi/4|inf inf>inf pi/4|inf nan>inf nan|-inf nan>inf nan"
        "|nan 1>nan nan|nan inf>inf nan|nan nan>nan nan"
    ),
    "asinh": (
        "0 0>0 0|2 inf>inf pi/2|2 nan>nan nan|inf 1>inf 0|inf inf>inf pi/4|inf nan>inf nan"
        "|nan 0>nan 0|nan 1>nan nan|nan inf>~inf nan|nan nan>nan nan"
    ),
    "atanh": (
        "0 0>0 0|0 nan>0 nan|1 0>inf 0|2 inf>0 pi/2|2 nan>nan nan|inf 1>0 pi/2|inf inf>0 pi/2"
        "|inf nan>0 nan|nan 1>nan nan|nan inf>~0 pi/2|nan nan>nan nan"
    ),
    "cosh": (
        "0 0>1 0|0 inf>nan ~0|0 nan>nan ~0|2 inf>nan nan|2 nan>nan nan|inf 0>inf 0|inf 1>inf inf"
        "|inf inf>~inf nan|inf nan>inf nan|nan 0>nan ~0|nan 1>nan nan|nan nan>nan nan"
    ),
    "exp": (
        "0 0>1 0|-0 0>1 0|2 inf>nan nan|2 nan>nan nan|inf 0>inf 0|-inf 1>0 0|inf 1>inf inf"
        "|-inf inf>~0 ~0|inf inf>~inf nan|-inf nan>~0 ~0|inf nan>~inf nan|nan 0>nan 0"
        "|nan 1>nan nan|nan nan>nan nan"
    ),
    "expm1": (
        "0 0>0 0|-0 0>0 0|2 inf>nan nan|2 nan>nan nan|inf 0>inf 0|-inf 1>-1 0|inf 1>inf inf"
        "|-inf inf>-1 ~0|inf inf>~inf nan|-inf nan>-1 ~0|inf nan>~inf nan|nan 0>nan 0"
        "|nan 1>nan nan|nan nan>nan nan"
    ),
    "log": (
        "-0 0>-inf pi|0 0>-inf 0|2 inf>inf pi/2|2 nan>nan nan|-inf 1>inf pi|inf 1>inf 0"
        "|-inf inf>inf 3*pi/4|inf inf>inf pi/4|inf nan>inf nan|-inf nan>inf nan|nan 1>nan nan"
        "|nan inf>inf nan|nan nan>nan nan"
    ),
    "log1p": (
        "-1 0>-inf 0|2 inf>inf pi/2|2 nan>nan nan|-inf 1>inf pi|inf 1>inf 0|-inf inf>inf 3*pi/4"
        "|inf inf>inf pi/4|inf nan>inf nan|-inf nan>inf nan|nan 1>nan nan|nan inf>inf nan"
        "|nan nan>nan nan"
    ),
    "log2": "-0 0>-inf pi/ln2|0 0>-inf 0|2 inf>inf pi/2/ln2|2 nan>nan nan|nan inf>inf nan",
    "log10": "-0 0>-inf pi/ln10|0 0>-inf 0|2 inf>inf pi/2/ln10|2 nan>nan nan|nan inf>inf nan",
    "sinh": (
        "0 0>0 0|0 inf>~0 nan|0 nan>~0 nan|2 inf>nan nan|2 nan>nan nan|inf 0>inf 0|inf 1>inf inf"
        "|inf inf>~inf nan|inf nan>~inf nan|nan 0>nan 0|nan 1>nan nan|nan nan>nan nan"
    ),
    # As in C, and not in the standard's text, for infinities beside finite numbers.
    "sqrt": (
        "0 0>0 0|-0 0>0 0|2 inf>inf inf|nan inf>inf inf|2 nan>nan nan|inf 1>inf 0|-inf 1>0 inf"
        "|-inf nan>nan ~inf|inf nan>inf nan|nan 1>nan nan|nan nan>nan nan"
    ),
    "tanh": (
        "0 0>0 0|2 inf>nan nan|0 inf>0 nan|2 nan>nan nan|0 nan>0 nan|inf 1>1 ~0|inf inf>1 ~0"
        "|inf nan>1 ~0|nan 0>nan 0|nan 1>nan nan|nan nan>nan nan"
    ),
    # By the rule f(z) = -i g(iz).
    "asin": "0 0>0 0|inf 2>pi/2 inf|nan 2>nan nan|1 inf>0 inf|inf inf>pi/4 inf",
    "atan": "0 0>0 0|inf 2>pi/2 0|1 inf>pi/2 0|inf inf>pi/2 0",
    "sin": "0 0>0 0|inf 2>nan nan|0 inf>0 inf|1 inf>inf inf|inf inf>nan ~inf",
    "tan": "0 0>0 0|inf 2>nan nan|1 inf>~0 1|inf inf>~0 1|nan inf>~0 1",
    "cos": "0 0>1 -0|inf 2>nan nan|1 inf>inf -inf",
    "sign": "0 0>0 ~0|-0 0>0 ~0|nan 1>nan nan|1 nan>nan nan|3 4>0.6 0.8",
}

MAGNITUDES = "inf nan>inf|nan inf>inf|-inf 1>inf|0 -3>3|-3 0>3|nan 1>nan|1 nan>nan|nan nan>nan"
