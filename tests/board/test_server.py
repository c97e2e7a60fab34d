"""`pentad board`: the real TensorBoard, as a user starts it."""

from __future__ import annotations

import json
import os
import re
import select
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
from click.testing import CliRunner

import pentad as pt
from pentad.board import SummaryWriter, serve
from pentad.cli import main
from tests.source_tree import ROOT


def shown(url, runs, seconds=60):
    """Wait until TensorBoard, which reads files by and by, names these runs."""
    ask = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end, found = time.monotonic() + seconds, None
    while found != runs:
        assert time.monotonic() < end, f"after {seconds} s it shows {found}"
        with ask.open(f"{url}data/runs", timeout=seconds) as answer:
            found = json.load(answer)
        time.sleep(0.1)


def test_the_command_shows_a_folder_until_ctrl_c(tmp_path):
    with SummaryWriter(tmp_path / "one") as writer:
        writer.add_scalar("x", 1, 0)
    code = ("import signal; signal.signal(signal.SIGINT, signal.default_int_handler);"
            "from pentad.cli import main; main(prog_name='pentad')")   # ignored in background jobs
    running = subprocess.Popen(
        [sys.executable, "-c", code, "board", str(tmp_path), "--port", "0",
         "--host", "127.0.0.1", "--load_fast", "false"],
        env=os.environ | {"PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    try:
        ready, _, _ = select.select([running.stdout], [], [], 60)
        assert ready, "the command said nothing"
        url = re.search(r"http://127\.0\.0\.1:\d+/", running.stdout.readline(200))[0]
        shown(url, ["one"])
        running.send_signal(signal.SIGINT)
        assert running.wait(60) == 0
        assert "has ended" in running.stdout.read()
    finally:
        running.kill()
        running.wait(60)
        running.stdout.close()


def test_a_missing_folder(tmp_path):
    result = CliRunner().invoke(main, ["board", str(tmp_path / "nothing")])
    assert result.exit_code == 1
    assert "error: there is no folder" in result.output
    assert "SummaryWriter" in result.output


@pytest.mark.timeout(60)   # a server that did start would run for ever
def test_a_busy_port(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = CliRunner().invoke(
            main, ["board", str(tmp_path), "--host", "127.0.0.1", "--port", str(port)])
    assert result.exit_code == 1
    assert f"cannot listen at 127.0.0.1:{port}" in result.output


def test_an_address_of_another_machine(tmp_path):
    with pytest.raises(pt.ResourceError, match=r"cannot listen at 192\.0\.2\.1"):
        serve(tmp_path, "192.0.2.1", 0)


def test_options_that_tensorboard_does_not_know(tmp_path):
    with pytest.raises(pt.ArgumentError, match="does not take these options"):
        serve(tmp_path, options=["--fly", "high"])
