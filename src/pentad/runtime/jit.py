"""LLVM IR text to machine code in this process, through the disk cache of object code.

`load` compiles a module (or fetches its object from the cache), links it by LLVM's LLJIT and gives
a Library with the addresses of what it exports. Code stays mapped while its Library is alive.
No optimisation passes run unless asked for: our emitters write the vector code they mean, and
code generation alone is three times faster.
"""

from __future__ import annotations

import ctypes
import itertools
import os
import re
import sys
import threading
import time
import weakref
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from pentad.graph.config import VERSION, config
from pentad.graph.errors import CompileError, message
from pentad.runtime.cache import default_cache, entry_key
from pentad.runtime.object_code import Compilers
from pentad.target.code_target import CodeTarget

# Code generation turns copies, fills and `frem` into calls of these, without asking.
_IMPLIED = ("memcpy", "memmove", "memset", "fmod", "fmodf")


@dataclass
class Stats:
    """What `load` did since the start of the process (or since `reset`)."""

    compiles: int = 0
    cache_hits: int = 0
    live_hits: int = 0
    compile_ms: float = 0.0
    link_ms: float = 0.0

    def reset(self) -> None:
        self.__init__()  # type: ignore[misc]


stats = Stats()


class Library:
    """Machine code that stays mapped while this object is alive; `key` is that of its object."""

    def __init__(self, key: str, tracker: Any, exports: Sequence[str]) -> None:
        self.key = key
        self._tracker = tracker
        self._addresses: dict[str, int] = {name: tracker[name] for name in exports}

    def address(self, name: str) -> int:
        """The address of an exported function or variable; CompileError if it is not exported."""
        try:
            return self._addresses[name]
        except KeyError:
            raise CompileError(
                message(
                    f"the library does not export {name!r}", expected=", ".join(self._addresses)
                )
            ) from None

    def keep_forever(self) -> None:
        """Never unmap: for code that threads may still run while the process ends."""
        _immortal.append(self)


# A fork waits for the end of a running compilation, so that a child never inherits half of one.
_lock = threading.RLock()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(
        before=_lock.acquire, after_in_parent=_lock.release, after_in_child=_lock.release
    )
_live: weakref.WeakValueDictionary[tuple[object, ...], Library] = weakref.WeakValueDictionary()
_immortal: list[Library] = []
_serial = itertools.count()


def load(
    ir_text: str,
    exports: Sequence[str],
    *,
    target: CodeTarget,
    imports: Mapping[str, int] | None = None,
    process: Sequence[str] = (),
    passes: bool = False,
) -> Library:
    """Compile (or fetch) the module `ir_text`, link it and return its Library.

    `exports` names what `Library.address` shall know. `imports` gives addresses of outside
    symbols; `process` names those to be taken from this process's libc and libm. `passes` runs a
    light clean-up (promotion to registers, combining, common subexpressions) before code
    generation. The same text, target and imports give the same Library while it is alive.
    Raises CompileError if the text is no valid module, a symbol is missing or the processor
    cannot run the target's code.
    """
    _check_target(target)
    addresses = {name: _process_address(name) for name in (*_IMPLIED, *process)}
    addresses.update(imports or {})
    key = _key(ir_text, target, passes)
    identity = (key, tuple(sorted(exports)), tuple(sorted(addresses.items())))
    with _lock:
        library = _live.get(identity)
        if library is not None:
            stats.live_hits += 1
            return library
        code = _object_code(ir_text, key, target, passes)
        library = _link(key, code, exports, addresses, ir_text)
        _live[identity] = library
        return library


def load_all(
    ir_texts: Iterable[str], exports: Sequence[str], *, target: CodeTarget, threads: int
) -> list[Library]:
    """`load` for many modules with the same exports and no imports, compiled by several threads.

    Compiling begins with the first text: an iterator may take its time for each.
    """
    _check_target(target)
    addresses = {name: _process_address(name) for name in _IMPLIED}
    order: list[str] = []
    found: dict[str, Library] = {}
    pending: dict[str, tuple[str, bytes | Callable[[], bytes | None]]] = {}
    names, imports = tuple(sorted(exports)), tuple(sorted(addresses.items()))
    with _lock, Compilers(lambda: _new_machine(target), threads) as compilers:
        for text in ir_texts:
            key = _key(text, target, False)
            order.append(key)
            if key in found or key in pending:
                continue
            library = _live.get((key, names, imports))
            if library is not None:
                stats.live_hits += 1
                found[key] = library
            else:
                code = _stored(text, key, target, False)
                pending[key] = text, compilers.submit(text) if code is None else code
        for key, (text, code) in pending.items():
            if not isinstance(code, bytes):
                code = _finished(text, key, target, code)
            library = _link(key, code, exports, addresses, text)
            found[key] = _live[key, names, imports] = library
    return [found[key] for key in order]


