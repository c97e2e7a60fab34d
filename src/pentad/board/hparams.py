"""Hyper-parameters and what came of them, for the page that compares runs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from typing import Any

import numpy as np

import pentad as pt
from pentad.board.file_writer import FileWriter
from pentad.board.package import part
from pentad.board.summaries import scalar, summary
from pentad.board.values import mapping, number
from pentad.static import message

_TYPES = {bool: "DATA_TYPE_BOOL", str: "DATA_TYPE_STRING", float: "DATA_TYPE_FLOAT64"}
_FIELDS = {bool: "bool_value", str: "string_value", float: "number_value"}


def plain(values: Any) -> dict[str, bool | str | float]:
    """The parameters as truth values, texts and numbers; those that are None are left out."""
    return {name: _plain(name, value) for name, value in mapping(values, "hparam_dict").items()
            if value is not None}


def _plain(name: str, value: Any) -> bool | str | float:
    if isinstance(value, (bool, str)):
        return value
    if isinstance(value, np.bool_):
        return bool(value)
    if isinstance(value, (int, float, np.number, np.ndarray, pt.Tensor)):
        return number(value, f"hparam_dict[{name!r}]")
    raise pt.ArgumentError(message(
        f"add_hparams: {name!r}", expected="a truth value, a text, a number or None",
        got=type(value).__name__, hint="write it as a text: str(value)"))


def _domain(name: str, values: Mapping[str, Any], domains: Mapping[str, Any]) -> Any:
    """All values that a parameter takes in any run, as a message; None if it is not said."""
    if name not in domains:
        return None
    found = domains[name]
    kind = type(values[name])
    if not isinstance(found, (list, tuple)) or not all(type(_plain(name, v)) is kind
                                                       for v in found):
        raise pt.ArgumentError(message(
            f"add_hparams: hparam_domain_discrete[{name!r}]",
            expected=f"a list of values like {values[name]!r}", got=repr(found)))
    made = part("plugins.hparams.api_pb2").HParamInfo().domain_discrete
    made.extend([_plain(name, v) for v in found])
    return made


def summaries(values: Mapping[str, Any], metrics: Mapping[str, Any], domains: Any) -> list[Any]:
    """What stands for a run: its parameters, the names of its metrics, its end."""
    api, data = part("plugins.hparams.api_pb2"), part("plugins.hparams.plugin_data_pb2")
    domains = {} if domains is None else mapping(domains, "hparam_domain_discrete")
    if unknown := set(domains) - set(values):
        raise pt.ArgumentError(message(
            "add_hparams: hparam_domain_discrete has names that hparam_dict has not",
            expected=", ".join(values), got=", ".join(sorted(unknown))))
    infos = [
        api.HParamInfo(name=name, type=api.DataType.Value(_TYPES[type(value)]),
                       domain_discrete=_domain(name, values, domains))
        for name, value in values.items()]
    measured = [api.MetricInfo(name=api.MetricName(tag=name)) for name in metrics]
    start = data.SessionStartInfo()
    for name, value in values.items():
        setattr(start.hparams[name], _FIELDS[type(value)], value)
    end = data.SessionEndInfo(status=api.Status.Value("STATUS_SUCCESS"))
    return [
        _summary("EXPERIMENT_TAG", experiment=api.Experiment(hparam_infos=infos,
                                                             metric_infos=measured)),
        _summary("SESSION_START_INFO_TAG", session_start_info=start),
        _summary("SESSION_END_INFO_TAG", session_end_info=end),
    ]


def write(
    folder: str, values: Mapping[str, Any], metrics: Mapping[str, float], domains: Any = None,
    global_step: int | None = None,
) -> None:
    """A run of its own in a folder: plain parameters, and the metrics that were reached."""
    made = summaries(values, metrics, domains)
    with closing(FileWriter(folder)) as writer:
        for one in [*made, *(scalar(name, value) for name, value in metrics.items())]:
            writer.add_summary(one, global_step)


def _summary(tag: str, **content: Any) -> Any:
    about = part("plugins.hparams.metadata")
    data = part("plugins.hparams.plugin_data_pb2").HParamsPluginData(**content)
    return summary(getattr(about, tag), about.create_summary_metadata(data),
                   tensor=about.NULL_TENSOR)
