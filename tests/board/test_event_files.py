"""Event files: asynchronous, whole, never lost."""

from __future__ import annotations

import contextlib
import errno
import gc
import os
import signal
import subprocess
import sys
import textwrap
import time
import weakref

import pytest

import pentad as pt
from pentad.board import SummaryWriter
from pentad.formats import tfrecord
from tests.board.reading import Full, events, files, read, scalars
from tests.source_tree import ROOT


def waited(condition, seconds=30):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "nothing came"
        time.sleep(0.01)


def test_a_new_file_begins_with_the_version_and_is_there_at_once(tmp_path):
    writer = SummaryWriter(tmp_path / "a" / "b", filename_suffix=".mine")
    [path] = files(tmp_path / "a" / "b")
    assert path.name.endswith(".mine")
    assert f".{os.getpid()}." in path.name
    assert [e.file_version for e in events(path)] == ["brain.Event:2"]
    writer.close()


def test_records_are_those_of_the_package(tmp_path):
    from tensorboard.summary.writer.record_writer import RecordWriter

    records = [b"", b"short", bytes(range(256)) * 40]
    with open(tmp_path / "theirs", "wb") as file:
        theirs = RecordWriter(file)
        for record in records:
            theirs.write(record)
        theirs.flush()
    with tfrecord.RecordWriter(tmp_path / "ours") as ours:
        for record in records:
            ours.write(record)
    assert (tmp_path / "ours").read_bytes() == (tmp_path / "theirs").read_bytes()


def test_the_thread_writes_when_enough_waits(tmp_path):
    writer = SummaryWriter(tmp_path, max_queue=5, flush_secs=3600)
    [path] = files(tmp_path)
    for step in range(4):
        writer.add_scalar("x", step, step)
    assert len(events(path)) == 1
    writer.add_scalar("x", 4, 4)
    waited(lambda: len(events(path)) == 6)
    writer.close()


def test_the_thread_writes_after_a_while(tmp_path):
    writer = SummaryWriter(tmp_path, max_queue=1000, flush_secs=0.05)
    writer.add_scalar("x", 1, 0)
    waited(lambda: len(events(files(tmp_path)[0])) == 2)
    writer.close()


def test_without_a_pause_everything_is_written_at_once(tmp_path):
    writer = SummaryWriter(tmp_path, max_queue=1000, flush_secs=0)
    writer.add_scalar("x", 1, 0)
    waited(lambda: len(events(files(tmp_path)[0])) == 2)
    writer.close()


def test_values_are_those_of_the_call(tmp_path):
    weights = pt.zeros(3)
    with SummaryWriter(tmp_path) as writer:
        writer.add_tensor("x", weights, 0)
        weights += 1
        writer.add_tensor("x", weights, 1)
    found = [e.summary.value[0].tensor.tensor_content for e in events(files(tmp_path)[0])[1:]]
    assert found[0] == b"\0" * 12 != found[1]


def test_a_closed_writer_goes_on_in_a_new_file(tmp_path):
    writer = SummaryWriter(tmp_path)
    writer.add_scalar("x", 1, 0)
    writer.close()
    writer.close()
    writer.add_scalar("x", 2, 1)
    writer.close()
    assert len(files(tmp_path)) == 2
    assert scalars(tmp_path, "x") == [(0, 1), (1, 2)]


def test_a_forgotten_writer_writes_what_waits(tmp_path):
    writer = SummaryWriter(tmp_path)
    writer.add_scalar("x", 1, 0)
    queue = weakref.ref(writer._queue)
    del writer
    gc.collect()
    assert queue() is None
    assert scalars(tmp_path, "x") == [(0, 1)]


def test_several_writers_have_files_of_their_own(tmp_path):
    writers = [SummaryWriter(tmp_path) for _ in range(3)]
    for i, writer in enumerate(writers):
        writer.add_scalar("x", i, i)
        writer.close()
    assert len(files(tmp_path)) == 3
    assert scalars(tmp_path, "x") == [(0, 0), (1, 1), (2, 2)]


def test_steps_from_which_on_is_written_anew(tmp_path):
    with SummaryWriter(tmp_path) as writer:
        for step in range(5):
            writer.add_scalar("x", step, step)
    with SummaryWriter(tmp_path, purge_step=3) as writer:
        writer.add_scalar("x", 33, 3)
    assert scalars(tmp_path, "x") == [(0, 0), (1, 1), (2, 2), (3, 33)]


# -- what goes wrong -------------------------------------------------------------------------------


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(pt.ResourceError, match=r"cannot write .*file/run") as caught:
        SummaryWriter(tmp_path / "file" / "run")
    assert "try:" in str(caught.value)
    assert "Not a directory" in str(caught.value)


def test_nothing_is_lost_on_a_full_disk(tmp_path):
    writer = SummaryWriter(tmp_path, flush_secs=3600)
    [file] = writer._queue._files.values()
    file._records.file = disk = Full(file._records.file, 30)
    writer.add_scalar("x", 0, 0)
    with pytest.raises(pt.ResourceError, match="No space left"):
        writer.flush()
    assert len(events(file.path)) == 1, "what came through of a record was taken back"
    writer.add_scalar("x", 1, 1)
    with pytest.raises(pt.ResourceError, match="No space left"):
        writer.close()
    disk.room = 1 << 20
    writer.close()
    assert scalars(tmp_path, "x") == [(0, 0), (1, 1)]


def writers_thread(writer):
    thread = writer._queue._thread
    assert thread.is_alive()
    return thread


