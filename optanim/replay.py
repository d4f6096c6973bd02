"""A function's values and gradients at many points at once, recorded once and then replayed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim.autodiff import Tensor, tensor_of
from optanim.recording import Recorded, Recorder, Unrecorded

Array = NDArray[Any]  # real, or complex to differentiate
Given = Sequence[Array]

TRIALS = 3  # first replays of a tape that are compared with what they stand for
TAPES = 16  # that are kept, one for each number of points
CHUNKS = 4  # of full size that all tapes together may hold
SEEN = 100  # numbers of points of which it is remembered that they came once
IDLE = 100  # evaluations of other numbers of points after which a tape makes room


class Evaluation:
    """A function of n coordinates at points of shape (R, n), at most `rows` of them at a time.

    It is recorded when as many points come a second time. A function that draws random numbers,
    branches on a value, or does anything else that cannot be repeated, is computed every time. What is
    `given` with the points are arrays that change from time to time, such as a batch of data: the
    function is then called as function(*coordinates, given=arrays). With `shapes` it is a function of
    arrays of these shapes, each with the points in front, into which the n numbers of a point are parted.
    """

    def __init__(
        self, function: Callable[..., Any], n: int, rows: int, shapes: Sequence[tuple[int, ...]] = ()
    ) -> None:
        self.function = function
        self.n = n
        self.rows = rows
        self.shapes = shapes
        self.repeatable = True
        self._tapes: dict[Any, Tape] = {}
        self._seen: set[Any] = set()
        self._clock = 0  # evaluations so far

    def loss(self, params: Array, given: Given = (), apart: bool = False) -> Array:
        """The values, of shape (R,); what is given is each point's own where it is `apart`."""
        value = np.empty(len(params), params.dtype)
        with np.errstate(all="ignore"):
            for at in range(0, len(params), self.rows):
                part = slice(at, at + self.rows)
                some = [array[part] for array in given] if apart else given
                value[part] = self._made(params[part], some, Tape.loss, self._loss)[0]
        return value

    def slope(self, params: Array, given: Given = (), apart: bool = False) -> tuple[Array, Array]:
        """The values and the gradients (R, n); complex points give complex ones, for second derivatives."""
        value, gradient = np.empty(len(params), params.dtype), np.empty_like(params, order="F")
        with np.errstate(all="ignore"):
            for at in range(0, len(params), self.rows):
                part = slice(at, at + self.rows)
                some = [array[part] for array in given] if apart else given
                value[part], *slopes = self._made(params[part], some, Tape.slope, self._slope)
                for place, slope in zip(self._places, slopes, strict=True):
                    gradient[part, place] = slope.reshape(len(slope), -1) if self.shapes else slope
        return value, gradient

    @cached_property
    def _places(self) -> list[Any]:
        """Which numbers of a point each operand is made of."""
        if not self.shapes:
            return list(range(self.n))
        ends = np.cumsum([math.prod(shape) for shape in self.shapes]).tolist()
        return [slice(start, end) for start, end in zip([0, *ends], ends, strict=False)]

    def operands(self, params: Array) -> list[Array]:
        """The points (R, n) as what the function is of: coordinates (R,), or arrays (R, *shape)."""
        if not self.shapes:
            return [params[:, i] for i in range(self.n)]
        return [
            # In one memory order, as matrices are multiplied otherwise by how they lie in memory.
            np.ascontiguousarray(params[:, place]).reshape(len(params), *shape)
            for place, shape in zip(self._places, self.shapes, strict=True)
        ]

    def _loss(self, params: Array, given: Given) -> list[Any]:
        return [_called(self.function, self.operands(params), given)]

    def _slope(self, params: Array, given: Given) -> list[Any]:
        tensors = [Tensor(operand) for operand in self.operands(params)]
        made = _called(self.function, tensors, given)
        made.backward(1.0)
        return [made.data, *(tensor.grad for tensor in tensors)]

    def _made(
        self,
        params: Array,
        given: Given,
        replay: Callable[..., list[Array]],
        compute: Callable[[Array, Given], list[Any]],
    ) -> Sequence[Any]:
        tape = self._tape(params, given) if self.repeatable else None
        if tape is None:
            return compute(params, given)
        made = replay(tape, params, given)
        if not tape.trials:
            return made
        tape.trials -= 1
        expected = compute(params, given)
        if not all(np.array_equal(a, b, equal_nan=True) for a, b in zip(made, expected, strict=True)):
            self.repeatable = False
            self._tapes.clear()
        return expected

    def _tape(self, params: Array, given: Given) -> Tape | None:
        """The tape for so many points, recorded if they come a second time."""
        self._clock += 1
        key = len(params), params.dtype, tuple(array.shape for array in given)
        tape = self._tapes.get(key)
        if tape is None and key in self._seen and self._has_room(params.nbytes):
            try:
                tape = self._tapes[key] = Tape(self, params, given)
            except Exception:  # an error that is not the recording's comes again where it is computed
                self.repeatable = False
        if len(self._seen) == SEEN:
            self._seen.clear()
        self._seen.add(key)
        if tape is not None:
            tape.used = self._clock
        return tape

    def _has_room(self, size: int) -> bool:
        """Whether one more tape may be kept, after those that are idle have gone; no other goes for it."""
        room = CHUNKS * self.rows * self.n * 8

        def full() -> bool:
            held = sum(tape.nbytes for tape in self._tapes.values())
            return len(self._tapes) == TAPES or held + size > room

        for key, tape in list(self._tapes.items()):
            if full() and tape.used < self._clock - IDLE:
                del self._tapes[key]
        return not full()


class Tape:
    """The calls of one evaluation; what they return holds until the next. Unrecorded where it cannot be."""

    def __init__(self, evaluation: Evaluation, params: Array, given: Given = ()) -> None:
        recorder = Recorder()
        self.trials = TRIALS
        self.used = 0  # when it was last
        self.nbytes = params.nbytes
        self.given = [np.array(array) for array in given]
        self.operands = evaluation.operands
        if evaluation.shapes:
            self.block = None
            self.inputs = [np.array(operand, order="C") for operand in self.operands(params)]
        else:  # coordinates are the rows of one block, which is filled in one piece
            self.block = np.array(params.T, order="C")
            self.inputs = list(self.block)
        leaves = [tensor_of(Recorded(recorder, array)) for array in self.inputs]
        made = _called(evaluation.function, leaves, [Recorded(recorder, array) for array in self.given])
        if recorder.refused or not isinstance(made, Tensor):
            raise Unrecorded
        self.forward = tuple(recorder.steps)
        made.backward(1.0)
        if recorder.refused:
            raise Unrecorded
        self.backward = tuple(recorder.steps[len(self.forward) :])
        results = made.data, *(leaf.grad for leaf in leaves)
        self.results = [x.raw if isinstance(x, Recorded) else x for x in results]

    def loss(self, params: Array, given: Given = ()) -> list[Array]:
        if self.block is not None:
            np.copyto(self.block, params.T)
        else:
            for array, operand in zip(self.inputs, self.operands(params), strict=True):
                np.copyto(array, operand)
        for held, array in zip(self.given, given, strict=True):
            np.copyto(held, array)
        for step in self.forward:
            step()
        return self.results[:1]

    def slope(self, params: Array, given: Given = ()) -> list[Array]:
        self.loss(params, given)
        for step in self.backward:
            step()
        return self.results


def _called(function: Callable[..., Any], coordinates: Sequence[Any], given: Sequence[Any]) -> Any:
    return function(*coordinates, given=given) if given else function(*coordinates)
