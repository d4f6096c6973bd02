"""A function's values and gradients at many points at once, recorded once and then replayed."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
    function is then called as function(*coordinates, given=arrays).
    """

    def __init__(self, function: Callable[..., Any], n: int, rows: int) -> None:
        self.function = function
        self.n = n
        self.rows = rows
        self.repeatable = True
        self._tapes: dict[Any, Tape] = {}
        self._seen: set[Any] = set()
        self._clock = 0  # evaluations so far

    def loss(self, params: Array, given: Given = ()) -> Array:
        """The values, of shape (R,)."""
        value = np.empty(len(params), params.dtype)
        with np.errstate(all="ignore"):
            for at in range(0, len(params), self.rows):
                part = slice(at, at + self.rows)
                value[part] = self._made(params[part], given, Tape.loss, self._loss)[0]
        return value

    def slope(self, params: Array, given: Given = ()) -> tuple[Array, Array]:
        """The values and the gradients (R, n); complex points give complex ones, for second derivatives."""
        value, gradient = np.empty(len(params), params.dtype), np.empty_like(params, order="F")
        with np.errstate(all="ignore"):
            for at in range(0, len(params), self.rows):
                part = slice(at, at + self.rows)
                value[part], *slopes = self._made(params[part], given, Tape.slope, self._slope)
                for i, slope in enumerate(slopes):
                    gradient[part, i] = slope
        return value, gradient

    def _loss(self, params: Array, given: Given) -> list[Any]:
        return [_called(self.function, [params[:, i] for i in range(self.n)], given)]

    def _slope(self, params: Array, given: Given) -> list[Any]:
        tensors = [Tensor(params[:, i]) for i in range(self.n)]
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
                tape = self._tapes[key] = Tape(self.function, params, given)
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
            held = sum(tape.inputs.nbytes for tape in self._tapes.values())
            return len(self._tapes) == TAPES or held + size > room

        for key, tape in list(self._tapes.items()):
            if full() and tape.used < self._clock - IDLE:
                del self._tapes[key]
        return not full()


class Tape:
    """The calls of one evaluation; what they return holds until the next. Unrecorded where it cannot be."""

    def __init__(self, function: Callable[..., Any], params: Array, given: Given = ()) -> None:
        recorder = Recorder()
        self.trials = TRIALS
        self.used = 0  # when it was last
        self.inputs = np.array(params.T, order="C")
        self.given = [np.array(array) for array in given]
        leaves = [tensor_of(Recorded(recorder, row)) for row in self.inputs]
        made = _called(function, leaves, [Recorded(recorder, array) for array in self.given])
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
        np.copyto(self.inputs, params.T)
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
