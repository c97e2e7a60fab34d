"""The exceptions that running a graph raises, with TensorFlow's names and codes."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Any

import pentad as pt
from pentad import static

OK, CANCELLED, UNKNOWN, INVALID_ARGUMENT, DEADLINE_EXCEEDED, NOT_FOUND, ALREADY_EXISTS = range(7)
(PERMISSION_DENIED, RESOURCE_EXHAUSTED, FAILED_PRECONDITION, ABORTED, OUT_OF_RANGE, UNIMPLEMENTED,
 INTERNAL, UNAVAILABLE, DATA_LOSS, UNAUTHENTICATED) = range(7, 17)


class OpError(pt.PentadError):
    """An operation failed while the graph ran."""

    def __init__(self, node_def: Any, op: Any, message: str, error_code: int = UNKNOWN) -> None:
        super().__init__(message)
        self._node_def, self._op, self._message, self._code = node_def, op, message, error_code

    @property
    def message(self) -> str:
        """What went wrong."""
        return self._message

    @property
    def op(self) -> Any:
        """The operation that failed, None if it is not known."""
        return self._op

    @property
    def node_def(self) -> Any:
        """The NodeDef of the operation."""
        return self._op.node_def if self._node_def is None and self._op else self._node_def

    @property
    def error_code(self) -> int:
        """Its number, one of those in tf.errors."""
        return self._code


_CODES: dict[int, type[OpError]] = {}


def _error(name: str, code: int, doc: str) -> type[OpError]:
    def __init__(
        self: Any, node_def: Any = None, op: Any = None, message: str = "",
        error_code: int = code,
    ) -> None:
        OpError.__init__(self, node_def, op, message, code)

    made = type(name, (OpError,), {"__init__": __init__, "__doc__": doc, "__module__": __name__})
    _CODES[code] = made
    return made


CancelledError = _error("CancelledError", CANCELLED, "What ran was stopped.")
UnknownError = _error("UnknownError", UNKNOWN, "An error that is none of the others.")
InvalidArgumentError = _error(
    "InvalidArgumentError", INVALID_ARGUMENT, "An operation got what it cannot take.")
DeadlineExceededError = _error("DeadlineExceededError", DEADLINE_EXCEEDED, "It took too long.")
NotFoundError = _error("NotFoundError", NOT_FOUND, "A file or another thing is not there.")
AlreadyExistsError = _error("AlreadyExistsError", ALREADY_EXISTS, "What should be made is there.")
PermissionDeniedError = _error("PermissionDeniedError", PERMISSION_DENIED, "It is not allowed.")
UnauthenticatedError = _error("UnauthenticatedError", UNAUTHENTICATED, "Nobody knows who asks.")
ResourceExhaustedError = _error("ResourceExhaustedError", RESOURCE_EXHAUSTED, "Memory ran out.")
FailedPreconditionError = _error(
    "FailedPreconditionError", FAILED_PRECONDITION, "A variable has no value yet, or the like.")
AbortedError = _error("AbortedError", ABORTED, "It was given up.")
OutOfRangeError = _error("OutOfRangeError", OUT_OF_RANGE, "A reader or a queue has no more.")
UnimplementedError = _error("UnimplementedError", UNIMPLEMENTED, "Nobody has written that.")
InternalError = _error("InternalError", INTERNAL, "Something is broken.")
UnavailableError = _error("UnavailableError", UNAVAILABLE, "It is not there at present.")
DataLossError = _error("DataLossError", DATA_LOSS, "A file is damaged.")


def exception_type_from_error_code(error_code: int) -> type[OpError]:
    """The exception of a code."""
    return _CODES[error_code]


def error_code_from_exception_type(cls: type[OpError]) -> int:
    """The code of an exception; KeyError if it has none."""
    for code, found in _CODES.items():
        if found is cls:
            return code
    raise KeyError(cls)


@contextmanager
def raise_exception_on_not_ok_status() -> Any:
    """Does nothing: there is no status that could tell of an error."""
    yield


_KINDS: list[tuple[type[Exception], type[OpError]]] = [
    (static.Uninitialized, FailedPreconditionError),
    (pt.ResourceError, ResourceExhaustedError),
    (pt.CompileError, InternalError),
    (pt.DataError, DataLossError),
    (pt.FormatError, DataLossError),
    (pt.PentadError, InvalidArgumentError),
]


def translated(error: pt.PentadError) -> pt.PentadError:
    """An error of Pentad as what TensorFlow programs catch."""
    if isinstance(error, OpError | pt.MissingExtra):
        return error
    kind = next(new for old, new in _KINDS if isinstance(error, old))
    node = getattr(error, "node", None)
    return kind(None, node, str(error))
