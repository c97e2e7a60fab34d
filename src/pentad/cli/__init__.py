"""The command `pentad`: one small file for each of its commands, loaded when it is asked for."""

from __future__ import annotations

import importlib
from typing import IO, Any

import click

from pentad.graph.config import VERSION
from pentad.graph.errors import PentadError

COMMANDS = ("board", "convert", "demo", "doctor", "ops", "profile", "run", "train")


class Failure(click.ClickException):
    """An error of ours, shown to the person at the terminal: exit code 1."""

    def show(self, file: IO[Any] | None = None) -> None:
        """Write the message to stderr, or to `file`."""
        click.secho("error: ", fg="red", bold=True, nl=False, err=True, file=file)
        click.echo(self.message, err=True, file=file)


class Commands(click.Group):
    """The commands of the folder; an error of ours becomes a message instead of a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of all commands."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, or None."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"pentad.cli.{cmd_name}").command
        return command

    def invoke(self, ctx: click.Context) -> object:
        """Run the command; with --debug, errors pass through."""
        try:
            return super().invoke(ctx)
        except PentadError as error:
            if ctx.params["debug"]:
                raise
            raise Failure(for_terminal(error)) from error


def for_terminal(error: PentadError) -> str:
    """The message without its `at:` line: behind a command there is no program of the user's."""
    lines = str(error).splitlines()
    return "\n".join(line for line in lines if not line.startswith("  at:"))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
@click.version_option(VERSION, prog_name="pentad")
def main(debug: bool) -> None:
    """Pentad: deep learning in pure Python, compiled by a compiler of its own.

    \b
    Examples:
      pentad demo
      pentad train --data fashion-mnist --model lenet --epochs 3
      pentad doctor

    \b
    Completion of commands and options for bash (zsh and fish likewise):
      eval "$(_PENTAD_COMPLETE=bash_source pentad)"
    """
