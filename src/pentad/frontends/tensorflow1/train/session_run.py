"""Hooks: what is done around the runs of a watched session."""

from __future__ import annotations

from collections import namedtuple
from typing import Any


class SessionRunArgs(
        namedtuple("SessionRunArgs", ["fetches", "feed_dict", "options"])):
    """What a hook wants to be run besides."""

    def __new__(cls, fetches: Any, feed_dict: Any = None, options: Any = None) -> Any:
        """fetches: as of Session.run."""
        return super().__new__(cls, fetches, feed_dict, options)


class SessionRunValues(
        namedtuple("SessionRunValues", ["results", "options", "run_metadata"])):
    """What a hook gets of a run: the values of its fetches."""


class SessionRunContext:
    """What hooks know of a run."""

    def __init__(self, original_args: Any, session: Any) -> None:
        self.original_args, self.session = original_args, session
        self._stop = False

    @property
    def stop_requested(self) -> bool:
        """Did someone ask to stop?"""
        return self._stop

    def request_stop(self) -> None:
        """Let this be the last run."""
        self._stop = True


class SessionRunHook:
    """Does something before and after each run; the methods here do nothing."""

    def begin(self) -> None:
        """Once, before the session is there; the graph may still be changed."""

    def after_create_session(self, session: Any, coord: Any) -> None:
        """When the session is there and its variables have values."""

    def before_run(self, run_context: SessionRunContext) -> Any:
        """Before a run: what to run besides, as SessionRunArgs, or None."""
        return None

    def after_run(self, run_context: SessionRunContext, run_values: SessionRunValues) -> None:
        """After a run."""

    def end(self, session: Any) -> None:
        """At the end, unless an error ended it."""
