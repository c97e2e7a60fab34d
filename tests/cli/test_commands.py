from __future__ import annotations

import os
import re
import subprocess
import sys
import types
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from pentad.cli import COMMANDS, main
from pentad.graph.config import VERSION, config
from pentad.graph.errors import DataError, message
from tests.source_tree import PACKAGE


def invoke(*arguments):
    return CliRunner().invoke(main, arguments)


def process(*arguments, **variables):
    """The command in a process of its own, as a shell starts it."""
    code = "from pentad.cli import main; main(prog_name='pentad')"
    environment = os.environ | {"PYTHONPATH": str(PACKAGE.parent)} | variables
    return subprocess.run([sys.executable, "-W", "error", "-c", code, *arguments],
                          env=environment, capture_output=True, text=True, timeout=60)


@pytest.fixture
def recipes(monkeypatch):
    """Recipes that note their arguments, in the place of those that train."""
    calls = {}
    module = types.ModuleType("pentad.train.recipes")
    module.run_demo = lambda **given: calls.update(given)
    module.run_training = lambda **given: calls.update(given)
    module.calls = calls
    monkeypatch.setitem(sys.modules, "pentad.train.recipes", module)
    return module


def test_every_file_of_the_folder_is_a_command():
    files = {path.stem for path in (PACKAGE / "cli").glob("*.py")} - {"__init__"}
    assert files == set(COMMANDS)


def test_the_help_lists_every_command_with_an_example():
    result = invoke("--help")
    assert result.exit_code == 0
    for name in COMMANDS:
        assert re.search(rf"^  {name}\s+[A-Z].*[.]$", result.output, re.M), result.output
    assert "pentad train --data fashion-mnist" in result.output


@pytest.mark.parametrize("name", COMMANDS)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_every_command_explains_itself_with_an_example(name, option):
    result = invoke(name, option)
    assert result.exit_code == 0
    example = re.search(r"Example:\n +(pentad .*)", result.output)[1].split()
    command = main.get_command(click.Context(main), example[1])
    command.make_context(example[1], example[2:])   # raises if an option does not exist


def test_version():
    assert invoke("--version").output == f"pentad, version {VERSION}\n"


@pytest.mark.parametrize("arguments", [
    ["fly"], ["train", "--epochs", "0"], ["train", "--lr", "nan"], ["train", "--lr", "-1"],
    ["train", "--lr", "inf"], ["train", "--ema", "1"], ["train", "--plot", "a.pdf"],
    ["train", "--data", "cats"], ["demo", "--threads", "0"],
    ["demo", "--seed", "-1"], ["demo", "extra"],
])
def test_wrong_usage_ends_with_2_before_anything_runs(arguments, recipes):
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert "Usage:" in result.output
    assert recipes.calls == {}


def test_demo_passes_its_options_on(recipes):
    assert invoke("demo", "--threads", "2", "--seed", "7", "--out-dir", "a/b").exit_code == 0
    console = recipes.calls.pop("console")
    assert callable(console.print)
    assert recipes.calls == {"out_dir": Path("a/b"), "threads": 2, "seed": 7}


def test_demo_defaults(recipes):
    invoke("demo")
    del recipes.calls["console"]
    assert recipes.calls == {"out_dir": Path("checkpoints/demo"), "threads": None, "seed": 0}


def test_train_passes_its_options_on(recipes):
    result = invoke("train", "--data", "digits", "--data-dir", "d", "--model", "mlp",
                    "--epochs", "5", "--batch-size", "32", "--lr", "0.01",
                    "--checkpoint-dir", "c", "--no-resume", "--seed", "3",
                    "--precision", "bfloat16", "--ema", "0.99", "--plot", "p.svg")
    assert result.exit_code == 0
    del recipes.calls["console"]
    assert recipes.calls == {
        "data": "digits", "data_dir": Path("d"), "model": "mlp", "epochs": 5, "batch_size": 32,
        "lr": 0.01, "checkpoint_dir": Path("c"), "resume": False, "seed": 3,
        "precision": "bfloat16", "ema": 0.99, "plot": Path("p.svg"),
    }


def test_train_defaults(recipes):
    invoke("train")
    del recipes.calls["console"]
    assert recipes.calls == {
        "data": "fashion-mnist", "data_dir": None, "model": "lenet", "epochs": 3,
        "batch_size": 64, "lr": 1e-3, "checkpoint_dir": Path("checkpoints/fashion-mnist-lenet"),
        "resume": True, "seed": 0, "precision": None, "ema": None, "plot": None,
    }


def raising(error):
    def run(**given):
        raise error

    return run


MISSING = DataError(message("no data", expected="files", got="none", where="x.py:1", hint="look"))


def test_an_error_of_ours_is_a_message_and_exit_code_1(recipes):
    recipes.run_training = raising(MISSING)
    result = invoke("train")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert result.stderr == (
        "error: no data\n  expected: files\n  got:      none\n  try:      look\n")


