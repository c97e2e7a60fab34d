"""Theano's documented optimisations, each with a function as users write it and what Pentad does.

`docs/optimisations.md` is made of these rows:

    python -m tests.passes.checklist             show what differs
    python -m tests.passes.checklist --update    write the page
"""

from __future__ import annotations

import math
import sys
from collections.abc import Callable, Sequence
from decimal import Decimal, localcontext
from typing import Any, NamedTuple

import numpy as np

import pentad as pt
from pentad.schedule.explain import Explanation
from tests.passes.quotient_cases import inverse_erfcx, log_erfc
from tests.source_tree import ROOT

PAGE = ROOT / "docs" / "optimisations.md"

Function = Callable[..., Any]


class Formula(NamedTuple):
    """An unstable formula: its values and gradients on extreme inputs are those of `truth` and
    `slopes`, and `rules` fire in it, `gradient_rules` in its gradient."""

    theano: str
    written: str
    function: Function
    inputs: Sequence[Any]
    rules: Sequence[str]
    truth: Function
    gradient_rules: Sequence[str] = ()
    slopes: Function | None = None


class Structure(NamedTuple):
    """What a function becomes: `fact` holds for what is explained of it."""

    theano: str
    written: str
    function: Function
    inputs: Sequence[Any]
    does: str
    fact: Callable[[Explanation], bool]


class Refused(NamedTuple):
    """What Pentad does not do, and why."""

    theano: str
    why: str


def sigmoid(x: np.ndarray) -> np.ndarray:
    small = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + small), small / (1 + small))


def softplus(x: np.ndarray) -> np.ndarray:
    return np.logaddexp(0, x)


def log_softmax(x: np.ndarray) -> np.ndarray:
    z = x - x.max(1, keepdims=True)
    return z - np.log(np.exp(z).sum(1, keepdims=True))


def softmax(x: np.ndarray) -> np.ndarray:
    return np.exp(log_softmax(x))


