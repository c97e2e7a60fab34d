"""Every function of the standard agrees with array-api-strict on what Hypothesis draws."""

import os

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.array_api.matrix_draws import ROWS, TOLERANCE
from tests.array_api.oracle import agree

EXAMPLES = int(os.environ.get("ARRAY_API_EXAMPLES", "6"))


@pytest.mark.parametrize("name", sorted(ROWS))
def test_a_function_agrees_with_the_oracle(name):
    @settings(
        max_examples=EXAMPLES, derandomize=True, deadline=None, database=None,
        suppress_health_check=list(HealthCheck), phases=(Phase.generate,),
    )
    @given(st.data())
    def check(data):
        args, kwargs = ROWS[name](data.draw)
        agree(name, args, kwargs, tolerance=TOLERANCE.get(name, 8))

    check()