def test_debug_lets_the_error_through(recipes):
    recipes.run_training = raising(MISSING)
    result = invoke("--debug", "train")
    assert result.exception is MISSING


def test_other_errors_are_not_hidden(recipes):
    fault = ZeroDivisionError()
    recipes.run_demo = raising(fault)
    assert invoke("demo").exception is fault


def test_an_interrupted_training_says_how_to_go_on(recipes):
    recipes.run_training = raising(KeyboardInterrupt())
    result = invoke("train", "--checkpoint-dir", "my folder")
    assert result.exit_code == 130
    assert "goes on from the last checkpoint in my folder." in result.output.replace("\n", " ")


def test_an_error_in_a_real_process_has_no_traceback(tmp_path):
    done = process("doctor", PENTAD_TARGET="i386")
    assert done.returncode == 1
    assert done.stderr.startswith("error: ")
    assert "PENTAD_TARGET" in done.stderr
    assert "Traceback" not in done.stderr
    assert "Traceback" in process("--debug", "doctor", PENTAD_TARGET="i386").stderr


@pytest.mark.parametrize(("words", "expected"), [
    ("pentad d", {"demo", "doctor"}),
    ("pentad train --m", {"--model"}),
    ("pentad train --model l", {"lenet"}),
])
def test_completion_in_bash(words, expected):
    count = str(len(words.split()) - 1)
    done = process(_PENTAD_COMPLETE="bash_complete", COMP_WORDS=words, COMP_CWORD=count)
    assert {line.split(",")[1] for line in done.stdout.splitlines()} == expected


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_completion_scripts(shell):
    done = process(_PENTAD_COMPLETE=f"{shell}_source")
    assert done.returncode == 0
    assert "_PENTAD_COMPLETE" in done.stdout


def test_the_help_does_not_load_what_it_does_not_need():
    code = ("import sys, pentad.cli as cli\n"
            "try: cli.main(['--help'])\nexcept SystemExit: pass\n"
            "heavy = {'numpy', 'llvmlite', 'rich', 'pentad.tensor'} & set(sys.modules)\n"
            "sys.exit(f'loaded {heavy}' if heavy else 0)")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60,
                          env=os.environ | {"PYTHONPATH": str(PACKAGE.parent)})
    assert done.returncode == 0, done.stderr


def test_doctor_describes_this_machine(tmp_path):
    with config.override(cache_dir=tmp_path / "cache"):
        result = invoke("doctor")
    assert result.exit_code == 0, result.output
    for words in ("vector units", "kernels use", "0 kernels", "numpy", "PENTAD_DEBUG", VERSION):
        assert words in result.output
    assert (tmp_path / "cache").is_dir()


def test_doctor_says_why_the_cache_is_not_used(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with config.override(cache_dir=tmp_path / "file" / "cache"):
        result = invoke("doctor")
    assert result.exit_code == 0, result.output
    assert "not usable" in result.output


def test_doctor_says_what_the_processor_lacks():
    from pentad.target import code_target

    present = code_target.host().architecture
    with config.override(target="neon" if present == "x86_64" else "avx2"):
        assert "cannot run" in invoke("doctor").output


# -- profile ---------------------------------------------------------------------------------------


@pytest.fixture
def quick_peaks(monkeypatch):
    from pentad.runtime.profiling import profile
    from pentad.runtime.profiling.peaks import Peaks

    monkeypatch.setattr(profile, "peaks", lambda: Peaks(100e9, 50e9, 10e9, 2))


def test_profile_runs_a_script_with_its_arguments(tmp_path, quick_peaks):
    (tmp_path / "helper.py").write_text("rows = 40")
    script = tmp_path / "script.py"
    script.write_text(
        "import sys, helper, pentad as pt\n"
        "assert __name__ == '__main__'\n"
        "print('given', sys.argv[1:])\n"
        "pt.ones(helper.rows, 30) @ pt.ones(30, 20)\n"
    )
    before = sys.argv, sys.path[:]
    trace = tmp_path / "trace.json"
    options = "--trace", str(trace), "--sort", "flops"
    result = invoke("profile", *options, str(script), "--limit", "x")
    assert result.exit_code == 0, result.output
    assert "given ['--limit', 'x']" in result.output
    assert re.search(r"gemm +dot_general +40x20x30", result.output)
    assert '"traceEvents"' in trace.read_text()
    assert (sys.argv, sys.path) == before


def test_profile_of_a_script_that_fails_shows_what_ran(tmp_path, quick_peaks):
    script = tmp_path / "script.py"
    script.write_text("import pentad as pt\npt.ones(3).exp()\nraise SystemExit(3)\n")
    result = invoke("profile", str(script))
    assert result.exit_code == 3
    assert re.search(r"loop +exp", result.output)


def test_profile_of_a_missing_script_names_it():
    result = invoke("profile", "no_such_script.py")
    assert result.exit_code == 2
    assert "no_such_script.py" in result.output
