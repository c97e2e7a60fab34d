"""`pentad ops` and the page that it writes."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from pentad.cli import main
from pentad.cli.ops import COLUMNS, rows
from tests.source_tree import ROOT


def invoke(*arguments):
    return CliRunner().invoke(main, ["ops", *arguments])


def test_the_page_is_up_to_date():
    written = (ROOT / "docs" / "ops.md").read_text(encoding="utf-8")
    assert invoke("--markdown").output == written, "run: pentad ops --markdown > docs/ops.md"


def test_no_operation_lacks_a_column_without_a_reason():
    for row in rows():
        assert tuple(row) == COLUMNS
        for column, text in row.items():
            assert text, (row["name"], column)
            assert text != "no: ", (row["name"], column)


def test_words_choose_rows():
    found = json.loads(invoke("--json", "reduce_sum").output)
    assert [r["name"] for r in found] == ["reduce_sum"]
    assert {r["kind"] for r in json.loads(invoke("--json", "host").output)} >= {"host"}
    assert "reduce_sum" in invoke("reduce").output
    refused = invoke("no_such_op")
    assert refused.exit_code == 1
    assert "no operation fits" in refused.output


@pytest.mark.parametrize("name, column, text", [
    ("exp", "dtypes", "floats"), ("eq", "dtypes", "all"), ("exp", "forward", "diagonal"),
    ("reshape", "forward", "linear"), ("argmax", "reverse", "no: a position is a whole number"),
    ("gelu", "lowering", "opened"), ("cumsum", "lowering", "kernel scan"),
])  # fmt: skip
def test_cells_say_what_the_records_say(name, column, text):
    row = next(r for r in rows() if r["name"] == name)
    assert row[column].startswith(text)
