"""`theano.config`: the settings that programs read and change: of .theanorc, of THEANO_FLAGS."""

from __future__ import annotations

import configparser
import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from pentad import static


class Setting:
    """One setting: its default, the values it may have, what it does here."""

    def __init__(self, default: Any, choices: tuple[Any, ...] | None = None, doc: str = "") -> None:
        self.default, self.choices, self.doc = default, choices, doc

    def read(self, name: str, value: Any) -> Any:
        """The value that a text or value stands for; ValueError if it may not be that."""
        if isinstance(self.default, bool) and isinstance(value, str):
            value = {"true": True, "1": True, "false": False, "0": False}.get(value.lower(), value)
        elif isinstance(value, str) and isinstance(self.default, int | float):
            value = type(self.default)(value)
        if isinstance(self.default, bool) and not isinstance(value, bool | int):
            self._refuse(name, value, "True or False")
        if self.choices is not None and value not in self.choices:
            self._refuse(name, value, ", ".join(map(str, self.choices)))
        return bool(value) if isinstance(self.default, bool) else value

    @staticmethod
    def _refuse(name: str, value: Any, expected: str) -> None:
        raise ValueError(
            static.message(f"theano.config.{name}: not a value of this setting",
                           expected=expected, got=repr(value),
                           hint="look at theano.config and at THEANO_FLAGS")
        )


_FLOATS = ("float64", "float32", "float16")
_ON_ERROR = ("off", "ignore", "warn", "raise", "pdb")

