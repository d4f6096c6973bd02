"""Tensor: reverse-mode differentiation over NumPy arrays, any leading axes being runs.

A function written with operators and NumPy's own functions works on floats, arrays and Tensors,
because Tensor answers `__array_ufunc__`. Real parts decide every comparison, so that a complex
step through the reverse gradient gives exact second derivatives.
"""

from __future__ import annotations

import itertools
import operator
from collections.abc import Callable, Iterator
from numbers import Real
from typing import Any, NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from optanim.derivatives import COMPARISONS, RULES, scattered, sign
from optanim.recording import Recorded

Array = NDArray[Any]
V = TypeVar("V")
Pull = Callable[..., Any]  # (gradient of the result, result, *operands) -> gradient of one operand
SERIALS = itertools.count()  # of Tensors in the order they were made: none is older than its parents


class Tensor:
    """A number or array that remembers how it was computed.

    `value` is a float (an array that cannot be written to where it has axes) and `grad` the sum of
    the derivatives that `backward` has left since it was last set to zero. Both can be set, to a
    number or to what has the Tensor's shape; what was computed before keeps the value it was
    computed from. An array that is given is copied. Raises TypeError for what is not numbers.
    """

    __slots__ = (
        "__weakref__", "_grad", "_operands", "_operation", "_out", "_parents", "_pulls", "_serial", "data",
    )  # fmt: skip

    def __init__(self, value: Any) -> None:
        self._make(_numbers(value))

    def _make(
        self,
        data: Any,
        parents: tuple[Tensor, ...] = (),
        pulls: tuple[Pull, ...] = (),
        operands: tuple[Any, ...] = (),
        operation: Any = None,
    ) -> None:
        # What is remembered must stay as it is until `backward`.
        if isinstance(data, np.ndarray):
            data.flags.writeable = False
        self.data: Array = data
        self._out = data
        self._grad: Array | None = None
        self._parents, self._pulls, self._operands = parents, pulls, operands
        self._operation = operation
        self._serial = next(SERIALS)

    @property
    def value(self) -> Any:
        return self.data if self.data.ndim else self.data.item()

    @value.setter
    def value(self, value: Any) -> None:
        self.data = self._like(_numbers(value), "value")
        self.data.flags.writeable = False

    @property
    def grad(self) -> Any:
        if self._grad is None:
            self._grad = np.zeros_like(self.data)
        return self._grad if self._grad.ndim else self._grad.item()

    @grad.setter
    def grad(self, grad: Any) -> None:
        self._grad = self._like(_numbers(grad), "grad")

    def _like(self, given: Array, what: str) -> Array:
        """An array of this Tensor's shape; ValueError where it would not have that shape."""
        if given.ndim and given.shape != self.shape:
            raise ValueError(f"the {what} has shape {given.shape}, the Tensor {self.shape}")
        return given if given.shape == self.shape else np.full(self.shape, given)

    @property
    def shape(self) -> tuple[int, ...]:
        return self.data.shape

    @property
    def ndim(self) -> int:
        return self.data.ndim

    def __repr__(self) -> str:
        if not self.data.ndim:
            return f"Tensor({self.value!r}, grad={self.grad!r})"
        return f"Tensor({_short(self.data)}, grad={_short(np.asarray(self.grad))})"

    def backward(self, seed: Any = None) -> None:
        """Add to `grad` of everything this was computed from the derivative of this by it.

        A Tensor with axes needs a seed of its shape: the derivative of the final result by it.
        """
        if seed is None:
            if self.data.size != 1:
                raise ValueError(
                    f"backward() of a Tensor of shape {self.shape}: it starts from one number, so "
                    f"take its sum or mean, or pass a seed of this shape"
                )
            seed = 1.0
        seed = np.asarray(seed)
        if np.broadcast_shapes(seed.shape, self.shape) != self.shape:
            raise ValueError(f"the seed has shape {seed.shape}, the Tensor {self.shape}")
        # Gradients of this pass are kept apart from `grad`, or a second pass would count them twice.
        passed: dict[Tensor, Array] = {self: np.zeros_like(self.data) + seed}
        for tensor in _latest_first(self):
            grad = passed.pop(tensor)
            if tensor._grad is not None:
                tensor._grad = tensor._grad + grad
            else:  # a parameter owns its gradient; what is passed on may be shared
                tensor._grad = grad if tensor._parents else grad.copy()
            for parent, pull in zip(tensor._parents, tensor._pulls):  # noqa: B905 made together
                part = pull(grad, tensor._out, *tensor._operands)
                if part.shape != parent.data.shape:
                    part = _folded(part, parent.data.shape)
                passed[parent] = passed[parent] + part if parent in passed else part

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        if method != "__call__" or kwargs:
            what = ", ".join(kwargs) if kwargs else method
            raise TypeError(f"np.{ufunc.__name__} with {what} does not work on a Tensor")
        return _apply(ufunc, *inputs)

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        if function not in FUNCTIONS:
            raise TypeError(f"np.{function.__name__} does not work on a Tensor")
        return FUNCTIONS[function](*args, **kwargs)

    def __array__(self, dtype: Any = None, copy: Any = None) -> Array:
        raise TypeError("a Tensor does not turn into an array by itself: use its .value")

    def sum(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Tensor:
        """The sum over one, several or all axes."""
        shape = self.shape

        def pull(grad: Array, out: Array) -> Array:
            if axis is not None and not keepdims:
                grad = np.expand_dims(grad, axis)
            return np.broadcast_to(grad, shape)

        return _made(self.data.sum(axis=axis, keepdims=keepdims), (self,), (pull,), (), np.sum)

    def mean(self, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> Tensor:
        """The mean over one, several or all axes."""
        total = self.sum(axis, keepdims)
        return total / (self.data.size / total.data.size)

    def __getitem__(self, index: Any) -> Tensor:
        shape = self.shape
        pull = lambda grad, out: scattered(grad, index, shape)  # noqa: E731 one of many pulls
        return _made(self.data[index], (self,), (pull,), (), operator.getitem)

    def __len__(self) -> int:
        return len(self.data)

    def __iter__(self) -> Iterator[Tensor]:
        if not self.ndim:
            raise TypeError("a Tensor without axes cannot be iterated over")
        return (self[i] for i in range(len(self)))

    def __float__(self) -> float:
        return float(self.data)

    def __bool__(self) -> bool:
        return bool(self.data)

    def __add__(self, other: Any) -> Tensor:
        return _apply(np.add, self, other)

    def __radd__(self, other: Any) -> Tensor:
        return _apply(np.add, other, self)

    def __sub__(self, other: Any) -> Tensor:
        return _apply(np.subtract, self, other)

    def __rsub__(self, other: Any) -> Tensor:
        return _apply(np.subtract, other, self)

    def __mul__(self, other: Any) -> Tensor:
        return _apply(np.multiply, self, other)

    def __rmul__(self, other: Any) -> Tensor:
        return _apply(np.multiply, other, self)

    def __truediv__(self, other: Any) -> Tensor:
        return _apply(np.divide, self, other)

    def __rtruediv__(self, other: Any) -> Tensor:
        return _apply(np.divide, other, self)

    def __pow__(self, other: Any) -> Tensor:
        return _apply(np.power, self, other)

    def __rpow__(self, other: Any) -> Tensor:
        return _apply(np.power, other, self)

    def __matmul__(self, other: Any) -> Tensor:
        return _apply(np.matmul, self, other)

    def __rmatmul__(self, other: Any) -> Tensor:
        return _apply(np.matmul, other, self)

    def __neg__(self) -> Tensor:
        return _apply(np.negative, self)

    def __pos__(self) -> Tensor:
        return self

    def __abs__(self) -> Tensor:
        return _apply(np.absolute, self)

    def __lt__(self, other: Any) -> Any:
        return _apply(np.less, self, other)

    def __le__(self, other: Any) -> Any:
        return _apply(np.less_equal, self, other)

    def __gt__(self, other: Any) -> Any:
        return _apply(np.greater, self, other)

    def __ge__(self, other: Any) -> Any:
        return _apply(np.greater_equal, self, other)

    def __eq__(self, other: object) -> Any:
        return _apply(np.equal, self, other)

    def __ne__(self, other: object) -> Any:
        return _apply(np.not_equal, self, other)

    __hash__ = object.__hash__


def tensor_of(data: Array | Recorded) -> Tensor:
    """A Tensor of this very array, which must not change any more, or of one that is being recorded."""
    return _made(data, (), ())


class Origin(NamedTuple):
    """What a Tensor was computed by, and from what: Tensors, and numbers or arrays that have no gradient."""

    operation: Any  # a function of NumPy or of `operator`; None for a Tensor that was given
    operands: tuple[Any, ...]


def origin(tensor: Tensor) -> Origin:
    """How a Tensor was computed; of `np.where` and the like only the Tensors among the operands."""
    operation, parents = tensor._operation, iter(tensor._parents)
    if operation not in RULES:
        return Origin(operation, tensor._parents)
    # An operand is a Tensor where its pull was kept.
    kept = [pull in tensor._pulls for pull in RULES[operation][1:]]
    pairs = zip(kept, tensor._operands, strict=True)
    return Origin(operation, tuple([next(parents) if is_tensor else raw for is_tensor, raw in pairs]))


def history(root: Tensor) -> list[Tensor]:
    """Everything that a Tensor was computed from, each after what it was computed from, and itself last."""
    return _latest_first(root)[::-1]


def relu(x: V) -> V:
    """The positive part of a float, array or Tensor; its derivative at 0 is 0."""
    number: Any = x
    return number * (np.real(_raw(x)) > 0)


def columns(x: V) -> V:
    """The same with one more axis at the end, to meet the points of a dataset; a float as it is."""
    number: Any = x
    return number[..., None] if isinstance(x, (Tensor, np.ndarray)) else number


def _numbers(value: Any) -> Array:
    """A new array of floating-point numbers, complex ones where such are given."""
    if isinstance(value, Tensor):
        raise TypeError("a Tensor of a Tensor: pass its .value")
    given = np.array(value)
    # An int of many digits comes as an object.
    if given.dtype.kind not in "fciub" and not all(isinstance(each, Real) for each in given.flat):
        raise TypeError(f"a Tensor is made of numbers, not of {value!r}")
    return given if given.dtype.kind in "fc" else given.astype(np.float64)


def _raw(x: Any) -> Any:
    return x.data if isinstance(x, Tensor) else x


def _short(array: Array) -> str:
    return np.array2string(array, precision=6, separator=", ", threshold=20).replace("\n", "")


def _apply(ufunc: np.ufunc, *inputs: Any) -> Any:
    operands = tuple([_raw(x) for x in inputs])
    if ufunc not in RULES:
        if ufunc in COMPARISONS:
            return ufunc(*map(np.real, operands))
        if ufunc is np.sign:
            return sign(operands[0])
        raise TypeError(f"np.{ufunc.__name__} has no derivative here")
    forward, *pulls = RULES[ufunc]
    mine = [(x, pull) for x, pull in zip(inputs, pulls, strict=True) if isinstance(x, Tensor)]
    parents, kept = zip(*mine, strict=True)
    return _made(forward(*operands), parents, kept, operands, ufunc)


def _made(
    data: Any,
    parents: tuple[Tensor, ...],
    pulls: tuple[Pull, ...],
    operands: tuple[Any, ...] = (),
    operation: Any = None,
) -> Tensor:
    made = data if isinstance(data, Recorded) else np.asarray(data)
    tensor = Tensor.__new__(Tensor)
    numbers = made if made.dtype.kind in "fc" else made.astype(np.float64)
    tensor._make(numbers, parents, pulls, operands, operation)
    return tensor


def _latest_first(root: Tensor) -> list[Tensor]:
    """Everything the root was computed from, and the root, each before its parents."""
    seen = {root}
    stack = [root]
    while stack:
        for parent in stack.pop()._parents:
            if parent not in seen:
                seen.add(parent)
                stack.append(parent)
    return sorted(seen, key=_serial, reverse=True)


_serial = operator.attrgetter("_serial")


def _folded(grad: Array, shape: tuple[int, ...]) -> Array:
    """The gradient of a broadcast operand: summed over the axes that broadcasting made."""
    if grad.ndim > len(shape):
        grad = grad.sum(axis=tuple(range(grad.ndim - len(shape))))
    stretched = tuple(i for i, n in enumerate(shape) if n == 1 and grad.shape[i] != 1)
    return grad.sum(axis=stretched, keepdims=True)


def _sum(x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
    return x.sum(axis, keepdims)


def _mean(x: Tensor, axis: Any = None, keepdims: bool = False) -> Tensor:
    return x.mean(axis, keepdims)


def _where(condition: Any, x: Any, y: Any) -> Tensor:
    condition = np.real(_raw(condition)) != 0
    pulls = (
        lambda grad, out: np.where(condition, grad, 0),
        lambda grad, out: np.where(condition, 0, grad),
    )
    mine = [(v, pull) for v, pull in zip((x, y), pulls, strict=True) if isinstance(v, Tensor)]
    if not mine:  # only the condition is a Tensor, and it has no slope
        return _made(np.where(condition, x, y), (), ())
    parents, kept = zip(*mine, strict=True)
    return _made(np.where(condition, _raw(x), _raw(y)), parents, kept, (), np.where)


FUNCTIONS: dict[Any, Callable[..., Any]] = {np.sum: _sum, np.mean: _mean, np.where: _where}
