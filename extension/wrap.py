"""Finding and wrapping ComfyUI's names without changing what passes through them."""

import functools
import importlib


class Missing(Exception):
    """The name to wrap does not exist in this ComfyUI."""


def module(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        raise Missing(name) from None


def attribute(owner, name):
    value = getattr(owner, name, None)
    if value is None:
        raise Missing(f"{getattr(owner, '__name__', type(owner).__name__)}.{name}")
    return value


def method(owner, name):
    value = attribute(owner, name)
    if not callable(value):
        raise Missing(f"{name}()")
    return value


def argument(args, kwargs, place, name, default=None):
    return args[place] if len(args) > place else kwargs.get(name, default)


def before(stream, name, real, work):
    """`real`, with `work(args, kwargs)` done first; the result and every exception are those of `real`."""
    guarded = stream.guarded

    @functools.wraps(real)
    def wrapped(*args, **kwargs):
        guarded(name, work, args, kwargs)
        return real(*args, **kwargs)

    return wrapped
