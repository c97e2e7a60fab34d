"""Every name that is said to be supported is called; the pages of names are true."""

from __future__ import annotations

import pytest

from tests.frontends.names.pages import page, path, states
from tests.frontends.names.table import ROOTS, Calls, names, rows, run
from tests.frontends.served import registered_fixture  # noqa: F401

ROWS = [(framework, row) for framework in ROOTS for row in rows(framework)]


@pytest.mark.parametrize(("framework", "row"), ROWS, ids=[row.place for _, row in ROWS])
@pytest.mark.filterwarnings("ignore")
def test_calls(framework, row):
    assert list(run(framework, row)) == []


@pytest.mark.parametrize("framework", ROOTS)
def test_the_page_is_up_to_date(framework):
    hint = "run python -m tests.frontends.names --update"
    assert path(framework).read_text(encoding="utf-8") == page(framework), hint


@pytest.mark.parametrize("framework", ROOTS)
def test_no_name_is_called_twice(framework):
    called = [name for row in rows(framework) for name in row.names]
    assert sorted({n for n in called if called.count(n) > 1}) == []


@pytest.mark.usefixtures("registered")
def test_a_row_fails_by_raising_by_false_and_for_what_is_not_there(monkeypatch):
    monkeypatch.setitem(ROOTS, "oldframe", {"old": "oldframe"})
    calls = Calls("oldframe")
    calls("old", "reduce_mean", lambda mean: mean([1, 3]) == 2)
    calls("old", "reduce_mean nothing", lambda mean, name: name == "nothing")

    @calls("old.parts", "joined")
    def wrong(joined):
        assert joined.join("a") == "b"

    good, bad, worse = calls.rows
    assert good.place == "test_names:old.reduce_mean"
    assert list(run("oldframe", good)) == []
    assert [text.split(":")[0] for text in run("oldframe", bad)] == ["old.reduce_mean",
                                                                     "old.nothing"]
    assert len(list(run("oldframe", worse))) == 1


@pytest.mark.parametrize("framework", ROOTS)
def test_the_names_are_those_of_the_framework(framework):
    listed = names(framework)
    assert len(set(listed)) == len(listed) > 700
    assert {n.partition(".")[0] for n in listed} == set(ROOTS[framework])
    assert set(states(framework)) == set(listed)
