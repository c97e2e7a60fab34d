"""`pentad run`: programs run as Python runs them."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from click.testing import CliRunner

from pentad.cli import main
from tests.frontends.served import own_process_fixture, registered_fixture  # noqa: F401
from tests.source_tree import PACKAGE


def pentad(*arguments):
    """The command in a process of its own."""
    code = "from pentad.cli import main; main(prog_name='pentad')"
    environment = os.environ | {"PYTHONPATH": str(PACKAGE.parent)}
    return subprocess.run([sys.executable, "-c", code, *map(str, arguments)], env=environment,
                          capture_output=True, text=True, timeout=120)


def python(*arguments):
    return subprocess.run([sys.executable, *map(str, arguments)], capture_output=True, text=True,
                          timeout=120)


@pytest.fixture
def write(tmp_path):
    def write(source, name="program.py"):
        (tmp_path / name).write_text(source)
        return tmp_path / name

    return write


def invoke(*arguments):
    return CliRunner().invoke(main, ["run", *map(str, arguments)])


SELF = '''"""About itself."""
import sys
from beside import NAME
print(NAME, sys.argv, __name__, __file__, sys.path[0], __doc__, __spec__)
print(sys.modules["__main__"].sys is sys)
def fails():
    return 1 / 0
if __name__ == "__main__":
    fails()
'''


def test_a_program_sees_what_it_sees_under_python(write, tmp_path):
    write("NAME = 'beside'\n", "beside.py")
    program = write(SELF)
    ours, theirs = pentad("run", program, "--epochs", "3", "-h"), python(program, "--epochs", "3",
                                                                         "-h")
    assert ours.stdout == theirs.stdout
    assert ours.stderr == theirs.stderr
    assert (ours.returncode, theirs.returncode) == (1, 1)
    assert "ZeroDivisionError" in ours.stderr


@pytest.mark.usefixtures("own_process", "registered")
@pytest.mark.parametrize(("ending", "code"), [
    ("import sys; sys.exit(7)", 7), ("raise SystemExit('no')", 1), ("pass", 0),
    ("raise KeyboardInterrupt", 130), ("raise EOFError", 1), ("1 +", 1),
])
def test_exit_codes(write, ending, code):
    assert invoke("--as", "oldframe", write(ending)).exit_code == code


@pytest.mark.usefixtures("own_process", "registered")
def test_a_missing_name_ends_with_the_line_of_the_program_and_nothing_of_ours(write):
    program = write("import oldframe as old\n\n\nold.reduce_logsumexp([1])\n")
    result = invoke("--as", "oldframe", program)
    assert result.exit_code == 1
    assert result.stderr.startswith("Traceback (most recent call last):\n"
                                    f'  File "{program}", line 4, in <module>\n'
                                    "    old.reduce_logsumexp([1])\n")
    assert result.stderr.endswith(
        "MissingName: oldframe.reduce_logsumexp is not supported by Pentad's front end\n"
        f"  at:       {program}:4\n"
        "  try:      Pentad has pentad.logsumexp\n")
    assert str(PACKAGE) not in result.stderr
    with_all = CliRunner().invoke(main, ["--debug", "run", "--as", "oldframe", str(program)])
    assert str(PACKAGE) in with_all.stderr


@pytest.mark.usefixtures("own_process", "registered")
def test_a_name_that_a_module_without_others_lacks(write):
    program = write("from oldframe.parts.joined import split\n")
    stderr = invoke("--as", "oldframe", program).stderr
    assert "MissingImport: oldframe.parts.joined.split is not supported" in stderr


@pytest.mark.usefixtures("own_process", "registered")
def test_the_excepthook_of_the_program_is_used(write):
    program = write("import sys\nsys.excepthook = lambda *a: print('hooked', a[1])\n{}['k']\n")
    hook = sys.excepthook
    try:
        assert invoke("--as", "oldframe", program).output == "hooked 'k'\n"
    finally:
        sys.excepthook = hook


@pytest.mark.usefixtures("own_process", "registered")
def test_the_report_runs_nothing_and_fails_if_something_is_absent(write):
    program = write("import oldframe as old\nold.reduce_mean([1])\nold.Server()\nprint('ran')\n")
    result = invoke("--as", "oldframe", "--report", program)
    assert result.exit_code == 1
    assert "3 names: 1 supported, 1 partly, 1 absent" in result.stdout
    rows = [line.split() for line in result.stdout.splitlines()]
    assert ["oldframe.Server", "absent", "3", "one", "process", "only"] in rows
    assert "ran\n" not in result.stdout
    fine = write("import oldframe as old\nold.VERSION\n")
    assert invoke("--as", "oldframe", "--report", fine).exit_code == 0


@pytest.mark.parametrize("arguments", [[], ["nothing.py"], ["--as"]])
def test_wrong_usage(arguments):
    assert invoke(*arguments).exit_code == 2


def test_an_unknown_framework_is_refused(write):
    result = invoke("--as", "mxnet", write("pass"))
    assert result.exit_code == 1
    assert "no front end serves 'mxnet'" in result.stderr


PYTHON2 = "import oldframe as old, sys\nprint old.reduce_mean([1, 2]), sys.argv[1]\n1 / 0\n"


@pytest.mark.usefixtures("own_process", "registered")
def test_a_python_2_program(write, monkeypatch):
    monkeypatch.setattr(sys, "meta_path", list(sys.meta_path))
    program = write(PYTHON2)
    result = invoke("--as", "oldframe", "--python2", program, "-x")
    assert (result.stdout, result.exit_code) == ("1.5 -x\n", 1)
    assert "print statements: line 2" in result.stderr
    shown = result.stderr.partition("Traceback")[2].splitlines()
    assert shown[1:3] == [f'  File "{program}", line 3, in <module>', "    1 / 0"]
    assert shown[-1] == "ZeroDivisionError: integer division or modulo by zero"
    assert len(shown) <= 5


@pytest.mark.usefixtures("own_process", "registered")
def test_the_diff_and_the_report_of_a_python_2_program(write):
    program = write(PYTHON2)
    result = invoke("--python2-diff", program)
    assert "\n-print old.reduce_mean([1, 2]), sys.argv[1]\n+print(" in result.stdout
    assert invoke("--as", "oldframe", "--python2", "--report", program).exit_code == 0
    plain = invoke("--as", "oldframe", "--report", program)
    assert plain.exit_code == 1
    assert "if the program is Python 2, add --python2" in plain.stderr
