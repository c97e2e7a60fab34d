"""Fetching a published file: resumed where it stopped, checked, and put in place in one step.

The bytes go to NAME.part. An interrupted transfer leaves that file, and the next attempt asks the
server for the rest of it. Only a file with the published length and SHA-256 gets its final name.
"""

from __future__ import annotations

import hashlib
import http.client
import os
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from pentad.graph import errors
from pentad.graph.errors import ArgumentError, DataError, ResourceError

Progress = Callable[[int], None]
ATTEMPTS = 4
TIMEOUT = 30.0
PAUSE = 1.0
_CHUNK = 1 << 16


@dataclass(frozen=True)
class RemoteFile:
    """A published file: its name, its exact length in bytes and the SHA-256 of its content."""

    name: str
    size: int
    sha256: str


class _Interrupted(Exception):
    """The transfer ended before the last byte; another attempt may succeed."""


class _WrongContent(Exception):
    """The whole file arrived, but it is not what was published."""


def download(file: RemoteFile, base_url: str, folder: Path, *, progress: Progress | None = None,
             timeout: float = TIMEOUT, pause: float = PAUSE) -> Path:
    """Fetch `base_url + file.name` into `folder`; `progress(bytes so far)` follows it.

    A server that is silent for `timeout` seconds counts as gone; `pause` seconds pass between two
    attempts. Returns the path of the file, complete and verified. Raises DataError if the server
    cannot deliver it, ResourceError if it cannot be stored; an older file of the name stays then.
    """
    if not base_url.startswith(("http://", "https://")):
        raise ArgumentError(errors.message(
            "a data set is fetched from a web server",
            expected="an address that begins with https:// or http://",
            got=repr(base_url),
        ))
    final = folder / file.name
    part = folder / (file.name + ".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _fetch(file, base_url + file.name, part, progress or (lambda done: None), timeout, pause)
        os.replace(part, final)
    except OSError as error:
        raise ResourceError(errors.message(
            f"cannot store the download {final}",
            expected=f"a writable folder with {file.size} free bytes",
            got=error.strerror or str(error),
            hint="free some space, or name another folder in PENTAD_DATA",
        )) from error
    return final


def _fetch(file: RemoteFile, url: str, part: Path, progress: Progress, timeout: float,
           pause: float) -> None:
    """Bring `part` to its full, verified content; DataError when the attempts are used up."""
    failure: Exception | None = None
    for attempt in range(ATTEMPTS):
        if attempt:
            time.sleep(pause)
        fresh = _length(part) == 0
        try:
            if _length(part) < file.size:
                _transfer(url, part, file.size, progress, timeout)
            _verify(file, part)
            return
        except _Interrupted as error:
            failure = error
        except _WrongContent as error:
            failure = error
            part.unlink(missing_ok=True)
            if fresh:  # nothing old was in it, so the server itself has something else
                break
    _give_up(file, url, part, failure)


def _transfer(url: str, part: Path, size: int, progress: Progress, timeout: float) -> None:
    """One request: the rest of `part` if the server can, else the whole from the beginning."""
    start = _length(part)
    request = urllib.request.Request(url, headers={"User-Agent": "pentad"})
    if start:
        request.add_header("Range", f"bytes={start}-")
    with _open(request, part, timeout) as response:
        if response.status == 206 and _range_start(response) != start:
            part.unlink(missing_ok=True)
            raise _Interrupted("the server sent another range than was asked for")
        done = _store(response, part, start if response.status == 206 else 0, size, progress)
    if done < size:
        raise _Interrupted(f"the connection ended after {done} of {size} bytes")


def _open(request: urllib.request.Request, part: Path, timeout: float) -> http.client.HTTPResponse:
    try:
        response: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=timeout)
        return response
    except urllib.error.HTTPError as error:
        with error:
            _refused(request.full_url, part, error)
    except (OSError, http.client.HTTPException) as error:
        raise _Interrupted(str(getattr(error, "reason", error))) from error


def _refused(url: str, part: Path, error: urllib.error.HTTPError) -> NoReturn:
    """Sort a refusal: DataError if it is final, _Interrupted if another attempt may succeed."""
    status = f"status {error.code} {error.reason}"
    if error.code == 416:  # what lies here is longer than the file on the server
        part.unlink(missing_ok=True)
    elif error.code < 500 and error.code not in (408, 429):
        raise DataError(errors.message(
            f"the server refused {url}",
            expected="status 200 or 206",
            got=status,
            hint="fetch the file by hand into the folder named in PENTAD_DATA",
        )) from error
    raise _Interrupted(status) from error


def _store(response: http.client.HTTPResponse, part: Path, start: int, size: int,
           progress: Progress) -> int:
    """Write what arrives behind the first `start` bytes; returns the length that `part` has then.

    At most one byte beyond `size` is taken: an endless answer cannot fill the disk, and the byte
    too many makes the check of the content fail.
    """
    done = start
    with open(part, "r+b" if start else "wb") as target:
        target.seek(start)
        progress(done)
        while done <= size and (chunk := _receive(response, min(_CHUNK, size + 1 - done))):
            target.write(chunk)
            done += len(chunk)
            progress(min(done, size))
        target.flush()
        os.fsync(target.fileno())
    return done


def _receive(response: http.client.HTTPResponse, count: int) -> bytes:
    # Errors of the network and of the disk are both OSError; only these are worth a new attempt.
    try:
        return response.read(count)
    except (OSError, http.client.HTTPException) as error:
        raise _Interrupted(str(error)) from error


def _verify(file: RemoteFile, part: Path) -> None:
    with open(part, "rb") as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if found != file.sha256:
        raise _WrongContent(f"{_length(part)} bytes with SHA-256 {found[:16]}...")


def _give_up(file: RemoteFile, url: str, part: Path, failure: Exception | None) -> NoReturn:
    if isinstance(failure, _WrongContent):
        what, hint = "is not the published file", "a proxy may have answered in its place"
    else:
        kept = f"{_length(part)} bytes are kept, the next run goes on from there"
        what, hint = "could not be completed", f"check the connection; {kept}"
    raise DataError(errors.message(
        f"the download of {url} {what}",
        expected=f"{file.size} bytes with SHA-256 {file.sha256[:16]}...",
        got=str(failure),
        hint=hint,
    )) from failure


def _range_start(response: http.client.HTTPResponse) -> int | None:
    found = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    return int(found[1]) if found else None


def _length(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0
