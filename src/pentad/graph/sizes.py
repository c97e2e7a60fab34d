"""Sizes of tensors: Python ints, or `Dim`s, integer polynomials with floor division.

A `Dim` has a hint, the value that it has in the call being traced. A question that the
polynomials alone cannot answer (`n == 64`?) is answered by the hints and recorded as a guard:
the traced graph holds for those sizes only that give the same answers. Symbols stand for sizes
of at least 2, for 0 and 1 are always specialised.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from pentad.graph.errors import ShapeError, message

_Monomial = tuple["Symbol | Quotient", ...]


@dataclass
class SizeScope:
    """The symbols of one traced graph and the guards that its questions left behind."""

    guards: list[Guard] = field(default_factory=list)

    def guard(self, dim: Dim, relation: str, holds: bool) -> None:
        entry = Guard(dim, relation, holds)
        if not any(g.repeats(entry) for g in self.guards):
            self.guards.append(entry)


@dataclass(frozen=True, eq=False)
class Guard:
    """`dim relation 0` was answered with `holds`; relation is `==` or `<`."""

    dim: Dim
    relation: str
    holds: bool

    def satisfied(self, sizes: Mapping[str, int]) -> bool:
        value = evaluate(self.dim, sizes)
        return ((value == 0) if self.relation == "==" else (value < 0)) == self.holds

    def repeats(self, other: Guard) -> bool:
        """The same statement; compared by structure, for `==` of sizes would ask again."""
        equal = self.relation == other.relation and self.holds == other.holds
        return equal and same(self.dim, other.dim)

    def __str__(self) -> str:
        positive = {"==": "==", "<": "<"}[self.relation]
        negative = {"==": "!=", "<": ">="}[self.relation]
        return f"{self.dim} {positive if self.holds else negative} 0"


@dataclass(frozen=True, slots=True)
class Symbol:
    """A named size that is not known when the graph is built."""

    name: str
    hint: int | None = field(default=None, compare=False)
    scope: SizeScope | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, eq=False)
class Quotient:
    """`numerator // denominator`, an atom of a polynomial; equal by structure."""

    numerator: Dim
    denominator: Dim

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Quotient):
            return NotImplemented
        return same(self.numerator, other.numerator) and same(self.denominator, other.denominator)

    def __hash__(self) -> int:
        return hash((self.numerator.terms, self.denominator.terms))

    def __str__(self) -> str:
        above, below = (
            text if text.isalnum() else f"({text})"
            for text in (str(self.numerator), str(self.denominator))
        )
        return f"({above}//{below})"


class Dim:
    """An integer polynomial over symbols and quotients; behaves like the int that it stands for."""

    __slots__ = ("_hash", "terms")

    def __init__(self, terms: Mapping[_Monomial, int]) -> None:
        self.terms = tuple(sorted(((m, c) for m, c in terms.items() if c), key=_term_key))
        self._hash = hash(self.terms)

    # -- arithmetic --------------------------------------------------------------------------

    def __add__(self, other: Size) -> Size:
        terms = dict(self.terms)
        for m, c in _terms(other):
            terms[m] = terms.get(m, 0) + c
        return _settle(terms)

    def __mul__(self, other: Size) -> Size:
        terms: dict[_Monomial, int] = {}
        for m, c in self.terms:
            for n, d in _terms(other):
                key = tuple(sorted((*m, *n), key=str))
                terms[key] = terms.get(key, 0) + c * d
        return _settle(terms)

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Size:
        return self * -1

    def __sub__(self, other: Size) -> Size:
        return self + other * -1

    def __rsub__(self, other: Size) -> Size:
        return other + self * -1

    def __floordiv__(self, other: Size) -> Size:
        return _divide(self, other)

    def __rfloordiv__(self, other: Size) -> Size:
        return _divide(other, self)

    def __mod__(self, other: Size) -> Size:
        return self - (self // other) * other

    def __rmod__(self, other: Size) -> Size:
        return other - (other // self) * self

    # -- questions ---------------------------------------------------------------------------

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, (int, Dim)):
            return NotImplemented
        return _ask(self - other, "==")

    def __lt__(self, other: Size) -> bool:
        return _ask(self - other, "<")

    def __ge__(self, other: Size) -> bool:
        return not self < other

    def __gt__(self, other: Size) -> bool:
        return _ask(other - self, "<")

    def __le__(self, other: Size) -> bool:
        return not self > other

    def __bool__(self) -> bool:
        return not _ask(self, "==")

    def __int__(self) -> int:
        value = hint_of(self)
        _ask(self - value, "==")
        return value

    __index__ = __int__

    def __float__(self) -> float:
        return float(int(self))

    def __truediv__(self, other: float) -> float:
        return int(self) / other

    def __rtruediv__(self, other: float) -> float:
        return other / int(self)

    def __hash__(self) -> int:
        return self._hash

    def __str__(self) -> str:
        words = []
        for m, c in self.terms:
            names = "*".join(str(a) for a in m)
            factor = {1: "", -1: "-"}.get(c, f"{c}*")
            words.append(f"{factor}{names}" if names else str(c))
        return " + ".join(words).replace("+ -", "- ")

    __repr__ = __str__


Size = int | Dim


def symbol(name: str, hint: int | None = None, scope: SizeScope | None = None) -> Dim:
    """A size called `name`."""
    return Dim({(Symbol(name, hint, scope),): 1})


def same(a: Size, b: Size) -> bool:
    """Structural equality: never asks, never leaves a guard."""
    if isinstance(a, int) or isinstance(b, int):
        return a is b or (isinstance(a, int) and isinstance(b, int) and a == b)
    return a.terms == b.terms


def evaluate(size: Size, sizes: Mapping[str, int]) -> int:
    """The value of a size where the symbols have the given values."""
    if isinstance(size, int):
        return size
    return _fold(size, lambda s: sizes[s.name])


def hint_of(size: Size) -> int:
    """The value of a size in the traced call; ShapeError if a symbol has no hint."""
    return size if isinstance(size, int) else _fold(size, _hint)


def product(shape: tuple[Size, ...]) -> Size:
    """The number of elements of a shape."""
    n: Size = 1
    for d in shape:
        n = n * d
    return n


def symbols_of(size: Size) -> set[str]:
    """The names of the symbols in a size."""
    if isinstance(size, int):
        return set()
    names: set[str] = set()
    for m, _ in size.terms:
        for atom in m:
            if isinstance(atom, Symbol):
                names.add(atom.name)
            else:
                names |= symbols_of(atom.numerator) | symbols_of(atom.denominator)
    return names


def _hint(s: Symbol) -> int:
    if s.hint is None:
        raise ShapeError(message(f"size {s} is not known here", expected="a known size"))
    return s.hint


def _fold(dim: Dim, value: Callable[[Symbol], int]) -> int:
    total = 0
    for m, c in dim.terms:
        for atom in m:
            if isinstance(atom, Symbol):
                c *= value(atom)
            else:
                c *= _whole(atom.numerator, value) // _whole(atom.denominator, value)
        total += c
    return total


def _whole(size: Size, value: Callable[[Symbol], int]) -> int:
    return size if isinstance(size, int) else _fold(size, value)


def _terms(size: Size) -> tuple[tuple[_Monomial, int], ...]:
    if isinstance(size, Dim):
        return size.terms
    return (((), int(size)),) if size else ()


def _term_key(term: tuple[_Monomial, int]) -> tuple[int, str]:
    return (-len(term[0]), str([str(a) for a in term[0]]))


def _settle(terms: Mapping[_Monomial, int]) -> Size:
    left = {m: c for m, c in terms.items() if c}
    if not left:
        return 0
    if set(left) == {()}:
        return left[()]
    return Dim(left)


def _divide(a: Size, b: Size) -> Size:
    if isinstance(b, int) and b == 0:
        raise ZeroDivisionError(f"size {a} is divided by zero")
    if isinstance(a, int) and isinstance(b, int):
        return a // b
    if isinstance(b, int) and b == 1:
        return a
    exact = _divide_exactly(a, b)
    if exact is not None:
        return exact
    whole_a = a if isinstance(a, Dim) else Dim({(): a})
    whole_b = b if isinstance(b, Dim) else Dim({(): b})
    return Dim({(Quotient(whole_a, whole_b),): 1})


def _divide_exactly(a: Size, b: Size) -> Size | None:
    """a / b where b is one term that divides every term of a."""
    divisor = _terms(b)
    if len(divisor) != 1:
        return None
    atoms, factor = divisor[0]
    quotient: dict[_Monomial, int] = {}
    for m, c in _terms(a):
        left = list(m)
        for atom in atoms:
            if atom not in left:
                return None
            left.remove(atom)
        if c % factor:
            return None
        quotient[tuple(left)] = c // factor
    return _settle(quotient)


def _lowest(dim: Dim) -> int | None:
    """A lower bound, if there is one, given that every symbol is at least 2."""
    low = 0
    for m, c in dim.terms:
        if not m:
            low += c
            continue
        factors = [2 if isinstance(a, Symbol) else _lowest_quotient(a) for a in m]
        if c < 0 or any(f is None or f < 0 for f in factors):
            return None
        low += c * math.prod(f for f in factors if f is not None)
    return low


def _lowest_quotient(atom: Quotient) -> int | None:
    """A lower bound of a quotient: its numerator's over a known divisor, 0 over a positive one."""
    above, below = _lowest(atom.numerator), _lowest(atom.denominator)
    if above is None or below is None or above < 0 or below <= 0:
        return None
    known = all(not m for m, _ in atom.denominator.terms)
    return above // below if known else 0


def _ask(difference: Size, relation: str) -> bool:
    """Is `difference relation 0`? Decided by algebra if possible, else by hints and a guard."""
    if isinstance(difference, int):
        return difference == 0 if relation == "==" else difference < 0
    low, high = _lowest(difference), _lowest_of_negated(difference)
    if low is not None and (low > 0 or (low == 0 and relation == "<")):
        return False
    if high is not None and high > 0:
        return relation == "<"
    value = hint_of(difference)
    holds = value == 0 if relation == "==" else value < 0
    scope = _scope(difference)
    if scope is not None:
        scope.guard(difference, relation, holds)
    return holds


def _scope(dim: Dim) -> SizeScope | None:
    """The scope of the first symbol in `dim` that has one."""
    for m, _ in dim.terms:
        for atom in m:
            if isinstance(atom, Symbol):
                found = atom.scope
            else:
                found = _scope(atom.numerator) or _scope(atom.denominator)
            if found is not None:
                return found
    return None


def _lowest_of_negated(dim: Dim) -> int | None:
    negated = -dim
    return _lowest(negated) if isinstance(negated, Dim) else -negated