def load_stored(
    keys: Sequence[str], exports: Sequence[str], *, target: CodeTarget
) -> list[Library] | None:
    """The Libraries that `load_all` made under these keys, now or in another process; None if the
    disk cache has lost one of them."""
    _check_target(target)
    addresses = {name: _process_address(name) for name in _IMPLIED}
    names, imports = tuple(sorted(exports)), tuple(sorted(addresses.items()))
    found: list[Library | bytes] = []
    with _lock:
        for key in keys:
            code = _live.get((key, names, imports)) or default_cache().get(key)
            if code is None:
                return None
            found.append(code)
        made = []
        for key, code in zip(keys, found, strict=True):
            if isinstance(code, Library):
                stats.live_hits += 1
                library = code
            else:
                stats.cache_hits += 1
                library = _link(key, code, exports, addresses)
                _live[key, names, imports] = library
            made.append(library)
        return made


def _finished(
    ir_text: str, key: str, target: CodeTarget, job: Callable[[], bytes | None]
) -> bytes:
    """The object code of a job, stored; CompileError if there is none."""
    began = time.perf_counter()
    code = job()
    if code is None:
        code = compile_object(ir_text, target)  # says why not
    else:
        stats.compile_ms += (time.perf_counter() - began) * 1e3
        stats.compiles += 1
    default_cache().put(key, code)
    return code


def compile_object(ir_text: str, target: CodeTarget, *, passes: bool = False) -> bytes:
    """The object file of a module for any target that LLVM knows; past the cache."""
    with _lock:
        machine = _machine(target)
        module = _parse(ir_text, machine, passes)
        started = time.perf_counter()
        try:
            code: bytes = machine.emit_object(module)
        except RuntimeError as error:
            raise CompileError(message("LLVM cannot emit this module", got=str(error))) from error
        stats.compile_ms += (time.perf_counter() - started) * 1e3
        stats.compiles += 1
        return code


def assembly(ir_text: str, target: CodeTarget, *, passes: bool = False) -> str:
    """The assembly text of a module."""
    with _lock:
        machine = _machine(target)
        text: str = machine.emit_assembly(_parse(ir_text, machine, passes))
        return text


def _check_target(target: CodeTarget) -> None:
    missing = target.missing_here()
    if missing:
        raise CompileError(_cannot_run(target, missing))


def _cannot_run(target: CodeTarget, missing: Sequence[str]) -> str:
    return message(
        f"this processor cannot run code for {target.cpu}",
        expected="a processor with " + ", ".join(missing),
        hint="unset PENTAD_TARGET",
    )


@cache
def _llvm() -> Any:
    import llvmlite.binding as llvm  # late: it costs more than the rest of the import

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm


@cache
def versions() -> str:
    """The versions that decide about generated code; part of every cache key."""
    import llvmlite

    llvm_version = ".".join(map(str, _llvm().llvm_version_info))
    return f"LLVM {llvm_version}, llvmlite {llvmlite.__version__}, pentad {VERSION}"


def _key(ir_text: str, target: CodeTarget, passes: bool) -> str:
    return entry_key(ir_text, target.triple, target.cpu, target.features, versions(), str(passes))


@cache
def _machine(target: CodeTarget) -> Any:
    return _new_machine(target)


def _new_machine(target: CodeTarget) -> Any:
    llvm = _llvm()
    try:
        found = llvm.Target.from_triple(target.triple)
    except RuntimeError:
        llvm.initialize_all_targets()
        llvm.initialize_all_asmprinters()
        found = llvm.Target.from_triple(target.triple)
    # Small code model: JITLink puts code and constants of one object into one block of memory.
    return found.create_target_machine(
        cpu=target.cpu, features=target.features, opt=3, reloc="pic", codemodel="small"
    )


