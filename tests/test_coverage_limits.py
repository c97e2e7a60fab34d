"""The limits of `make coverage` hold for lines and for branches, each by itself."""

from __future__ import annotations

import pytest

from tests.coverage_limits import judge


@pytest.mark.parametrize(
    ("lines", "branches", "enough"),
    [(95, 90, True), (94, 100, False), (100, 89, False)],
)
def test_both_limits_must_be_reached(lines: int, branches: int, enough: bool) -> None:
    totals = {
        "covered_lines": lines, "num_statements": 100,
        "covered_branches": branches, "num_branches": 100,
    }  # fmt: skip
    text, found = judge(totals)
    assert found is enough
    assert f"lines {lines}.00 % ({lines} of 100, limit 95 %)" in text


def test_nothing_measured_is_not_enough() -> None:
    nothing = dict.fromkeys(
        ("covered_lines", "num_statements", "covered_branches", "num_branches"), 0
    )
    assert judge(nothing)[1] is False