SETTINGS: dict[str, Setting] = {
    "floatX": Setting("float64", _FLOATS, "the dtype of what has none"),
    "cast_policy": Setting("custom", ("custom", "numpy+floatX", "numpy"), "dtypes of results"),
    "int_division": Setting("int", ("int", "raise", "floatX"), "what / does to whole numbers"),
    "warn_float64": Setting("ignore", ("ignore", "warn", "raise", "pdb")),
    "warn_on_super": Setting(True),
    "device": Setting("cpu", None, "where code runs: the CPU; others are refused"),
    "gpuarray.preallocate": Setting(0.0), "gpuarray.sched": Setting("default"),
    "gpuarray.single_stream": Setting(True), "gpuarray.cache_path": Setting(""),
    "init_gpu_device": Setting(""), "force_device": Setting(False), "contexts": Setting(""),
    "print_active_device": Setting(True), "enable_initial_driver_test": Setting(True),
    "mode": Setting("Mode", None, "the mode of functions that are given none"),
    "linker": Setting("cvm", None), "optimizer": Setting("o4", None),
    "optimizer_verbose": Setting(False), "optimizer_including": Setting(""),
    "optimizer_excluding": Setting(""), "optimizer_requiring": Setting(""),
    "on_opt_error": Setting("warn", ("warn", "raise", "pdb", "ignore")),
    "on_unused_input": Setting("raise", ("raise", "warn", "ignore"), "inputs that nothing uses"),
    "on_shape_error": Setting("warn", ("warn", "raise")),
    "allow_gc": Setting(True), "openmp": Setting(False), "openmp_elemwise_minsize": Setting(200000),
    "deterministic": Setting("default", ("default", "more")),
    "compute_test_value": Setting("off", _ON_ERROR, "compute with test values on the way"),
    "compute_test_value_opt": Setting("off", _ON_ERROR),
    "print_test_value": Setting(False), "raise_for_nan": Setting(True),
    "exception_verbosity": Setting("low", ("low", "high")), "traceback.limit": Setting(8),
    "traceback.compile_limit": Setting(0),
    "profile": Setting(False), "profile_memory": Setting(False),
    "profile_optimizer": Setting(False), "profiling.n_apply": Setting(20),
    "profiling.n_ops": Setting(20), "profiling.time_thunks": Setting(True),
    "profiling.destination": Setting("stderr"), "profiling.debugprint": Setting(False),
    "profiling.output_line_width": Setting(512), "profiling.ignore_first_call": Setting(False),
    "profiling.min_memory_size": Setting(1024), "profiling.min_peak_memory": Setting(False),
    "nocleanup": Setting(False), "reoptimize_unpickled_function": Setting(False),
    "unpickle_function": Setting(True), "pickle_test_value": Setting(True),
    "tensor.cmp_sloppy": Setting(0), "tensor.local_elemwise_fusion": Setting(True),
    "tensor.insert_inplace_optimizer_validate_nb": Setting(-1),
    "lib.amdlibm": Setting(False), "lib.cnmem": Setting(0.0),
    "blas.ldflags": Setting(""), "blas.check_openmp": Setting(True),
    "cxx": Setting("", None, "no C++ compiler is used: code is made by Pentad"),
    "gcc.cxxflags": Setting(""), "cmodule.mac_framework_link": Setting(False),
    "cmodule.warn_no_version": Setting(False), "cmodule.remove_gxx_opt": Setting(False),
    "cmodule.compilation_warning": Setting(False), "cmodule.preload_cache": Setting(False),
    "cmodule.age_thresh_use": Setting(2073600), "cmodule.debug": Setting(False),
    "compile.timeout": Setting(0), "compile.wait": Setting(5),
    "compiledir": Setting(""), "compiledir_format": Setting(""), "base_compiledir": Setting(""),
    "ctc.root": Setting(""), "nvcc.flags": Setting(""), "nvcc.fastmath": Setting(False),
    "cuda.root": Setting(""), "cuda.enabled": Setting(True), "dnn.enabled": Setting("auto"),
    "dnn.conv.algo_fwd": Setting("small"), "dnn.conv.algo_bwd_data": Setting("none"),
    "dnn.conv.algo_bwd_filter": Setting("none"), "dnn.library_path": Setting(""),
    "dnn.include_path": Setting(""), "dnn.base_path": Setting(""),
    "magma.enabled": Setting(False), "magma.library_path": Setting(""),
    "scan.allow_gc": Setting(False), "scan.allow_output_prealloc": Setting(True),
    "scan.debug": Setting(False), "NanGuardMode.nan_is_error": Setting(True),
    "NanGuardMode.inf_is_error": Setting(True), "NanGuardMode.big_is_error": Setting(True),
    "NanGuardMode.action": Setting("raise", ("raise", "warn", "pdb")),
    "DebugMode.patience": Setting(10), "DebugMode.check_c": Setting(True),
    "DebugMode.check_py": Setting(True), "DebugMode.check_finite": Setting(True),
    "DebugMode.check_strides": Setting(0), "DebugMode.warn_input_not_reused": Setting(True),
    "DebugMode.check_preallocated_output": Setting(""),
    "DebugMode.check_preallocated_output_ndim": Setting(4),
    "numpy.seterr_all": Setting("ignore"), "numpy.seterr_divide": Setting("None"),
    "numpy.seterr_over": Setting("None"), "numpy.seterr_under": Setting("None"),
    "numpy.seterr_invalid": Setting("None"), "warn.ignore_bug_before": Setting("0.9"),
    **{f"warn.{name}": Setting(False) for name in (
        "gpu_set_subtensor1", "gpusum_01_011_0111_bug", "identify_1pexp_bug", "inc_set_subtensor1",
        "reduce_join", "signal_conv2d_interface", "sum_div_dimshuffle_bug", "sum_sum_bug",
        "vm_gc_bug")},
    "warn.round": Setting(False), "warn.inc_subtensor1_opt": Setting(False),
    "warn.argmax_pushdown_bug": Setting(False), "warn.subtensor_merge_bug": Setting(False),
    "unittests.rseed": Setting("666"), "experimental.unpickle_gpu_on_cpu": Setting(False),
    "experimental.local_alloc_elemwise": Setting(False), "assert_no_cpu_op": Setting("ignore"),
    "check_input": Setting(True), "ignore_bug_before": Setting("0.9"), "home": Setting(""),
    "max_memory": Setting(0), "vm.lazy": Setting("None"), "conv.assert_shape": Setting(False),
    "cycle_detection": Setting("regular", ("regular", "fast")), "check_stack_trace": Setting("off"),
    "metaopt.verbose": Setting(0), "metaopt.optimizer_excluding": Setting(""),
    "metaopt.optimizer_including": Setting(""), "lazy": Setting("None"), "gpu.config": Setting(""),
}
"""Every setting of Theano; those without a text above are kept and read, and have no effect."""



