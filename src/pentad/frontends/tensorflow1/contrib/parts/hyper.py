"""HParams: hyper-parameters by name, with types."""

from __future__ import annotations

import json
import re
from typing import Any

import pentad as pt
from pentad import static

_PART = re.compile(r"(\w+)(?:\[(\d+)\])?\s*=\s*(\[[^\]]*\]|[^,\[]*)(?:,\s*|$)")


def _typed(name: str, text: str, kind: type) -> Any:
    if kind is bool:
        if text.lower() not in ("true", "false", "0", "1"):
            raise pt.ArgumentError(f"Could not parse {text} as bool for {name}")
        return text.lower() in ("true", "1")
    try:
        return kind(text)
    except ValueError:
        raise pt.ArgumentError(f"Could not parse hparam '{name}' of type {kind.__name__} with "
                               f"value '{text}'") from None


def parse_values(
    values: str, type_map: dict[str, type], ignore_unknown: bool = False
) -> dict[str, Any]:
    """`a=1,b=[2,3],c[0]=4` as a dict, each of its type."""
    found: dict[str, Any] = {}
    position = 0
    while position < len(values):
        match = _PART.match(values, position)
        if match is None:
            raise pt.ArgumentError(static.message(
                "Malformed hyperparameter value", got=values[position:]))
        position = match.end()
        name, index, text = match.groups()
        if name not in type_map:
            if ignore_unknown:
                continue
            raise pt.ArgumentError(f"Unknown hyperparameter: {name}")
        if text.startswith("["):
            parts = [p.strip() for p in text[1:-1].split(",") if p.strip()]
            found[name] = [_typed(name, p, type_map[name]) for p in parts]
        elif index is not None:
            found.setdefault(name, {})[int(index)] = _typed(name, text, type_map[name])
        else:
            found[name] = _typed(name, text.strip(), type_map[name])
    return found


class HParams:
    """Hyper-parameters as attributes; the type of each is that of its first value."""

    def __init__(self, hparam_def: Any = None, model_structure: Any = None, **kwargs: Any) -> None:
        self._types: dict[str, tuple[type, bool]] = {}
        self._model_structure = model_structure
        for name, value in kwargs.items():
            self.add_hparam(name, value)

    def add_hparam(self, name: str, value: Any) -> None:
        """Add one."""
        if getattr(self, name, None) is not None:
            raise pt.ArgumentError(f"Hyperparameter name is reserved: {name}")
        several = isinstance(value, list | tuple)
        if several and not value:
            raise pt.ArgumentError(
                f"Multi-valued hyperparameters cannot be empty: {name}")
        self._types[name] = (type(value[0]) if several else type(value), several)
        setattr(self, name, list(value) if several else value)

    def set_hparam(self, name: str, value: Any) -> None:
        """Change one."""
        kind, several = self._types[name]
        if isinstance(value, list) != several:
            raise pt.ArgumentError(f"{name}: expected {'a list' if several else 'one value'}")
        made = [_cast(name, v, kind) for v in value] if several else _cast(name, value, kind)
        setattr(self, name, made)

    def del_hparam(self, name: str) -> None:
        """Remove one."""
        if hasattr(self, name):
            delattr(self, name)
            del self._types[name]

    def parse(self, values: str) -> HParams:
        """Change those of `a=1,b=[2,3]`."""
        found = parse_values(values, {n: kind for n, (kind, _) in self._types.items()})
        return self.override_from_dict(found)

    def override_from_dict(self, values_dict: dict[str, Any]) -> HParams:
        """Change those of a dict."""
        for name, value in values_dict.items():
            if isinstance(value, dict):
                kept = list(getattr(self, name))
                for index, v in value.items():
                    kept[index] = v
                value = kept
            self.set_hparam(name, value)
        return self

    def parse_json(self, values_json: str) -> HParams:
        """Change those of a text in JSON."""
        return self.override_from_dict(json.loads(values_json))

    def values(self) -> dict[str, Any]:
        """All of them."""
        return {n: getattr(self, n) for n in self._types}

    def to_json(self, indent: Any = None, separators: Any = None, sort_keys: bool = False) -> str:
        """All of them as JSON."""
        kept = {n: v for n, v in self.values().items() if not callable(v)}
        return json.dumps(kept, indent=indent, separators=separators, sort_keys=sort_keys)

    def get(self, key: str, default: Any = None) -> Any:
        """One, or a default."""
        return getattr(self, key) if key in self._types else default

    def get_model_structure(self) -> Any:
        """What was given as the structure of the model."""
        return self._model_structure

    def set_model_structure(self, model_structure: Any) -> None:
        """Set it."""
        self._model_structure = model_structure

    def __contains__(self, key: str) -> bool:
        return key in self._types

    def __repr__(self) -> str:
        return f"HParams({sorted(self.values().items())})"


def _cast(name: str, value: Any, kind: type) -> Any:
    if kind is type(None) or isinstance(value, kind):
        return value
    if isinstance(value, bool) or isinstance(value, str) != issubclass(kind, str):
        raise pt.ArgumentError(f"Could not cast hparam '{name}' of type '{kind.__name__}' from "
                               f"value {value!r}")
    return kind(value)
