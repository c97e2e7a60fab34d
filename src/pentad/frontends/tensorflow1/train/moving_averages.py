"""Moving averages of variables."""

from __future__ import annotations

from typing import Any

from pentad import static
from pentad.frontends.tensorflow1.framework.collections import GraphKeys
from pentad.frontends.tensorflow1.framework.convert import convert_to_tensor
from pentad.frontends.tensorflow1.framework.graph import get_default_graph, init_scope, name_scope
from pentad.frontends.tensorflow1.ops.casting import cast
from pentad.frontends.tensorflow1.ops.elementwise import minimum
from pentad.frontends.tensorflow1.ops.identity import group
from pentad.frontends.tensorflow1.ops.state import assign_add, assign_sub
from pentad.frontends.tensorflow1.variables.lists import (
    global_variables,
    moving_average_variables,
    trainable_variables,
)
from pentad.frontends.tensorflow1.variables.variable import Variable


def assign_moving_average(
    variable: Any, value: Any, decay: Any, zero_debias: bool = True, name: str | None = None
) -> Any:
    """Move a variable towards a value; with zero_debias, as if it had not begun at zero."""
    with name_scope(name, "AssignMovingAvg", [variable, value, decay]) as scope:
        decay = cast(1.0 - convert_to_tensor(decay), variable.dtype.base_dtype)
        if not zero_debias:
            return assign_sub(variable, (variable.value() - value) * decay, name=scope)
        return _debiased(variable, value, decay)


def _debiased(variable: Any, value: Any, decay: Any) -> Any:
    graph = get_default_graph()
    with graph.control_dependencies(None), graph.name_scope(None):
        from pentad.frontends.tensorflow1.ops.creation import zeros
        from pentad.frontends.tensorflow1.variables.scope import get_variable_scope

        # As in TensorFlow: below the scope that is open, under the whole name of the variable.
        base = "/".join(filter(None, (get_variable_scope().name, variable.op.name)))
        biased = Variable(initial_value=lambda: zeros(variable.shape, variable.dtype.base_dtype),
                        name=f"{base}/biased", trainable=False)
        steps = Variable(initial_value=0.0, name=f"{base}/local_step", trainable=False)
    moved = assign_sub(biased, (biased.value() - value) * decay)
    counted = assign_add(steps, 1.0)
    with graph.control_dependencies([moved.op, counted.op]):
        factor = 1 - (1.0 - decay) ** cast(steps.read_value(), decay.dtype)
        return assign_sub(variable, variable.value() - biased.read_value() / factor)


class ExponentialMovingAverage:
    """Keeps averages of variables, in which what is older counts less.

    num_updates: the number of steps, so that the decay is smaller at the beginning.
    """

    def __init__(
        self, decay: Any, num_updates: Any = None, zero_debias: bool = False,
        name: str = "ExponentialMovingAverage",
    ) -> None:
        self._decay, self._num_updates, self._zero_debias = decay, num_updates, zero_debias
        self._name = name
        self._averages: dict[Any, Any] = {}

    @property
    def name(self) -> str:
        """Its name."""
        return self._name

    def apply(self, var_list: Any = None) -> Any:
        """An operation that moves the averages of these variables or tensors."""
        found = trainable_variables() if var_list is None else list(var_list)
        for var in found:
            if not var.dtype.base_dtype.is_floating:
                raise TypeError(static.message(
                    f"The variables must be half, float, or double: {var.name}",
                    got=var.dtype.name))
            if _key(var) not in self._averages:
                self._averages[_key(var)] = self._made(var)
        with name_scope(self.name, "ExponentialMovingAverage", []) as scope:
            decay = convert_to_tensor(self._decay, name="decay")
            if self._num_updates is not None:
                count = cast(self._num_updates, decay.dtype)
                decay = minimum(decay, (1.0 + count) / (10.0 + count))
            updates = [
                assign_moving_average(
                    self._averages[_key(var)], convert_to_tensor(var), decay,
                    self._zero_debias and not isinstance(var, Variable)).op
                for var in found
            ]
            return group(*updates, name=scope)

    def _made(self, var: Any) -> Any:
        from pentad.frontends.tensorflow1.ops.creation import zeros

        graph = get_default_graph()
        collections = [GraphKeys.GLOBAL_VARIABLES]
        is_variable = isinstance(var, Variable)
        with init_scope(), graph.name_scope(None):
            first = var.initialized_value() if is_variable else (
                lambda: zeros(var.shape, var.dtype.base_dtype))
            made = Variable(initial_value=first, name=f"{var.op.name}/{self.name}", trainable=False,
                          collections=collections)
        graph.add_to_collections([GraphKeys.MOVING_AVERAGE_VARIABLES], var)
        return made

    def average(self, var: Any) -> Any:
        """The variable that holds the average, None if there is none."""
        return self._averages.get(_key(var))

    def average_name(self, var: Any) -> str:
        """The name of the variable that holds the average."""
        found = self.average(var)
        return found.op.name if found is not None else f"{var.op.name}/{self.name}"

    def variables_to_restore(self, moving_avg_variables: Any = None) -> dict[str, Any]:
        """Names of checkpoints to the variables that they belong to: averages where there are."""
        chosen = moving_avg_variables
        if chosen is None:
            chosen = trainable_variables() + moving_average_variables()
        chosen = list({_key(v): v for v in chosen}.values())
        found = {self.average_name(v): v for v in chosen}
        names = {v.op.name for v in chosen}
        for v in dict.fromkeys(global_variables()):
            if v.op.name not in names and v.op.name not in found:
                found[v.op.name] = v
        return found


def _key(var: Any) -> Any:
    return getattr(var, "_variable", var)