class Section:
    """The settings whose names begin with a prefix; `theano.config` is the one with none."""

    def __init__(self, prefix: str, values: dict[str, Any]) -> None:
        object.__setattr__(self, "_prefix", prefix)
        object.__setattr__(self, "_values", values)

    def __getattr__(self, name: str) -> Any:
        full = self._prefix + name
        if full in self._values:
            return self._values[full]
        if any(known.startswith(full + ".") for known in self._values):
            return Section(full + ".", self._values)
        raise AttributeError(
            static.message(f"theano.config has no setting '{full}'",
                           hint="str(theano.config) lists all of them")
        )

    def __setattr__(self, name: str, value: Any) -> None:
        self._set(self._prefix + name, value)

    def _set(self, full: str, value: Any) -> None:
        if full not in SETTINGS:
            raise AttributeError(
                static.message(f"theano.config has no setting '{full}'", got=repr(value),
                               hint="str(theano.config) lists all of them")
            )
        value = SETTINGS[full].read(full, value)
        if full == "device" and value != "cpu":
            if not str(value).startswith(("cuda", "gpu", "opencl", "cpu")):
                raise ValueError(
                    static.message("theano.config.device: not a device", got=repr(value),
                                   expected="cpu (cuda, gpu and opencl are run on it)")
                )
            warnings.warn(f"theano.config.device={value}: functions run on the CPU", stacklevel=3)
            value = "cpu"
        self._values[full] = value

    @contextmanager
    def change(self, **values: Any) -> Iterator[None]:
        """Other values for a while: names with `__` in place of dots."""
        names = {k.replace("__", "."): v for k, v in values.items()}
        before = {k: self._values[k] for k in names}
        try:
            for name, value in names.items():
                self._set(name, value)
            yield
        finally:
            self._values.update(before)

    def __str__(self) -> str:
        lines = []
        for name, value in sorted(self._values.items()):
            if name.startswith(self._prefix):
                doc = SETTINGS[name].doc
                lines.append(f"{name} = {value!r}" + (f"  ({doc})" if doc else ""))
        return "\n".join(lines)


def parse_flags(text: str) -> dict[str, str]:
    """The settings of a text such as `floatX=float32,device=cpu`; a name alone means True."""
    found = {}
    for item in text.split(","):
        name, equals, value = item.strip().partition("=")
        if name:
            found[name.strip()] = value.strip() if equals else "True"
    return found


def config_files() -> list[str]:
    """The files of settings: those of THEANORC, else .theanorc (Windows: .theanorc.txt too)."""
    named = os.environ.get("THEANORC")
    if named:
        return [os.path.expanduser(name) for name in named.split(os.pathsep) if name]
    home = os.path.expanduser("~")
    return [os.path.join(home, name) for name in (".theanorc", ".theanorc.txt")]


def _read_files(made: Section) -> None:
    """Take the settings of files: `[global]` holds those without a dot. What Theano has not is
    passed over, since the files outlive versions."""
    parser = configparser.ConfigParser(interpolation=None)
    parser.optionxform = str  # type: ignore[assignment, method-assign]
    names = {name.lower(): name for name in SETTINGS}
    for file in config_files():
        try:
            parser.read(file)
        except (configparser.Error, OSError, UnicodeDecodeError) as error:
            warnings.warn(f"the settings of {file} are not read: {error}", stacklevel=3)
    for section in parser.sections():
        for name, value in parser.items(section):
            full = name if section == "global" else f"{section}.{name}"
            if full.lower() in names:
                made._set(names[full.lower()], value)


def from_environment() -> Section:
    """The settings as files and THEANO_FLAGS have them; the latter's names must be Theano's."""
    made = Section("", {name: setting.default for name, setting in SETTINGS.items()})
    _read_files(made)
    for name, value in parse_flags(os.environ.get("THEANO_FLAGS", "")).items():
        made._set(name, value)
    return made


config = from_environment()


class change_flags:
    """Settings for a while: a decorator and a context; names with `__` for the dots."""

    def __init__(self, args: Any = (), **values: Any) -> None:
        self.values = {**dict(args), **values}

    def __call__(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, run with these settings."""
        def changed(*args: Any, **kwargs: Any) -> Any:
            with config.change(**self.values):
                return function(*args, **kwargs)

        changed.__name__, changed.__doc__ = function.__name__, function.__doc__
        return changed

    def __enter__(self) -> change_flags:
        self._open = config.change(**self.values)
        self._open.__enter__()
        return self

    def __exit__(self, *found: Any) -> None:
        self._open.__exit__(*found)


__all__ = ["SETTINGS", "Section", "Setting", "change_flags", "config", "parse_flags"]
