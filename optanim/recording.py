"""What a function does to arrays, written down as a flat list of calls into fixed buffers.

The function is handed Recorded arrays, which hide their numbers: whatever it does to them is either
written down, to be repeated with other numbers, or refused. So nothing that depends on the numbers,
such as a branch, can slip into the list as if it were always so.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from functools import partial, wraps
from numbers import Number
from typing import Any, NoReturn, TypeVar

import numpy as np
from numpy.lib.mixins import NDArrayOperatorsMixin
from numpy.typing import NDArray

Array = NDArray[Any]
F = TypeVar("F", bound=Callable[..., Any])

# NumPy's functions that say something of an array that is the same whatever its numbers,
SHAPES = {np.ndim, np.shape, np.size, np.iscomplexobj, np.isrealobj, np.zeros_like, np.ones_like}
# and those that only look at an array in another way, or make a new one.
MAKERS = {np.real, np.imag, np.expand_dims, np.broadcast_to, np.swapaxes, np.where}


class Unrecorded(Exception):
    """The function did something that cannot be repeated with other numbers."""


class Recorder:
    """The calls so far, each a function without arguments that writes into its buffer."""

    def __init__(self) -> None:
        self.steps: list[Callable[[], Any]] = []
        self.refused = False

    def refuse(self, what: str) -> NoReturn:
        """Raises Unrecorded; also remembered, for the function may catch what it does not know."""
        self.refused = True
        raise Unrecorded(what)

    def ufunc(self, function: np.ufunc, operands: tuple[Any, ...]) -> Recorded:
        raws = [_raw(x) for x in operands]
        made = function(*raws)
        if isinstance(made, tuple):
            self.refuse(f"np.{function.__name__} makes several arrays")
        out = np.asarray(made)
        kinds = [type(x) if type(x) in (int, float, complex) else np.asarray(x).dtype for x in raws]
        # A number becomes at once the array that every call would make of it.
        wanted = function.resolve_dtypes((*kinds, None))
        fixed = [
            x if isinstance(x, np.ndarray) else np.asarray(x, kind)
            for x, kind in zip(raws, wanted, strict=False)
        ]
        self.steps.append(partial(function, *fixed, out=out))
        return Recorded(self, out)

    def call(self, function: Callable[..., Any], *operands: Any, **settings: Any) -> Recorded:
        """Any other function that makes one array: a view of an operand needs no call again."""
        raws = [_raw(x) for x in operands]
        if any(isinstance(x, Recorded) for x in settings.values()):
            self.refuse(f"{function} with an array as a setting")
        made = function(*raws, **settings)
        arrays = [x for x in raws if isinstance(x, np.ndarray)]
        if isinstance(made, np.ndarray) and any(np.may_share_memory(made, x) for x in arrays):
            return Recorded(self, made)
        out = np.array(made)
        self.steps.append(lambda: np.copyto(out, function(*raws, **settings)))
        return Recorded(self, out)


class Recorded(NDArrayOperatorsMixin):
    """An array of the function: `raw` holds the numbers it had while it was recorded."""

    __slots__ = ("raw", "recorder")

    def __init__(self, recorder: Recorder, raw: Array) -> None:
        self.recorder = recorder
        self.raw = raw

    @property
    def shape(self) -> tuple[int, ...]:
        return self.raw.shape

    @property
    def ndim(self) -> int:
        return self.raw.ndim

    @property
    def size(self) -> int:
        return self.raw.size

    @property
    def dtype(self) -> np.dtype[Any]:
        return self.raw.dtype

    def __len__(self) -> int:
        return len(self.raw)

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *operands: Any, **settings: Any) -> Any:
        if not all(isinstance(x, (Recorded, np.ndarray, np.generic, Number)) for x in operands):
            return NotImplemented
        if method != "__call__" or settings:
            self.recorder.refuse(f"np.{ufunc.__name__} with {method} {settings}")
        return self.recorder.ufunc(ufunc, operands)

    def __array_function__(self, function: Any, types: Any, operands: Any, settings: Any) -> Any:
        if not all(issubclass(kind, (Recorded, np.ndarray)) for kind in types):
            return NotImplemented
        if function in SHAPES:
            return function(*map(_raw, operands), **settings)
        if function in MAKERS:
            return self.recorder.call(function, *operands, **settings)
        self.recorder.refuse(f"np.{function.__name__}")

    def __pow__(self, n: Any) -> Any:
        if isinstance(n, Recorded) or np.ndim(n):
            return super().__pow__(n)
        # NumPy takes shortcuts for these, which may differ from its power in the last bit.
        if n == 2:
            return np.square(self)
        if n in (-1, 0, 0.5, 1):
            return self.recorder.call(operator.pow, self, n)
        return super().__pow__(n)

    def __getitem__(self, index: Any) -> Recorded:
        if any(isinstance(part, Recorded) for part in (index if isinstance(index, tuple) else (index,))):
            self.recorder.refuse("an index that is computed")
        return self.recorder.call(operator.getitem, self, index)

    def sum(self, axis: Any = None, keepdims: bool = False) -> Recorded:
        out = np.asarray(self.raw.sum(axis=axis, keepdims=keepdims))
        self.recorder.steps.append(partial(np.add.reduce, self.raw, axis, out=out, keepdims=keepdims))
        return Recorded(self.recorder, out)

    def astype(self, dtype: Any) -> Recorded:
        return self.recorder.call(np.ndarray.astype, self, dtype)

    def copy(self) -> Recorded:
        """Itself: a Recorded never changes in place."""
        return self

    def _refuse(self, *_: Any, **__: Any) -> NoReturn:
        self.recorder.refuse("a branch on the numbers, or something else that needs them")

    __array__ = __bool__ = __float__ = __int__ = __complex__ = __index__ = __iter__ = _refuse
    __contains__ = __setitem__ = __delitem__ = __round__ = __repr__ = __str__ = __format__ = _refuse

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):  # Python and NumPy look whether there is one
            raise AttributeError(name)
        self.recorder.refuse(f".{name}")


def recordable(function: F) -> F:
    """Have a function of arrays, which makes a new one, called again in every replay."""

    @wraps(function)
    def either(*operands: Any) -> Any:
        for x in operands:
            if isinstance(x, Recorded):
                return x.recorder.call(function, *operands)
        return function(*operands)

    return either  # type: ignore[return-value]


def _raw(x: Any) -> Any:
    return x.raw if isinstance(x, Recorded) else x
