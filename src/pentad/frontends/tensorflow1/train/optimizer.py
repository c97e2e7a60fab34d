"""Optimizer: from a loss to an operation that changes variables."""

from __future__ import annotations

from typing import Any

import pentad as pt
from pentad import static
from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.dtypes import FLOATS
from pentad.frontends.tensorflow1.framework.graph import get_default_graph, name_scope
from pentad.frontends.tensorflow1.framework.nest import flatten
from pentad.frontends.tensorflow1.framework.slices import IndexedSlices
from pentad.frontends.tensorflow1.ops.gradients import gradients
from pentad.frontends.tensorflow1.ops.identity import group
from pentad.frontends.tensorflow1.ops.state import assign, assign_add
from pentad.frontends.tensorflow1.variables.lists import trainable_variables
from pentad.frontends.tensorflow1.variables.scope import get_variable_scope
from pentad.frontends.tensorflow1.variables.variable import Variable


class Optimizer:
    """The base of optimisers.

    A subclass has `_prepare` (hyper-parameters as tensors), `_create_slots`, `_apply_dense` and
    `_apply_sparse_duplicate_indices` or `_apply_sparse`; the rest is the same for all.
    """

    GATE_NONE, GATE_OP, GATE_GRAPH = 0, 1, 2

    def __init__(self, use_locking: bool, name: str) -> None:
        if not name:
            raise pt.ArgumentError("Must specify the optimizer name")
        self._use_locking, self._name = use_locking, name
        self._slots: dict[str, dict[Any, Any]] = {}
        self._non_slot_dict: dict[Any, Any] = {}

    def get_name(self) -> str:
        """Its name."""
        return self._name

    def minimize(
        self, loss: Any, global_step: Any = None, var_list: Any = None,
        gate_gradients: int = GATE_OP, aggregation_method: Any = None,
        colocate_gradients_with_ops: bool = False, name: str | None = None, grad_loss: Any = None,
    ) -> Any:
        """An operation that makes the loss smaller by one step, and counts global_step up."""
        pairs = self.compute_gradients(loss, var_list, gate_gradients, aggregation_method,
                                       colocate_gradients_with_ops, grad_loss)
        if all(g is None for g, _ in pairs):
            raise pt.ArgumentError(static.message(
                "No gradients provided for any variable, check your graph for ops that do not "
                "support gradients, between variables and loss",
                got=f"{[str(v) for _, v in pairs]} and loss {loss}"))
        return self.apply_gradients(pairs, global_step, name)

    def compute_gradients(
        self, loss: Any, var_list: Any = None, gate_gradients: int = GATE_OP,
        aggregation_method: Any = None, colocate_gradients_with_ops: bool = False,
        grad_loss: Any = None,
    ) -> list[tuple[Any, Any]]:
        """(gradient, variable) pairs; None for the gradient of what the loss does not depend on."""
        if gate_gradients not in (self.GATE_NONE, self.GATE_OP, self.GATE_GRAPH):
            raise pt.ArgumentError(
                "gate_gradients must be one of: Optimizer.GATE_NONE, Optimizer.GATE_OP, "
                f"Optimizer.GATE_GRAPH. Not {gate_gradients}")
        loss = loss() if callable(loss) else loss
        if convert_to_tensor(loss).dtype.base_dtype not in FLOATS:
            raise pt.ArgumentError(static.message(
                f"Invalid type {loss.dtype.name} for {loss.name}, expected: floating point."))
        if var_list is None:
            var_list = trainable_variables() + get_default_graph().get_collection(
                "trainable_resource_variables")
        variables = [v for item in flatten(var_list) for v in _parts(item)]
        if not variables:
            raise pt.ArgumentError("No variables to optimize.")
        found = gradients(loss, variables, None if grad_loss is None else [grad_loss])
        return list(zip(found, variables))

    def apply_gradients(
        self, grads_and_vars: Any, global_step: Any = None, name: str | None = None
    ) -> Any:
        """An operation that changes variables by their gradients."""
        pairs = [(g, v) for g, v in grads_and_vars]
        if not pairs:
            raise pt.ArgumentError("No variables provided.")
        given = [(_gradient(g, v), v) for g, v in pairs if g is not None]
        if not given:
            raise pt.ArgumentError(static.message(
                f"No gradients provided for any variable: {[str(v) for _, v in pairs]}."))
        with get_default_graph().control_dependencies(None):
            self._create_slots([v for _, v in given])
        with name_scope(name, self._name) as scope:
            self._prepare()
            updates = []
            for gradient, variable in given:
                with name_scope("update_" + variable.op.name.replace(":", "_")):
                    updates.append(self._updated(gradient, variable))
            return self._finished(updates, global_step, scope)

    def _updated(self, gradient: Any, variable: Any) -> Any:
        if isinstance(gradient, IndexedSlices):
            made = self._apply_sparse_duplicate_indices(gradient, variable)
        else:
            made = self._apply_dense(gradient, variable)
        constraint = getattr(variable, "constraint", None)
        if constraint is None:
            return made
        with get_default_graph().control_dependencies([made]):
            return assign(variable, constraint(variable))

    def _finished(self, updates: list[Any], global_step: Any, scope: str) -> Any:
        if global_step is None:
            made = self._finish(updates, scope)
        else:
            with get_default_graph().control_dependencies([self._finish(updates, "update")]):
                step = getattr(global_step, "_variable", global_step)
                one = convert_to_tensor(1, step.dtype.base_dtype)
                made = assign_add(global_step, one, name=scope).op
        graph = get_default_graph()
        operations = graph.get_collection_ref(GraphKeys.TRAIN_OP)
        if made not in operations:
            operations.append(made)
        return made

    # -- slots ---------------------------------------------------------------------------------

    def get_slot(self, var: Any, name: str) -> Any:
        """The variable of that kind that belongs to a variable, None if there is none."""
        return self._slots.get(name, {}).get(_key(var))

    def get_slot_names(self) -> list[str]:
        """The kinds of variables that belong to the variables."""
        return sorted(self._slots)

    def variables(self) -> list[Any]:
        """The variables of the optimiser itself."""
        graph = get_default_graph()
        found = [v for v in self._non_slot_dict.values() if v.graph is graph]
        found += [v for slots in self._slots.values() for v in slots.values() if v.graph is graph]
        return sorted(found, key=lambda v: v.name)

    def _slot(self, var: Any, initial: Any, slot_name: str, op_name: str) -> Any:
        slots = self._slots.setdefault(slot_name, {})
        if _key(var) not in slots:
            # A slot is called after its variable, within the scope of variables, if there is one.
            outer = get_variable_scope().name
            name = f"{outer}/{var.op.name}/{op_name}" if outer else f"{var.op.name}/{op_name}"
            with get_default_graph().name_scope(None):
                slots[_key(var)] = Variable(initial_value=initial, name=name, trainable=False)
        return slots[_key(var)]

    def _get_or_make_slot(self, var: Any, val: Any, slot_name: str, op_name: str) -> Any:
        return self._slot(var, val, slot_name, op_name)

    def _zeros_slot(self, var: Any, slot_name: str, op_name: str) -> Any:
        from pentad.frontends.tensorflow1.ops.creation import zeros

        dtype = var.dtype.base_dtype
        return self._slot(var, lambda: zeros(var.shape, dtype), slot_name, op_name)

    def _get_or_make_slot_with_initializer(
        self, var: Any, initializer: Any, shape: Any, dtype: Any, slot_name: str, op_name: str
    ) -> Any:
        return self._slot(var, lambda: initializer(shape, dtype=dtype), slot_name, op_name)

    def _create_non_slot_variable(self, initial_value: Any, name: str, colocate_with: Any) -> Any:
        key = (name, get_default_graph())
        if key not in self._non_slot_dict:
            self._non_slot_dict[key] = Variable(
                initial_value=initial_value, name=name, trainable=False)
        return self._non_slot_dict[key]

    def _get_non_slot_variable(self, name: str, graph: Any = None) -> Any:
        return self._non_slot_dict.get((name, graph or get_default_graph()))

    # -- what subclasses say -------------------------------------------------------------------

    def _prepare(self) -> None:
        """Make tensors of the hyper-parameters."""

    def _create_slots(self, var_list: Any) -> None:
        """Make the variables that belong to these."""

    def _finish(self, update_ops: Any, name_scope: str) -> Any:
        return group(*update_ops, name=name_scope)

    def _apply_dense(self, grad: Any, var: Any) -> Any:
        raise NotImplementedError

    def _apply_sparse(self, grad: Any, var: Any) -> Any:
        return self._apply_dense(convert_to_tensor(grad), var)

    def _apply_sparse_duplicate_indices(self, grad: Any, var: Any) -> Any:
        return self._apply_sparse(grad, var)

    @staticmethod
    def _call_if_callable(param: Any) -> Any:
        return param() if callable(param) else param


def _parts(variable: Any) -> list[Any]:
    """The variables that a variable in parts consists of."""
    if hasattr(variable, "_get_variable_list"):
        return list(variable)
    if not hasattr(variable, "graph"):
        raise TypeError(static.message(
            f"Argument is not a tf.Variable: {variable!r}", expected="variables in var_list"))
    return [variable]


def _gradient(gradient: Any, variable: Any) -> Any:
    if isinstance(gradient, IndexedSlices):
        return gradient
    try:
        return convert_to_tensor(gradient)
    except TypeError:
        raise TypeError(static.message(
            f"Gradient must be convertible to a Tensor or IndexedSlices, or None: {gradient}",
            got=f"for {variable}")) from None


def _key(variable: Any) -> Any:
    return getattr(variable, "_variable", variable).node
