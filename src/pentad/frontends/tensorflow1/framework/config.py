"""ConfigProto and its relatives: what programs say about how to run. Kept, with little effect."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static


class Settings:
    """Fields with defaults, as protocol messages have them."""

    FIELDS: dict[str, Any] = {}

    def __init__(self, **given: Any) -> None:
        for name, default in self.FIELDS.items():
            setattr(self, name, default() if isinstance(default, type) else default)
        for name, value in given.items():
            if name not in self.FIELDS:
                raise pt.ArgumentError(static.message(
                    f"Protocol message {type(self).__name__} has no \"{name}\" field.",
                    expected=", ".join(self.FIELDS)))
            setattr(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in self.FIELDS:
            raise AttributeError(static.message(
                f"{type(self).__name__} has no field '{name}'", expected=", ".join(self.FIELDS)))
        super().__setattr__(name, value)

    def CopyFrom(self, other: Any) -> None:
        """Take the fields of another."""
        for name in self.FIELDS:
            setattr(self, name, getattr(other, name))

    def HasField(self, name: str) -> bool:
        """Is the field another than its default?"""
        default = self.FIELDS[name]
        return isinstance(default, type) or getattr(self, name) != default

    def __repr__(self) -> str:
        return "".join(f"{n}: {getattr(self, n)!r}\n" for n in self.FIELDS if self.HasField(n))

    def __eq__(self, other: Any) -> bool:
        return type(other) is type(self) and vars(other) == vars(self)

    __hash__ = object.__hash__


class _Experimental(Settings):
    FIELDS = {"collective_group_leader": "", "executor_type": "", "virtual_devices": list,
              "use_unified_memory": False, "collective_nccl": False}


class GPUOptions(Settings):
    """How much of a GPU to use; without effect."""

    FIELDS = {
        "per_process_gpu_memory_fraction": 0.0, "allow_growth": False, "allocator_type": "",
        "deferred_deletion_bytes": 0, "visible_device_list": "", "polling_active_delay_usecs": 0,
        "polling_inactive_delay_msecs": 0, "force_gpu_compatible": False,
        "experimental": _Experimental,
    }


class OptimizerOptions(Settings):
    """Which rewritings to do; without effect: Pentad does its own."""

    FIELDS = {
        "do_common_subexpression_elimination": False, "do_constant_folding": False,
        "max_folded_constant_in_bytes": 0, "do_function_inlining": False, "opt_level": 0,
        "global_jit_level": 0,
    }
    L1, L0 = 0, -1
    DEFAULT, OFF, ON_1, ON_2 = 0, -1, 1, 2


_REWRITES = """
layout_optimizer constant_folding shape_optimization remapping arithmetic_optimization
dependency_optimization loop_optimization function_optimization debug_stripper
disable_model_pruning memory_optimization auto_mixed_precision disable_meta_optimizer
meta_optimizer_iterations pin_to_host_optimization scoped_allocator_optimization min_graph_nodes
"""


class _Rewrite(Settings):
    FIELDS = dict.fromkeys(_REWRITES.split(), 0)
    DEFAULT, ON, OFF, AGGRESSIVE = 0, 1, 2, 3


class GraphOptions(Settings):
    """How to prepare a graph; without effect."""

    FIELDS = {
        "enable_recv_scheduling": False, "optimizer_options": OptimizerOptions,
        "build_cost_model": 0, "build_cost_model_after": 0, "infer_shapes": False,
        "place_pruned_graph": False, "enable_bfloat16_sendrecv": False, "timeline_step": 0,
        "rewrite_options": _Rewrite,
    }


class ConfigProto(Settings):
    """How a session runs; its threads are Pentad's (pt.set_num_threads)."""

    FIELDS = {
        "device_count": dict, "intra_op_parallelism_threads": 0,
        "inter_op_parallelism_threads": 0, "use_per_session_threads": False,
        "session_inter_op_thread_pool": list, "placement_period": 0, "device_filters": list,
        "gpu_options": GPUOptions, "allow_soft_placement": False, "log_device_placement": False,
        "graph_options": GraphOptions, "operation_timeout_in_ms": 0, "rpc_options": dict,
        "cluster_def": dict, "isolate_session_state": False, "experimental": _Experimental,
    }


class RunOptions(Settings):
    """How one run is done; without effect."""

    FIELDS = {
        "trace_level": 0, "timeout_in_ms": 0, "inter_op_thread_pool": 0,
        "output_partition_graphs": False, "debug_options": dict,
        "report_tensor_allocations_upon_oom": False, "experimental": _Experimental,
    }
    NO_TRACE, SOFTWARE_TRACE, HARDWARE_TRACE, FULL_TRACE = range(4)


class _StepStats(Settings):
    FIELDS = {"dev_stats": list}


class RunMetadata(Settings):
    """What is known of one run."""

    FIELDS = {"step_stats": _StepStats, "cost_graph": dict, "partition_graphs": list,
              "function_graphs": list}

    def SerializeToString(self) -> bytes:
        """Nothing was measured: no bytes."""
        return b""
