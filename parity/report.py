"""docs/parity.md: what agreed and what did not, op by op."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from parity.entries import CASES_LEFT_OUT, LEFT_OUT
from parity.runner import KINDS, Result

HEAD = """# Parity with PyTorch

What Pentad computes for PyTorch's own samples: the entries of `op_db` in
`torch.testing._internal.common_methods_invocations` ({versions}), written by
`make parity`. A forward case is one sample in float32, int64, bool or complex64, whichever the op
takes; it passes if every result has the same shape and dtype and values within the tolerances of
`torch.testing.assert_close`, or lies as near to PyTorch's float64 result as twice PyTorch's own
error. A gradient case is one sample in float64: the gradients of a random projection of the
results, within 1e-6. In place: the form that ends in an underscore. Of random numbers the shape,
the dtype and the distribution are compared, of uninitialised memory shape and dtype.

"""


def total(results: Mapping[str, Result], kind: str) -> tuple[int, int]:
    """(passed, all) cases of a kind."""
    passed = sum(r[kind]["passed"] for r in results.values())
    return passed, sum(sum(r[kind].values()) for r in results.values())


def share(passed: int, cases: int) -> str:
    """`9 of 10 (90.0 %)`."""
    return f"{passed:,} of {cases:,}" + (f" ({100 * passed / cases:.1f} %)" if cases else "")


def summary(results: Mapping[str, Result]) -> str:
    """One line for all ops."""
    parts = [f"{kind} {share(*total(results, kind))}" for kind in KINDS]
    whole = sum(1 for r in results.values() if not r["first"])
    return f"{len(results)} ops, {whole} without any difference: {'; '.join(parts)}."


def cell(counts: Mapping[str, int]) -> str:
    """`passed/all`, `-` where there is no case, `missing` where the function is."""
    cases = sum(counts.values())
    if not cases:
        return "-"
    return "missing" if counts["missing"] == cases else f"{counts['passed']}/{cases}"


def page(results: Mapping[str, Result], left_out: Mapping[str, str], versions: str) -> str:
    """The whole text of docs/parity.md."""
    lines = [HEAD.format(versions=versions) + f"**{summary(results)}**", "", "## By op", ""]
    lines += ["| op | forward | in place | gradient |", "|---|---|---|---|"]
    for name, result in sorted(results.items()):
        lines.append(f"| `{name}` | " + " | ".join(cell(result[k]) for k in KINDS) + " |")
    lines += ["", "## The first difference of each op", ""]
    for name, result in sorted(results.items()):
        for kind, why in result["first"].items():
            lines.append(f"* `{name}`, {kind}: {escaped(why)}")
    lines += ["", "## Left out", "", "| entries | why |", "|---|---|"]
    for _, reason in LEFT_OUT:
        names = sorted(n for n, why in left_out.items() if why == reason)
        if names:
            lines.append(f"| {', '.join(f'`{n}`' for n in names)} | {reason} |")
    for pattern, kind, _, reason in CASES_LEFT_OUT:
        names = ", ".join(f"`{n}`" for n in pattern.split("|"))
        lines.append(f"| {names} ({kind} cases) | {reason} |")
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """A message as text of a page: one line, no mark-up, no paths of this machine."""
    short = " ".join(text.split())[:160]
    return "`" + short.replace("`", "'") + "`"


def lines_for_terminal(name: str, result: Any) -> list[str]:
    """The counts of one op, and its first failures."""
    head = f"{name:<44}" + "".join(f"{kind} {cell(result[kind]):<12}" for kind in KINDS)
    return [head.rstrip(), *(f"    {kind}: {why}" for kind, why in result["first"].items())]
