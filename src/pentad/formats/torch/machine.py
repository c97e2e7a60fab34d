"""An interpreter of pickles that make data.

A pickle is a list of steps for a machine with a stack and a memo. The steps here push numbers,
texts and containers, and apply a name of the table `objects.NAMES` to data. There is no step that
looks a name up anywhere else, sets an attribute, or calls what lies on the stack.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from pentad.formats import limits
from pentad.formats.torch.cursor import Cursor
from pentad.graph.errors import FormatError

_PROTOCOLS = range(2, 6)
_STEPS: dict[int, Callable[[Machine], None]] = {}
_REFUSED = {
    ord("i"): "INST", ord("o"): "OBJ", ord("P"): "PERSID", 0x82: "EXT1", 0x83: "EXT2",
    0x84: "EXT4", 0x92: "NEWOBJ_EX", 0x97: "NEXT_BUFFER",
    0x98: "READONLY_BUFFER", 0x8B: "LONG4",
}
"""Steps that make objects of classes, or that no writer of weights uses."""
_SET, _MADE = 216, 64  # bytes of an empty set, of the least that a name makes


class Name:
    """A name of the table, as it lies on the stack: what it makes of arguments."""

    __slots__ = ("make", "text")

    def __init__(self, text: str, make: Callable[[tuple[Any, ...]], Any]) -> None:
        self.text, self.make = text, make


class Machine:
    """Runs one pickle.

    find: what a name of the file (module, name) is, here: a Name, or data; FormatError for others.
    persistent: what stands for something outside of the pickle (a storage). states: by type, how
    the step BUILD gives an object its state. made: the instances of classes (instances.py). old:
    long texts of Python 2 are bytes, short ones in Latin-1.
    """

    def __init__(
        self, cursor: Cursor, find: Callable[[Cursor, str, str], Any],
        persistent: Callable[[Cursor, Any], Any],
        states: Mapping[Any, Callable[[Cursor, Any, Any], None]] = MappingProxyType({}),
        made: Any = None, old: bool = False,
    ) -> None:
        self.cursor, self.find, self.persistent = cursor, find, persistent
        self.states, self.made, self.old = states, made, old
        self.stack: list[Any] = []
        self.below: list[list[Any]] = []  # the stacks below the marks
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        """What the pickle makes; the cursor then stands behind it."""
        take, steps = self.cursor.take, _STEPS
        for _ in range(limits.PICKLE_STEPS):
            code = take(1)[0]
            if code == 0x2E:  # STOP
                found = self.pop()
                if self.stack or self.below:
                    raise self.cursor.broken("a pickle that leaves things behind")
                return found
            step = steps.get(code)
            if step is None:
                raise self._unknown(code)
            step(self)
        raise self.cursor.broken("too long a pickle", f"{limits.PICKLE_STEPS} steps at most")

    def _unknown(self, code: int) -> FormatError:
        known = _REFUSED.get(code)
        if known is None:
            return self.cursor.broken("not a step of a pickle", got=f"0x{code:02x}")
        return self.cursor.broken(
            f"the step {known}, which weights do not need",
            expected="steps that make numbers, texts, containers, tensors",
            got=known, hint="only weights are read: save model.state_dict() in PyTorch",
        )

    def pop(self) -> Any:
        """The top of the stack."""
        if not self.stack:
            raise self.cursor.broken("a step that needs more than is there")
        return self.stack.pop()

    def top(self, kind: Any, step: str) -> Any:
        """The top of the stack, which stays and must be of a type."""
        if not self.stack or type(self.stack[-1]) not in kind:
            got = type(self.stack[-1]).__name__ if self.stack else "nothing"
            raise self.cursor.broken(f"the step {step} does not fit what it is for", got=got)
        return self.stack[-1]

    def marked(self) -> list[Any]:
        """What lies above the last mark, which goes."""
        if not self.below:
            raise self.cursor.broken("a step that needs a mark")
        found, self.stack = self.stack, self.below.pop()
        return found

    def remember(self, index: int) -> None:
        """Keep the top of the stack in the memo."""
        if not self.stack:
            raise self.cursor.broken("a step that needs more than is there")
        if len(self.memo) >= limits.PICKLE_MEMO:
            raise self.cursor.broken("too large a memo", f"{limits.PICKLE_MEMO} entries at most")
        self.memo[index] = self.stack[-1]

    def recall(self, index: int) -> None:
        """Push an entry of the memo."""
        if index not in self.memo:
            raise self.cursor.broken("an entry of the memo that is not there", got=str(index))
        self.stack.append(self.memo[index])

    def count(self, form: str) -> int:
        """The length of a text that comes next."""
        found: int = self.cursor.number(form)
        if not 0 <= found <= limits.PICKLE_TEXT:
            raise self.cursor.broken("too long a text", f"at most {limits.PICKLE_TEXT} bytes",
                                     f"{found}")
        return found

    def set_items(self, pairs: list[Any]) -> None:
        """Put keys and values, one after the other, into the dict on the stack."""
        target = self.top((dict, OrderedDict), "SETITEMS")
        if len(pairs) % 2:
            raise self.cursor.broken("a key without a value")
        for i in range(0, len(pairs), 2):
            target[checked_key(self.cursor, pairs[i])] = pairs[i + 1]


def checked_key(cursor: Cursor, key: Any) -> Any:
    """A key of a dict, or an element of a set: small, and hashed in no time."""
    kind = type(key)
    if kind in (str, bytes, float, bool, type(None)):
        return key
    if kind is int and abs(key) < limits.PICKLE_KEY:
        return key
    raise cursor.broken("an unusual key of a dict or set", "texts and numbers below 2**60",
                        kind.__name__)


def step(codes: str) -> Callable[[Callable[[Machine], None]], Callable[[Machine], None]]:
    """Register what a step of the pickle does, by its code in hexadecimal digits."""

    def registered(function: Callable[[Machine], None]) -> Callable[[Machine], None]:
        for code in bytes.fromhex(codes):
            _STEPS[code] = function
        return function

    return registered


def _pushes(code: str, make: Callable[[Machine], Any]) -> None:
    @step(code)
    def push(machine: Machine) -> None:
        machine.stack.append(make(machine))


# -- numbers and texts -----------------------------------------------------------------------------

_pushes("4e", lambda m: None)
_pushes("88", lambda m: True)
_pushes("89", lambda m: False)
_pushes("4a", lambda m: m.cursor.number("<i"))
_pushes("4b", lambda m: m.cursor.number("<B"))
_pushes("4d", lambda m: m.cursor.number("<H"))
_pushes("47", lambda m: m.cursor.number(">d"))
_pushes("8a", lambda m: int.from_bytes(m.cursor.take(m.cursor.number("<B")), "little", signed=True))
for _code, _form in (("8c", "<B"), ("58", "<I"), ("8d", "<Q")):
    _pushes(_code, lambda m, f=_form: m.cursor.text(m.cursor.take(m.count(f))))  # type: ignore[misc]
for _code, _form in (("43", "<B"), ("42", "<I"), ("8e", "<Q")):  # bytes
    _pushes(_code, lambda m, f=_form: m.cursor.take(m.count(f)))  # type: ignore[misc]
_pushes("55", lambda m: _old_text(m, m.cursor.take(m.count("<B"))))
_pushes("54", lambda m: _old_text(m, m.cursor.take(m.count("<i"))))
_pushes("96", lambda m: bytearray(m.cursor.take(m.count("<Q"))))



def _old_text(m: Machine, data: bytes) -> Any:
    """A text of Python 2, which may as well be bytes."""
    if not m.old:
        return m.cursor.text(data)
    return data if len(data) > 255 else data.decode("latin-1")


# -- containers ------------------------------------------------------------------------------------

_pushes("5d", lambda m: [])
_pushes("7d", lambda m: {})
_pushes("29", lambda m: ())


@step("8f")
def _set(m: Machine) -> None:
    m.cursor.charge(_SET)
    m.stack.append(set())


@step("28")
def _mark(m: Machine) -> None:
    m.below.append(m.stack)
    m.stack = []


def _pushes_marked(code: str, make: Callable[[Machine, list[Any]], Any]) -> None:
    @step(code)
    def push(m: Machine) -> None:
        items = m.marked()
        m.stack.append(make(m, items))


def _dict_of(m: Machine, items: list[Any]) -> dict[Any, Any]:
    m.stack.append({})
    m.set_items(items)
    return m.stack.pop()  # type: ignore[no-any-return]


_pushes_marked("74", lambda m, items: tuple(items))
_pushes_marked("6c", lambda m, items: items)
_pushes_marked("64", _dict_of)
_pushes_marked("91", lambda m, items: frozenset(checked_key(m.cursor, i) for i in items))


def _tuple_of(count: int) -> Callable[[Machine], Any]:
    def make(m: Machine) -> tuple[Any, ...]:
        return tuple(reversed([m.pop() for _ in range(count)]))

    return make


for _n, _code in ((1, "85"), (2, "86"), (3, "87")):
    _pushes(_code, _tuple_of(_n))


@step("61")
def _append(m: Machine) -> None:
    value = m.pop()
    m.top((list,), "APPEND").append(value)


@step("65")
def _appends(m: Machine) -> None:
    items = m.marked()
    m.top((list,), "APPENDS").extend(items)


@step("73")
def _set_item(m: Machine) -> None:
    value, key = m.pop(), m.pop()
    m.set_items([key, value])


@step("75")
def _set_items(m: Machine) -> None:
    m.set_items(m.marked())


@step("90")
def _add_items(m: Machine) -> None:
    items = m.marked()
    m.top((set,), "ADDITEMS").update(checked_key(m.cursor, i) for i in items)


# -- the stack and the memo ------------------------------------------------------------------------


@step("80")
def _protocol(m: Machine) -> None:
    found = m.cursor.number("<B")
    if found not in _PROTOCOLS:
        raise m.cursor.broken("an unknown protocol of pickles", "2 to 5", str(found))


@step("95")
def _frame(m: Machine) -> None:
    m.cursor.take(8)  # how much to read at once: we do not


@step("30")
def _drop(m: Machine) -> None:
    m.pop()


@step("31")
def _drop_marked(m: Machine) -> None:
    m.marked()


@step("32")
def _duplicate(m: Machine) -> None:
    value = m.pop()
    m.stack += [value, value]


step("71")(lambda m: m.remember(m.cursor.number("<B")))
step("72")(lambda m: m.remember(m.cursor.number("<I")))
step("94")(lambda m: m.remember(len(m.memo)))
step("68")(lambda m: m.recall(m.cursor.number("<B")))
step("6a")(lambda m: m.recall(m.cursor.number("<I")))

# -- names, and what they make ---------------------------------------------------------------------


@step("63")
def _global(m: Machine) -> None:
    module = m.cursor.line()
    m.stack.append(m.find(m.cursor, module, m.cursor.line()))


@step("93")
def _stack_global(m: Machine) -> None:
    name, module = m.pop(), m.pop()
    if type(module) is not str or type(name) is not str:
        raise m.cursor.broken("a name that is no text", got=type(name).__name__)
    m.stack.append(m.find(m.cursor, module, name))


@step("52")
def _reduce(m: Machine) -> None:
    arguments, name = m.pop(), m.pop()
    if type(name) is not Name or type(arguments) is not tuple:
        raise m.cursor.broken("the step REDUCE without a name that makes data",
                              got=f"{type(name).__name__} of {type(arguments).__name__}")
    m.cursor.charge(_MADE)
    m.stack.append(name.make(arguments))


@step("62")
def _build(m: Machine) -> None:
    """States that objects have: the versions of modules on a state_dict, what m.states says."""
    state = m.pop()
    kind = type(m.stack[-1]) if m.stack else None
    if kind in m.states:
        m.states[kind](m.cursor, m.stack[-1], state)
        return
    if m.made is not None and m.made.give(m.cursor, m.stack[-1] if m.stack else None, state):
        return
    target = m.top((OrderedDict,), "BUILD")
    if type(state) is not dict or set(state) - {"_metadata"}:
        raise m.cursor.broken("the step BUILD with an unknown state", "_metadata of a state_dict",
                              ", ".join(map(str, state))[:80] if type(state) is dict
                              else type(state).__name__)
    target.__dict__.update(state)


@step("51")
def _persistent(m: Machine) -> None:
    m.stack.append(m.persistent(m.cursor, m.pop()))
