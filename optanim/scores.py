"""What runs score on data at the iterates that are kept: the loss of test points, and the accuracy."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from optanim.losses import hits
from optanim.trace import Data, Path, Problem, Trace
from optanim.workload import ASKED

Floats = NDArray[np.float64]

WORK = 5e9  # products that all scores of one kind may take; with more a network is asked at fewer iterates


def test_loss(trace: Trace, index: int) -> Floats:
    """The loss of the points that are kept back at every kept iterate of a run (K,); NaN after its end.

    Of a network with many points and parameters some iterates are asked, and it is straight between.
    """
    problem, run = _problem(trace, index), trace.runs[index]
    if problem.test_loss is None:
        raise ValueError("the dataset keeps no points back")
    return _known(trace, ("test loss", index), run, problem, _test(problem), problem.test_loss)


def accuracy(trace: Trace, index: int, test: bool) -> Floats:
    """The share of the points that a network tells right at every kept iterate of a run (K,), in per cent.

    Of the points that are kept back, or of those it learns from. NaN after the end of the run; straight
    between the iterates that are asked, as the loss is.
    """
    problem, run = _problem(trace, index), trace.runs[index]
    points, model = _test(problem) if test else problem.data, problem.model
    if points is None or model is None:
        raise ValueError("there is nothing to tell right")

    def share(params: Floats) -> Floats:
        return np.array([100 * float(hits(model(points.x, each), points.y)) for each in params])

    return _known(trace, ("accuracy", test, index), run, problem, points, share)


def final_accuracy(trace: Trace, index: int, test: bool) -> float:
    """The share of the points that a network tells right after its last step, in per cent.

    It is the last number of `accuracy`, for which no other iterate is asked.
    """
    key = ("final accuracy", test, index)
    if key not in trace.measured:
        problem = _problem(trace, index)
        points, model = _test(problem) if test else problem.data, problem.model
        if points is None or model is None:
            raise ValueError("there is nothing to tell right")
        with np.errstate(all="ignore"):
            right = hits(model(points.x, trace.runs[index].params[-1]), points.y)
        trace.measured[key] = 100 * float(right)
    found: float = trace.measured[key]
    return found


def asked(trace: Trace, index: int, test: bool) -> NDArray[np.int64]:
    """The kept iterates at which a run is asked, and not drawn straight between; by their rows."""
    problem = _problem(trace, index)
    points = _test(problem) if test else problem.data
    assert points is not None
    return _asked(trace, trace.runs[index], problem, points)


def _problem(trace: Trace, index: int) -> Problem:
    problem = trace.world_of(index).problem
    assert problem is not None, "a run has a landscape"
    return problem


def _test(problem: Problem) -> Data:
    if problem.data is None or problem.data.test is None:
        raise ValueError("the dataset keeps no points back")
    return problem.data.test


def _known(
    trace: Trace,
    key: tuple[object, ...],
    run: Path,
    problem: Problem,
    points: Data,
    ask: Callable[[Floats], Floats],
) -> Floats:
    """What is asked at the iterates of a run, worked out once for all panels and outputs."""
    if key not in trace.measured:
        fine, asked = _fine(run), _asked(trace, run, problem, points)
        with np.errstate(all="ignore"):
            known = ask(run.params[asked])
        made = np.full(len(run.params), np.nan)
        made[fine] = known if len(asked) == len(fine) else np.interp(run.at[fine], run.at[asked], known)
        trace.measured[key] = made
    found: Floats = trace.measured[key]
    return found


def _fine(run: Path) -> NDArray[np.int64]:
    """The rows of a run before its end."""
    return np.flatnonzero(np.isfinite(run.params).all(axis=1))


def _asked(trace: Trace, run: Path, problem: Problem, points: Data) -> NDArray[np.int64]:
    """The rows of a run at which it is scored: all of them, or as many of a network as there is time for."""
    fine = _fine(run)
    most = len(fine)
    if problem.shapes:
        most = max(int(WORK / (len(trace.runs) * len(points.x) * run.params.shape[1])), ASKED)
    return fine[np.unique(np.linspace(0, len(fine) - 1, min(most, len(fine))).round().astype(int))]