def test_a_close_that_fails_ends_the_thread_and_closes_the_other_files(tmp_path):
    writer = SummaryWriter(tmp_path / "a", flush_secs=3600)
    writer.add_scalars("x", {"one": 1}, 0)
    writer.add_scalar("x", 0, 0)
    full, other = writer._queue._files.values()
    other_file = other._records.file
    full._records.file = disk = Full(full._records.file, 0)
    thread = writers_thread(writer)
    with pytest.raises(pt.ResourceError, match="No space left"):
        writer.close()
    thread.join(30)
    assert not thread.is_alive()
    assert other_file.closed
    assert list(writer._queue._files.values()) == [full]
    disk.room = 1 << 20
    writer.close()
    assert full.closed
    assert scalars(tmp_path / "a", "x") == [(0, 0)]
    assert scalars(tmp_path / "a" / "x_one", "x") == [(0, 1)]


def test_a_value_that_cannot_be_encoded_does_not_keep_the_file_open(tmp_path):
    writer = SummaryWriter(tmp_path, flush_secs=3600)
    writer.add_scalar("x", 0, 0)
    writer.file_writer.add_event("no event", 1)
    writer.add_scalar("x", 2, 2)
    [file] = writer._queue._files.values()
    thread = writers_thread(writer)
    with pytest.raises(TypeError):
        writer.close()
    thread.join(30)
    assert (file.closed, thread.is_alive(), writer._queue._files) == (True, False, {})
    writer.close()
    assert scalars(tmp_path, "x") == [(0, 0), (2, 2)]


class Lost(Full):
    """A file whose disk says at the end that it has lost what it took."""

    def close(self):
        self._file.close()
        raise OSError(errno.EIO, "Input/output error")


def test_an_error_of_the_last_step_is_ours_and_said_once(tmp_path):
    writer = SummaryWriter(tmp_path)
    [file] = writer._queue._files.values()
    file._records.file = Lost(file._records.file, 1 << 20)
    with pytest.raises(pt.ResourceError, match="Input/output error"):
        writer.close()
    writer.close()
    assert file.closed


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_a_forgotten_writer_on_a_full_disk_leaves_no_file_open(tmp_path):
    writer = SummaryWriter(tmp_path)
    [file] = writer._queue._files.values()
    opened = file._records.file
    file._records.file = Full(opened, 0)
    writer.add_scalar("x", 0, 0)
    del writer, file
    gc.collect()
    assert opened.closed


def test_what_goes_wrong_in_the_thread_is_raised_by_the_next_call(tmp_path):
    writer = SummaryWriter(tmp_path, max_queue=1)
    [file] = writer._queue._files.values()
    file._records.file = disk = Full(file._records.file, 0)
    writer.add_scalar("x", 0, 0)
    waited(lambda: writer._queue._error is not None)
    with pytest.raises(pt.ResourceError, match="No space left"):
        writer.add_scalar("x", 1, 1)
    disk.room = 1 << 20
    writer.close()
    assert scalars(tmp_path, "x") == [(0, 0), (1, 1)]


def test_a_file_that_was_removed_is_made_anew(tmp_path):
    writer = SummaryWriter(tmp_path / "run")
    writer.flush()
    files(tmp_path / "run")[0].unlink()
    (tmp_path / "run").rmdir()
    writer.add_scalar("x", 1, 1)
    writer.close()
    assert scalars(tmp_path / "run", "x") == [(1, 1)]


@pytest.mark.parametrize("bad", [{"flush_secs": -1}, {"flush_secs": float("nan")},
                                 {"filename_suffix": "/x"}])
def test_arguments_that_mean_nothing(tmp_path, bad):
    with pytest.raises(pt.ArgumentError):
        SummaryWriter(tmp_path, **bad)


# -- other processes -------------------------------------------------------------------------------


def program(code, *arguments, **options):
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"}
    return subprocess.Popen([sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
                            env=environment, stdout=subprocess.PIPE, text=True, **options)


def test_a_killed_program_leaves_whole_records(tmp_path):
    running = program("""
        import sys
        import numpy as np
        from pentad.board import SummaryWriter

        writer, values = SummaryWriter(sys.argv[1], max_queue=1), np.random.rand(3000)
        for step in range(1_000_000):
            writer.add_scalar("x", step, step)
            if step % 100 == 0:
                writer.add_tensor("big", values, step)
    """, tmp_path)
    try:
        waited(lambda: files(tmp_path) and files(tmp_path)[0].stat().st_size > 200_000, 60)
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait(30)
        running.stdout.close()
    # The kernel itself may stop in a record of several pages: that is the end for all readers.
    [path], found = files(tmp_path), []
    with contextlib.suppress(pt.FormatError):
        found.extend(read(path))
    steps = [e.step for e in found if e.summary.value and e.summary.value[0].tag == "x"]
    assert steps == list(range(len(steps)))
    assert len(steps) > 100
    whole = sum(len(e.SerializeToString()) + 16 for e in found)
    assert path.stat().st_size - whole < 25_000
    assert len(scalars(tmp_path, "x")) == len(steps)


def test_a_forked_child_has_a_file_of_its_own_and_nothing_is_lost_at_the_end(tmp_path):
    running = program("""
        import os, sys, warnings
        from pentad.board import SummaryWriter

        warnings.simplefilter("ignore")   # newer Pythons warn of forks beside threads
        writer = SummaryWriter(sys.argv[1])
        writer.add_scalar("x", 0, 0)
        child = os.fork()
        if child == 0:
            writer.add_scalar("x", 1, 1)
            writer.close()
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        writer.add_scalar("x", 2, 2)   # the program ends without close
    """, tmp_path)
    assert running.wait(60) == 0
    running.stdout.close()
    assert len(files(tmp_path)) == 2
    steps = sorted(e.step for path in files(tmp_path) for e in events(path)[1:])
    assert steps == [0, 1, 2]
