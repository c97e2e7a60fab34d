"""Define and run: a graph is described first, and run afterwards, as often as one likes.

    from pentad import static

Graphs are made of nodes (ops applied to symbols); a `Run` takes feeds to values and changes
variables, as one compiled function. The front ends of Theano and TensorFlow 1 are skins on it.
"""

from pentad.graph.errors import message
from pentad.graph.lines import user_line
from pentad.nn.functional.common import by_position
from pentad.static.cloning import clone
from pentad.static.control import Block, block, cond, parameter, scan, while_loop
from pentad.static.conversion import converted
from pentad.static.gradients import GRADIENT, connected, gradients, jacobian, wanted_by, with_bodies
from pentad.static.graph import Body, Graph, Node, Op, Symbol, ancestors
from pentad.static.ops import (
    RandomOp,
    ResourceOp,
    StateOp,
    assign,
    constant,
    placeholder,
    variable,
)
from pentad.static.probing import apply
from pentad.static.replay import Replay, located, with_gradients_of
from pentad.static.runner import NotCompiled, Run
from pentad.static.store import Store, Uninitialized
from pentad.static.stored import Stored, in_order, op_maker, op_name, restored, stored
from pentad.static.values import STRING, Known, Type
from pentad.static.windows import dynamic_slice
from pentad.tensor.capture.falling_back import FallingBack
from pentad.tensor.tensor import present_as

__all__ = [
    "Block", "Body", "FallingBack", "GRADIENT", "Graph", "Known", "Node", "NotCompiled", "Op",
    "RandomOp", "Replay", "ResourceOp", "Run", "STRING", "StateOp", "Store", "Stored", "Symbol",
    "Type", "Uninitialized", "ancestors", "apply", "assign", "block", "by_position", "clone",
    "cond", "connected", "constant", "converted", "dynamic_slice", "gradients", "in_order",
    "jacobian", "located", "message", "op_maker", "op_name", "parameter", "placeholder",
    "present_as", "restored", "scan", "stored", "user_line", "variable", "wanted_by",
    "while_loop", "with_bodies", "with_gradients_of",
]