def onehot_gradient(x: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Of the mean cross entropy."""
    return (softmax(x) - np.eye(x.shape[1])[labels]) / len(x)


def cross_entropy(x: np.ndarray, labels: np.ndarray) -> np.ndarray:
    return -log_softmax(x)[np.arange(len(x)), labels].mean()


def exactly(function: Callable[[Any], Any]) -> Function:
    """A function of decimal numbers as one of arrays."""
    def of_array(x: np.ndarray) -> np.ndarray:
        with localcontext() as context:
            context.prec, context.Emax, context.Emin = 60, 10**17, -(10**17)
            return np.array([float(function(Decimal(v))) for v in x.tolist()])

    return of_array


def erfc(x: np.ndarray) -> np.ndarray:
    return np.array([math.erfc(v) for v in x])


ANY = np.array([-1e4, -800.0, -40.0, -1e-12, 0.0, 1e-12, 3.0, 40.0, 800.0, 1e4])
SMALL = np.array([1e-17, 1e-300, -1e-20, 0.5, 2.0])
SIZES = np.array([1e-200, 1e-3, 2.0, 1e200])
LEFT = np.array([1000.0, -1000.0, 0.0, -1e3, 1.0, 800.0])
RIGHT = np.array([999.0, -1001.0, 0.0, 1e3, 2.0, -800.0])
SCORES = np.array([[1000.0, 0.0, -1000.0], [1.0, 2.0, 3.0]])
ROWS, LABELS = np.array([0, 1]), np.array([2, 0])
BIAS = np.array([1.0, 2.0, 3.0])
TAIL = np.array([-3.0, -1e-10, 0.0, 1.0, 5.0, 26.0, 30.0, 1e5])
TINY = np.diag([1e-200, 1e-150, 1e-100])
NEARLY_SINGULAR = np.array([[1.0, 1.0], [1.0, 1.0 + 3e-13]])
ERRORS = np.array([1e-20, 1.0, 6.0, 20.0])
ROOT_PI = np.sqrt(np.pi)

PICKED = "log(softmax or sigmoid)"

FORMULAS = (
    Formula("local_log1p", "log(1 + x)", lambda x: pt.log(1 + x), [SMALL], ["log(1 + x)"],
            np.log1p, (), lambda x: 1 / (1 + x)),
    Formula("local_expm1", "exp(x) - 1", lambda x: pt.exp(x) - 1, [SMALL], ["exp(x) - 1"],
            np.expm1, (), np.exp),
    Formula("local_log_add", "log(exp(a) + exp(b))",
            lambda a, b: pt.log(pt.exp(a) + pt.exp(b)), [LEFT, RIGHT],
            ["log(exp(x) + exp(y))"], np.logaddexp,
            ["exp(x) / (exp(x) + ...)"], lambda a, b: (sigmoid(a - b), sigmoid(b - a))),
    Formula("log1pexp_to_softplus", "log(1 + exp(x))", lambda x: pt.log(1 + pt.exp(x)), [ANY],
            ["log(1 + exp(x))"], softplus, ["sigmoid(-x) * exp(x)"], sigmoid),
    Formula("log1pexp_to_softplus", "log1p(exp(x))", lambda x: pt.log1p(pt.exp(x)), [ANY],
            ["log1p(exp(x))"], softplus, ["sigmoid(-x) * exp(x)"], sigmoid),
    Formula("logsigm_to_softplus", "log(sigmoid(x))", lambda x: pt.log(pt.sigmoid(x)), [ANY],
            [PICKED], lambda x: -softplus(-x), ["h / sigmoid * sigmoid"], lambda x: sigmoid(-x)),
    Formula("log1msigm_to_softplus", "log(1 - sigmoid(x))",
            lambda x: pt.log(1 - pt.sigmoid(x)), [ANY], ["1 - sigmoid(x)", PICKED],
            lambda x: -softplus(x), ["h / s * s"], lambda x: -sigmoid(x)),
    Formula("logsigm_to_softplus", "log(1 / (1 + exp(-x)))",
            lambda x: pt.log(1 / (1 + pt.exp(-x))), [ANY], ["1 / (1 + exp(-x))", PICKED],
            lambda x: -softplus(-x), ["exp(x) / (exp(x) + ...)"], lambda x: sigmoid(-x)),
    Formula("local_exp_over_1_plus_exp", "exp(x) / (1 + exp(x))",
            lambda x: pt.exp(x) / (1 + pt.exp(x)), [ANY], ["exp(x) / (1 + exp(x))"], sigmoid,
            ["exp(x) / (exp(x) + ...)", "sigmoid(-x) * exp(x)"],
            lambda x: np.where(x < 30, sigmoid(x) * sigmoid(-x), 0)),
    Formula("local_inv_1_plus_exp", "1 / (1 + exp(-x))", lambda x: 1 / (1 + pt.exp(-x)), [ANY],
            ["1 / (1 + exp(-x))"], sigmoid, ["sigmoid(x) * exp(-x)"],
            lambda x: sigmoid(x) * sigmoid(-x)),
    Formula("local_sigm_times_exp", "sigmoid(-x) * exp(x)",
            lambda x: pt.sigmoid(-x) * pt.exp(x), [ANY], ["sigmoid(-x) * exp(x)"], sigmoid),
    Formula("local_sigm_times_exp", "x * exp(x) / (1 + exp(x))",
            lambda x: x * pt.exp(x) / (1 + pt.exp(x)), [ANY], ["exp(x) / (exp(x) + ...)"],
            lambda x: x * sigmoid(x)),
    Formula("local_1msigmoid", "1 - sigmoid(x)", lambda x: 1 - pt.sigmoid(x), [ANY],
            ["1 - sigmoid(x)"], lambda x: sigmoid(-x), (), lambda x: -sigmoid(x) * sigmoid(-x)),
    Formula("local_one_minus_erf", "1 - erf(x)", lambda x: 1 - pt.erf(x), [ERRORS],
            ["1 - erf(x)"], erfc, (),
            lambda x: -2 / ROOT_PI * np.exp(-x * x)),
    Formula("local_one_plus_erf", "1 + erf(-x)", lambda x: 1 + pt.erf(-x), [ERRORS],
            ["1 + erf(x)"], erfc),
    Formula("local_log_erfc, local_grad_log_erfc_neg", "log(erfc(x))",
            lambda x: pt.log(pt.special.erfc(x)), [TAIL], ["log(erfc(x))"], exactly(log_erfc),
            ["exp(-x * x) / erfc(x)"], lambda x: -2 / ROOT_PI * exactly(inverse_erfcx)(x)),
    Formula("local_log_pow", "log(x ** 2)", lambda x: pt.log(x**2), [SIZES], ["log(x * x)"],
            lambda x: 2 * np.log(x), ["h / s * s"], lambda x: 2 / x),
    Formula("local_log_pow", "log(x ** 5)", lambda x: pt.log(x**5), [SIZES],
            ["log(x * x * x ...)"], lambda x: 5 * np.log(x), ["h / s * s"], lambda x: 5 / x),
    Formula("local_log_pow", "log(x ** 2.5)", lambda x: pt.log(x**2.5), [SIZES],
            ["log(x ** number)"], lambda x: 2.5 * np.log(x), ["x ** (y - 1) / x ** y"],
            lambda x: 2.5 / x),
    Formula("local_log_pow", "log(x ** y)", lambda x, y: pt.log(x**y),
            [SIZES, np.array([3.0, 200.0, 2.5, 5.0])], ["log(x ** y)"],
            lambda x, y: y * np.log(x), ["x ** (y or 1 - 1) / x ** y", "h / s * s"],
            lambda x, y: (y / x, np.log(x))),
    Formula("local_log_prod_sqr", "log(prod(x ** 2))", lambda x: pt.log(pt.prod(x**2)),
            [np.full(20, 1e-40)], ["log(prod(x))"], lambda x: 2 * np.log(np.abs(x)).sum()),
    Formula("local_greedy_distributor", "(a / exp(x) - b) * exp(x)",
            lambda x: (3 / pt.exp(x) - 1) * pt.exp(x), [ANY[:-2]], ["(h / exp - t) * exp"],
            lambda x: 3 - np.exp(x)),
    Formula("local_logsoftmax, local_logsoftmax_grad", "log(softmax(x))",
            lambda x: pt.log(pt.softmax(x, 1)), [SCORES], [PICKED], log_softmax,
            ["h / softmax * softmax", "(h / softmax - t) * softmax"],
            lambda x: 1 - 3 * softmax(x)),
    Formula("local_logsoftmax, local_logsoftmax_grad", "log(exp(x) / sum(exp(x)))",
            lambda x: pt.log(pt.exp(x) / pt.exp(x).sum(1, keepdim=True)), [SCORES],
            ["softmax by hand", PICKED], log_softmax, ["exp(x) / sum(exp(x))", "h / s * s"],
            lambda x: 1 - 3 * softmax(x)),
    Formula("local_logsoftmax, local_logsoftmax_grad", "log((exp(x) / exp(x).sum())[0])",
            lambda x: pt.log((pt.exp(x) / pt.exp(x).sum())[0]), [SCORES],
            ["softmax by hand", PICKED], lambda x: x[0] - 1000, ["h / s * s"],
            lambda x: np.array([[-2.0, 1, 1], [0, 0, 0]])),
    Formula("crossentropy_to_crossentropy_with_softmax", "-(t * log(softmax(x))).sum(1)",
            lambda x, t: -(pt.log(pt.softmax(x, 1)) * t.to(pt.float64)).sum(1),
            [SCORES, np.eye(3, dtype=int)[:2]], [PICKED], lambda x, t: -np.diag(log_softmax(x)),
            ["(h / softmax - t) * softmax"], lambda x, t: softmax(x) - t),
    Formula("crossentropy_to_crossentropy_with_softmax_with_bias",
            "-log(softmax(x + b))[rows, y].mean()",
            lambda x, b, r, y: -pt.log(pt.softmax(x + b, 1))[r, y].mean(),
            [SCORES, BIAS, ROWS, LABELS], [PICKED], lambda x, b, r, y: cross_entropy(x + b, y),
            ["(h / softmax - t) * softmax"],
            lambda x, b, r, y: (onehot_gradient(x + b, y), onehot_gradient(x + b, y).sum(0))),
    Formula("local_advanced_indexing_crossentropy_onehot (and _grad)",
            "-log(softmax(x)[rows, y]).mean()",
            lambda x, r, y: -pt.log(pt.softmax(x, 1)[r, y]).mean(), [SCORES, ROWS, LABELS],
            [PICKED], lambda x, r, y: cross_entropy(x, y), ["h / s * s"],
            lambda x, r, y: onehot_gradient(x, y)),
    Formula("local_log_sum_exp", "log(exp(x).sum(1))", lambda x: pt.log(pt.exp(x).sum(1)),
            [SCORES], ["log(sum(exp(x)))"], lambda x: -(log_softmax(x) - x)[:, 0],
            ["gradient of log(sum(exp(x)))"], softmax),
    Formula("local_log_sum_exp", "log(exp(x).sum())", lambda x: pt.log(pt.exp(x).sum()),
            [SCORES], ["log(sum(exp(x)))"], lambda x: 1000.0,
            ["gradient of log(sum(exp(x)))"],
            lambda x: softmax(x.reshape(1, -1)).reshape(x.shape)),
    Formula("local_det_chol", "log(det(a))", lambda a: pt.log(pt.linalg.det(a)), [TINY],
            ["log(det(x))"], lambda a: np.log(np.diag(a)).sum(), ["cofactor / det"],
            lambda a: np.diag(1 / np.diag(a))),
    Formula("inv_as_solve", "inv(a) @ b", lambda a, b: (pt.linalg.inv(a) @ b).diagonal(),
            [NEARLY_SINGULAR, NEARLY_SINGULAR], ["inv(x) @ y"], lambda a, b: np.ones(2)),
    Formula("inv_as_solve", "v @ inv(a)", lambda a, v: v @ pt.linalg.inv(a),
            [np.array([[2.0, 1.0], [0.0, 4.0]]), np.array([2.0, 3.0])], ["y @ inv(x)"],
            lambda a, v: np.linalg.solve(a.T, v)),
)


# -- what is seen in the graph and its kernels -------------------------------------------------


def ops_of(found: Explanation) -> list[str]:
    assert found.after is not None
    return [n.op.name for n in found.after.nodes if n.op.name not in ("input", "full")]


def fired(*names: str) -> Callable[[Explanation], bool]:
    return lambda found: set(names) <= {f.rule for f in found.rules}


def kernels(count: int) -> Callable[[Explanation], bool]:
    return lambda found: len(found.kernels) == count


def without(*names: str) -> Callable[[Explanation], bool]:
    return lambda found: not set(names) & set(ops_of(found))


def once(name: str) -> Callable[[Explanation], bool]:
    return lambda found: ops_of(found).count(name) == 1


def computes_rows(count: int) -> Callable[[Explanation], bool]:
    """No value that is computed has more rows."""
    return lambda found: all(
        n.shape[0] <= count
        for n in found.after.nodes
        if n.ndim and n.op.name not in ("input", "full")
    )


X, Y, W = np.ones((6, 4)), np.full((6, 4), 2.0), np.ones((4, 3))


def rule(theano: str, written: str, function: Function, *names: str, inputs: int = 1) -> Structure:
    """A row of `canonicalise` or `lift`."""
    given = [X, Y][:inputs]
    does = ", ".join(f"`{name}`" for name in names)
    return Structure(theano, written, function, given, f"rule {does}", fired(*names))


STRUCTURES = (
    Structure("merge", "exp(x) + 2 * exp(x)", lambda x: pt.exp(x) + 2 * pt.exp(x), [X],
              "`cse`: equal nodes become one", once("exp")),
    Structure("constant folding", "x * sqrt(full(4))",
              lambda x: x * pt.full((6, 4), 4.0, dtype=pt.float64).sqrt(), [X],
              "`fold`: computed by the references", without("sqrt")),
    Structure("fill cut, local_fill_to_alloc", "zeros_like(x) - x * ones_like(x)",
              lambda x: pt.zeros_like(x) - x * pt.ones_like(x), [X],
              "a constant is a number in a kernel; `x * 1`",
              lambda found: kernels(1)(found) and without("broadcast", "mul")(found)),
    rule("reshape_chain, local_useless_reshape", "x.reshape(24).reshape(3, 8)",
         lambda x: pt.exp(x.reshape(24).reshape(3, 8)), "reshape of reshape"),
    rule("local_useless_alloc", "x.expand(6, 4)", lambda x: pt.exp(x.sum(1, keepdim=True) - x),
         "broadcast of new unit axes"),
    rule("constant elimination, local_mul_specialize", "x * 1, x / 1, x - 0",
         lambda x: (x * 1) / 1 - 0.0, "x * 1", "x / 1", "x - 0"),
    rule("add canonicalisation", "x + -y, x - -y", lambda x, y: (x + -y) * (x - -y),
         "x + -y", "x - -y", inputs=2),
    rule("mul canonicalisation", "-x * -y, x * -1", lambda x, y: (-x * -y) + y * -1,
         "-x * -y", "x * -1", inputs=2),
    rule("neg_neg", "-(-x)", lambda x: -pt.neg(pt.exp(x)), "-(-x)"),
    rule("neg_div_neg", "-x / -y", lambda x, y: -x / -y, "-x / -y", inputs=2),
    rule("div specialise", "x / 4", lambda x: x / 4, "x / 2**k"),
    Structure("local_pow_specialize", "x ** 3", lambda x: x**3, [X],
              "made of multiplications while tracing, or rule `x ** 1, 2, 3`", without("pow")),
    Structure("dot22, dot22scalar", "0.5 * (x @ w)", lambda x, w: 0.5 * (x @ w), [X, W],
              "the factor is applied in the product's registers", kernels(1)),
    Structure("gemm", "relu(x @ w + b)", lambda x, w, b: pt.relu(x @ w + b),
              [X, W, np.ones(3)], "bias and activation are the product's epilogue", kernels(1)),
    Structure("gemm (beta)", "c - 0.1 * (x @ w)", lambda x, w, c: c - 0.1 * (x @ w),
              [X, W, np.ones((6, 3))], "the update of a parameter is the product's epilogue",
              kernels(1)),
    Structure("sum_scalar_mul", "(3 * x).sum(1)", lambda x: (3 * x).sum(1), [X],
              "one kernel, whose arithmetic waits for memory", kernels(1)),
    Structure("elemwise fusion", "tanh(x) * y + exp(y)",
              lambda x, y: pt.tanh(x) * y + pt.exp(y), [X, Y], "one kernel", kernels(1)),
    Structure("inplace_elemwise", "a chain of exp, sin, tanh",
              lambda x: pt.tanh(pt.sin(pt.exp(x))), [X],
              "values stay in registers; `schedule/donation.py` for what is written over",
              lambda found: kernels(1)(found) and found.kernels[0].writes[0].startswith("output")),
    Structure("local_softmax_with_bias", "softmax(x + b)",
              lambda x, b: pt.softmax(x + b, 1), [X, np.ones(4)], "the sum is fused",
              lambda found: len(found.kernels) <= 2),
    rule("local_subtensor_lift", "exp(x)[0]", lambda x: pt.exp(x)[0], "slice of exp"),
    Structure("local_subtensor_lift", "(exp(x) * x + 1)[:2]",
              lambda x: (pt.exp(x) * x + 1)[:2], [X], "`lift`: only what is kept is computed",
              computes_rows(2)),
    Structure("local_subtensor_of_alloc", "(x.sum(0) + zeros(6, 4))[:2]",
              lambda x: (x.sum(0).expand(6, 4) * 2)[:2], [X], "`lift`", computes_rows(4)),
    Structure("local_subtensor_of_dot", "(x @ w)[:2]", lambda x, w: (x @ w)[:2], [X, W],
              "`lift`: only the rows that are kept are multiplied", computes_rows(2)),
    Structure("local_join_1, subtensor of join", "cat([exp(x), y])[:6]",
              lambda x, y: pt.cat([pt.exp(x), pt.sin(y)])[:6], [X, Y],
              "`lift`: the parts that are dropped are not made", without("concatenate", "sin")),
    rule("local_subtensor_merge", "x[1:][2:]", lambda x: x[1:][2:] + 1, "slice of slice"),
    rule("local_dimshuffle_lift", "x.T.T", lambda x: pt.exp(x.T.T), "transpose of transpose"),
    rule("local_useless_elemwise_comparison", "where(x < x, x, y)",
         lambda x, y: pt.where(x < x, x, y) + 1, "x < x", inputs=2),
    rule("local_useless_switch", "where(x > y, x, x)", lambda x, y: pt.where(x > y, x, x) + 1,
         "where(c, x, x)", inputs=2),
    rule("local_cast_cast", "x.int().long()",
         lambda x: x.to(pt.int8).to(pt.int32).to(pt.int64), "cast of a lossless cast"),
    Structure("inc_subtensor serialisation, local_incsubtensor_of_zeros",
              "the gradient of x[:3] and x[3:]",
              lambda x: pt.grad(lambda z: (pt.exp(z[:3]).sum() + pt.sin(z[3:]).sum()))(x), [X],
              "rule `sum of padded parts`: a concatenation", without("pad")),
)

REFUSED = (
    Refused("local_mul_zero (x * 0 is 0)", "x * 0 is NaN for an infinite or NaN x, -0.0 for a "
            "negative one; what is NaN must stay to be seen."),
    Refused("add canonicalisation ((x + 1) + 2 is x + 3)", "The rounding differs, and "
            "(x + 1e300) - 1e300 would become x."),
    Refused("mul canonicalisation (x * y / x is y)", "It hides 0 / 0. A factor is cancelled if "
            "it is positive, or if it is left below the line: then a pole stays a pole."),
    Refused("sum_scalar_mul (sum(3 * x) is 3 * sum(x))", "The sum may overflow where the terms "
            "do not. The factor costs nothing in the kernel of the sum."),
    Refused("log(prod(x)) for any x", "Two negative factors have a product with a logarithm, but "
            "none themselves; squares, absolute values and probabilities are recognised."),
    Refused("the gradient of log(prod(x ** 2))", "It divides products of all factors but one, "
            "which are NaN where the whole product is 0; of sum(log(x ** 2)) it is 2 / x."),
    Refused("psd solve, local_det_chol", "Nothing tells that a matrix is positive definite: "
            "`pt.cholesky_solve` says so. Logarithms of determinants need no such word."),
    Refused("local_reshape_lift, local_flatten_lift", "A reshape is a view, and op(x).reshape(s) "
            "keeps op in the kernel of the product or sum that made x; op(x.reshape(s)) does not."),
    Refused("remove_all_assert", "Checks of indices stay; they are made inside of kernels."),
    Refused("inplace_random", "Random numbers are a function of a counter; they have no state "
            "to be written over."),
    Refused("sparse_dot", "There are no sparse kernels to choose between."),
    Refused("GPU transfer", "A value lives where its graph runs."),
)


# -- the page ----------------------------------------------------------------------------------

HEAD = """# Theano's optimisations, here

What Theano documented as its optimisations, and what Pentad's compiler does instead. In each
function of these tables `tests/passes/test_checklist.py` finds the rule, and compares values and
gradients on extreme inputs with exact ones. `pentad.explain(function, x).rules` tells which rules
fired in a function of yours. Made by `python -m tests.passes.checklist --update`.

## Formulas that overflow, vanish or cancel

| Theano's name | written | rules for the value | rules for the gradient |
|---|---|---|---|
"""


def names(rules: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in rules)


def page() -> str:
    """The text of docs/optimisations.md."""
    text = HEAD
    for f in FORMULAS:
        gradient = names(f.gradient_rules) or ("stable as it is" if f.slopes else "")
        text += f"| {f.theano} | `{f.written}` | {names(f.rules)} | {gradient} |\n"
    text += "\n## The graph and its kernels\n\n| Theano's name | written | what happens |\n"
    text += "|---|---|---|\n"
    for s in STRUCTURES:
        text += f"| {s.theano} | `{s.written}` | {s.does} |\n"
    text += "\n## What is not done, and why\n\n| Theano's name | why |\n|---|---|\n"
    for r in REFUSED:
        text += f"| {r.theano} | {r.why} |\n"
    return text


if __name__ == "__main__":
    if "--update" in sys.argv:
        PAGE.write_text(page(), encoding="utf-8")
    elif PAGE.read_text(encoding="utf-8") != page():
        sys.exit(f"{PAGE} differs: run with --update")