@cache
def _engine() -> Any:
    llvm = _llvm()
    # Never disposed of: llvmlite leaves its objects alone once the interpreter ends.
    return llvm.create_lljit_compiler(use_jit_link=sys.platform != "win32", suppress_errors=True)


def _parse(ir_text: str, machine: Any, passes: bool) -> Any:
    llvm = _llvm()
    try:
        module = llvm.parse_assembly(ir_text)
        module.verify()
    except RuntimeError as error:
        raise CompileError(
            message("the generated LLVM IR is not valid", expected="a module that LLVM accepts",
                    got=str(error).strip())
        ) from error
    if passes:
        options = llvm.create_pipeline_tuning_options(speed_level=1)
        builder = llvm.create_pass_builder(machine, options)
        manager = llvm.create_new_module_pass_manager()
        for name in ("sroa", "instruction_combine", "simplify_cfg", "new_gvn"):
            getattr(manager, f"add_{name}_pass")()
        manager.add_dead_code_elimination_pass()
        manager.run(module, builder)
    return module


def _object_code(ir_text: str, key: str, target: CodeTarget, passes: bool) -> bytes:
    code = _stored(ir_text, key, target, passes)
    if code is None:
        code = compile_object(ir_text, target, passes=passes)
        default_cache().put(key, code)
    return code


def _stored(ir_text: str, key: str, target: CodeTarget, passes: bool) -> bytes | None:
    """The object code of a module, if the disk cache has it."""
    if config.debug >= 5:
        sys.stderr.write(f"; {key}\n{ir_text}\n")
    if config.debug >= 6:
        sys.stderr.write(assembly(ir_text, target, passes=passes))
    code = default_cache().get(key)
    if code is not None:
        stats.cache_hits += 1
    return code


def _link(
    key: str, code: bytes, exports: Sequence[str], addresses: Mapping[str, int], ir_text: str = ""
) -> Library:
    builder = _llvm().JITLibraryBuilder().add_object_img(code)
    for name, address in addresses.items():
        builder.import_symbol(name, address)
    for name in exports:
        builder.export_symbol(name)
    started = time.perf_counter()
    try:
        tracker = builder.link(_engine(), f"pentad{next(_serial)}")
    except RuntimeError as error:
        raise CompileError(_cannot_link(ir_text, exports, addresses, error)) from error
    stats.link_ms += (time.perf_counter() - started) * 1e3
    return Library(key, tracker, exports)


def _cannot_link(
    ir_text: str, exports: Sequence[str], addresses: Mapping[str, int], error: Exception
) -> str:
    declared = re.findall(r"^declare [^@]*@([\w.$]+)", ir_text, re.MULTILINE)
    declared += re.findall(r"^@([\w.$]+) = external", ir_text, re.MULTILINE)
    defined = set(re.findall(r"^define [^@]*@([\w.$]+)", ir_text, re.MULTILINE))
    defined |= set(re.findall(r"^@([\w.$]+) = ", ir_text, re.MULTILINE))
    unknown = [n for n in declared if n not in addresses and not n.startswith("llvm.")]
    unknown += [n for n in exports if n not in defined]
    return message(
        "the generated code cannot be linked",
        expected="an address for " + ", ".join(unknown) if unknown else None,
        got=str(error),
        hint="name the symbol in `imports` or `process`" if unknown else None,
    )


@cache
def _process_address(name: str) -> int:
    """The address of a function of libc or libm; CompileError if there is none."""
    for library in _c_libraries():
        function = getattr(library, name, None)
        if function is not None:
            address = ctypes.cast(function, ctypes.c_void_p).value
            if address:
                return address
    raise CompileError(message(f"{name!r} is not a function of this system's libc or libm"))


@cache
def _c_libraries() -> tuple[ctypes.CDLL, ...]:
    if sys.platform == "win32":
        return (ctypes.CDLL("ucrtbase"), ctypes.CDLL("vcruntime140"))
    found = [ctypes.CDLL(None)]
    try:
        found.append(ctypes.CDLL("libm.so.6"))
    except OSError:
        return tuple(found)  # musl and macOS have libm inside libc
    return tuple(found)
