"""Turns what ComfyUI hands around into JSON text, at once, in the thread that has it: later it may have changed."""

import enum
import functools
import json
import math
import numbers
import re

_MAX_DEPTH = 32
_SECRET = re.compile(r"api[_-]?key|(auth|access|bearer|hf|api)[_-]?token|^token$|passw(or)?d|secret", re.IGNORECASE)


def _substitute(value):
    """What stands for a value that JSON does not know. Never str(value): printing a tensor waits for the GPU."""
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, (set, frozenset)):
        return list(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return {"bytes": len(value)}
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        return float(value)
    kind = type(value)
    return f"<{kind.__module__}.{kind.__qualname__}>"


_strict = json.JSONEncoder(default=_substitute, allow_nan=False, separators=(",", ":")).encode


def _plain(value, depth=0):
    """A copy that JSON surely takes: no NaN, no circle, no key that is not text."""
    if value is None or isinstance(value, (bool, str)):
        return value
    if isinstance(value, (dict, list, tuple, set, frozenset)):
        if depth >= _MAX_DEPTH:
            return "<too deep>"
        if isinstance(value, dict):
            return {_key(k): _plain(v, depth + 1) for k, v in list(value.items())}
        return [_plain(v, depth + 1) for v in list(value)]
    if isinstance(value, numbers.Integral):
        return int(value)
    if isinstance(value, numbers.Real):
        value = float(value)
        return value if math.isfinite(value) else None
    return _plain(_substitute(value), depth + 1) if depth < _MAX_DEPTH else "<too deep>"


def _key(key):
    if isinstance(key, str):
        return key
    return str(key) if key is None or isinstance(key, (bool, int, float)) else f"<{type(key).__qualname__}>"


def encode(value):
    """(JSON text in ASCII, whether the value had to be changed for it)."""
    try:
        return _strict(value), False
    except Exception:
        pass
    try:
        return _strict(_plain(value)), True
    except Exception:
        return _strict({"unserialisable": type(value).__qualname__}), True


@functools.lru_cache(4096)
def _names_a_secret(name):
    return _SECRET.search(name) is not None


class Secrets:
    """Keeps credentials out of the stream: by name where they are handed in, by value wherever else they turn up.

    By value, because ComfyUI puts the hidden inputs of a failing node, API keys among them, into `execution_error`.
    """

    REMOVED = "[removed]"
    _MIN_LENGTH = 6  # a shorter value would be found in innocent text
    _KEEP = 64

    def __init__(self, names=()):
        self.names = frozenset(names) | {"api_key_comfy_org", "auth_token_comfy_org"}
        self.removed = 0
        self._values = {}  # JSON-escaped value -> None, oldest first

    def learn(self, value):
        if isinstance(value, dict):
            for part in value.values():
                self.learn(part)
        elif isinstance(value, str) and len(value) >= self._MIN_LENGTH and value != self.REMOVED:
            escaped = _strict(value)[1:-1]
            values = dict(self._values)
            values.pop(escaped, None)
            values[escaped] = None
            while len(values) > self._KEEP:
                values.pop(next(iter(values)))
            self._values = values  # replaced, not changed: other threads read it

    def extra_data(self, extra):
        """A copy of `extra_data` without credentials."""
        if not isinstance(extra, dict):
            return {}
        kept = {}
        for key, value in extra.items():
            if key in self.names:
                self.learn(value)
                self.removed += 1
            else:
                kept[key] = value if key == "extra_pnginfo" else self._without(key, value)
        return kept

    def graph(self, prompt):
        """The graph; where a node's own input is named like a credential, a copy without it."""
        return self._without("", prompt)

    def scrub(self, text):
        for value in self._values:
            if value in text:
                text = text.replace(value, self.REMOVED)
                self.removed += 1
        return text

    def _without(self, name, value, depth=0):
        if isinstance(value, str):
            if value and isinstance(name, str) and _names_a_secret(name):
                self.learn(value)
                self.removed += 1
                return self.REMOVED
            return value
        if not isinstance(value, (dict, list)) or depth > 8:
            return value
        pairs = value.items() if isinstance(value, dict) else enumerate(value)
        changed = {}
        for key, part in pairs:
            kept = self._without(key, part, depth + 1)
            if kept is not part:
                changed[key] = kept
        if not changed:
            return value
        if isinstance(value, dict):
            return {**value, **changed}
        return [changed.get(i, part) for i, part in enumerate(value)]
