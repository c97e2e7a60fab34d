"""The real TensorBoard, started on a folder."""

from __future__ import annotations

import logging
import os
import warnings
from collections.abc import Sequence
from typing import Any

import pentad as pt
from pentad.board.package import part
from pentad.static import message


class Server:
    """A TensorBoard that runs in this process until `close`, or until the process ends.

    url: its address.
    """

    def __init__(self, url: str, server: Any) -> None:
        self.url = url
        self._server = server

    def close(self) -> None:
        """Answer no further request, and give the port back."""
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def serve(
    log_dir: str | os.PathLike[str], host: str = "localhost", port: int | None = None,
    options: Sequence[str] = (),
) -> Server:
    """Start TensorBoard on a folder of runs.

    port: 0 for any that is free, None for the first free one from 6006 on. options: further ones,
    as the program `tensorboard` takes them. ArgumentError for a folder that is not there, or
    options that it does not know; ResourceError if the address cannot be had.
    """
    if not os.path.isdir(log_dir):
        raise pt.ArgumentError(message(
            f"there is no folder {os.fspath(log_dir)}", expected="a folder with event files",
            hint="name the log_dir of a SummaryWriter, or a folder above it"))
    with warnings.catch_warnings():
        # What TensorBoard's own code warns of is nothing that its users could mend.
        warnings.simplefilter("ignore")
        return _launched(os.fspath(log_dir), host, port, options)


def _launched(log_dir: str, host: str, port: int | None, options: Sequence[str]) -> Server:
    program = part("program")
    server = _keeping(program)
    tensorboard = program.TensorBoard(server_class=server)
    arguments = ["tensorboard", "--logdir", log_dir, "--host", host]
    arguments += [] if port is None else ["--port", str(port)]
    try:
        tensorboard.configure([*arguments, *options])
    except SystemExit as error:
        raise pt.ArgumentError(message(
            "TensorBoard does not take these options", got=" ".join(options),
            hint="`tensorboard --help` lists them")) from error
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # no line for each request
    try:
        url = tensorboard.launch()
    except (program.TensorBoardServerException, SystemExit) as error:
        raise pt.ResourceError(message(
            f"TensorBoard cannot listen at {host}:{'6006' if port is None else port}",
            expected="an address of this machine and a free port", got=str(error),
            hint="choose another one, or 0 for any that is free")) from error
    return Server(url, server.made)


def _keeping(program: Any) -> Any:
    """TensorBoard's server, which can be found again: `launch` gives its address only."""

    class Kept(program.WerkzeugServer):  # type: ignore[misc]
        made: Any = None

        def __init__(self, *args: Any) -> None:
            super().__init__(*args)
            Kept.made = self

    return Kept
