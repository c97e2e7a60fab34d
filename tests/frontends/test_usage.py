"""The names that programs use are found without running them."""

from __future__ import annotations

import pytest

from pentad.frontends.usage import uses
from tests.frontends.served import registered_fixture  # noqa: F401

PROGRAM = """
import oldframe as old
import oldframe.parts
from oldframe.parts import joined as j, gone
from oldframe import tpu

raise SystemExit("this program must not run")
p = old.parts
p.joined.join("a")
old.reduce_mean([1]).anything
old.VERSION.upper()
old.tpu.rewrite(1)
old.reduce_sum(old.reduce_mean([2]))
oldframe.parts.late
"""


def states(path, **more):
    return {use.name: use.state for use in uses(str(path), ["oldframe"], **more)}


@pytest.fixture
def program(tmp_path):
    path = tmp_path / "program.py"
    path.write_text(PROGRAM)
    return path


@pytest.mark.usefixtures("registered")
def test_every_form_of_use_is_found(program):
    assert states(program) == {
        "oldframe.parts.gone": "absent",
        "oldframe.reduce_sum": "absent",
        "oldframe.tpu": "absent",
        "oldframe.reduce_mean": "partly",
        "oldframe": "supported",
        "oldframe.VERSION.upper": "supported",
        "oldframe.parts": "supported",
        "oldframe.parts.joined": "supported",
        "oldframe.parts.joined.join": "supported",
        "oldframe.parts.late": "supported",
    }


@pytest.mark.usefixtures("registered")
def test_places_and_notes(program):
    found = {use.name: use for use in uses(str(program), ["oldframe"])}
    assert found["oldframe.reduce_mean"].places == [(str(program), 10), (str(program), 13)]
    assert found["oldframe.reduce_mean"].note == "of lists only"
    assert found["oldframe.reduce_sum"].note == "Pentad has pentad.sum"


@pytest.mark.usefixtures("registered")
def test_stars_and_the_modules_beside_the_program(tmp_path):
    (tmp_path / "helper.py").write_text("import oldframe\noldframe.Server()\n")
    path = tmp_path / "program.py"
    path.write_text("from oldframe import *\nfrom helper import x\nimport json\n"
                    "reduce_mean([len([1])])\nVERSION = 3\nVERSION\n")
    assert states(path) == {"oldframe": "supported", "oldframe.Server": "absent",
                            "oldframe.reduce_mean": "partly"}


@pytest.mark.usefixtures("registered")
def test_a_program_without_frameworks_uses_nothing(tmp_path):
    path = tmp_path / "program.py"
    path.write_text("import numpy as np\nnp.zeros(3)\n")
    assert states(path) == {}
