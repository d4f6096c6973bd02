"""The computation graph of a loss: what autodiff computed on the way, as boxes and edges.

Steps that say nothing, such as an axis that is added or a sum of one number, are left out; what is
left is named as people write it. The numbers of a box are those of autodiff, to the last bit.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim.autodiff import Origin, Tensor, history, origin
from optanim.trace import Problem
from optanim.words import number, symbol

Array = NDArray[Any]
MOST = 40  # boxes that can be read
HEAD = 3  # numbers of an array that are shown; of a longer one a number fewer
SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
PLAIN = (np.sum, operator.getitem, np.where)  # may hand on what they get
POWERS = 20  # of the data that are known by sight
SHORT = 8  # characters of a name that is written with a power; a longer one is x
IDLE = {np.add: 0.0, np.subtract: 0.0, np.multiply: 1.0, np.divide: 1.0, np.power: 1.0}

BINARY = {
    np.add: "+", np.subtract: "−", np.multiply: "×", np.divide: "÷", np.power: "^", np.float_power: "^",
    np.matmul: "@",
}  # fmt: skip
COMMUTE = ("+", "×")
NAMES: dict[Any, str] = {
    np.maximum: "max", np.minimum: "min", np.sum: "sum", np.where: "where", operator.getitem: "part",
    np.arcsin: "asin", np.arccos: "acos", np.arctan: "atan",
}  # fmt: skip
FORMS: dict[Any, str] = {
    np.negative: "−{}", np.absolute: "|{}|", np.fabs: "|{}|", np.square: "{}²", np.sqrt: "√{}",
    np.reciprocal: "1 ÷ {}",
}  # fmt: skip


@dataclass(frozen=True)
class Numbers:
    """The first numbers of an array, and its shape without the axis of runs."""

    head: tuple[float, ...]
    shape: tuple[int, ...]

    @classmethod
    def of(cls, values: Any) -> Numbers:
        array = np.asarray(values, np.float64)
        shape = array.shape[1:] if array.ndim and array.shape[0] == 1 else array.shape
        flat = array.reshape(-1)
        return cls(tuple(flat[: HEAD if flat.size <= HEAD else HEAD - 1].tolist()), shape)

    @property
    def single(self) -> bool:
        return all(n == 1 for n in self.shape)


@dataclass(frozen=True)
class Node:
    """A box: what it is, what it is called, and the boxes it is computed from, in the order of its operands.

    `between` are the words for an operation whose first operand is above the second, and below it, where
    their order matters and cannot be told from the title.
    """

    kind: str  # parameter, data, constant, operation or loss
    title: str
    inputs: tuple[int, ...] = ()
    between: tuple[str, str] | None = None

    @property
    def given(self) -> bool:
        """Whether no gradient goes there."""
        return self.kind in ("data", "constant")


@dataclass(frozen=True)
class Reading:
    """The numbers of all boxes for one set of parameters; a gradient is None where none is computed."""

    values: tuple[Numbers, ...]
    gradients: tuple[Numbers | None, ...]


@dataclass(frozen=True)
class Graph:
    """The boxes, each after its inputs and the loss last, and their numbers for every set of parameters."""

    nodes: tuple[Node, ...]
    readings: tuple[Reading, ...]


class Changed(Exception):
    """The loss is computed by other operations for other parameters."""


def graph(problem: Problem, params: Sequence[Array], batches: Sequence[Any] | None = None) -> Graph:
    """The graph of a problem's loss, with its numbers for every row of parameters.

    `batches` are the rows of the data that each of them sees, None for all. Raises Changed where not
    all are computed by the same operations.
    """
    runs = [_Run(problem, row, None if batches is None else batches[i]) for i, row in enumerate(params)]
    shape = [run.signature for run in runs[:1]]
    if any(run.signature not in shape for run in runs):
        raise Changed
    return _Reader(problem, runs).graph()


class _Run:
    """One evaluation, forward and backward, with what is needed of it: no array of the data's size stays."""

    def __init__(self, problem: Problem, params: Array, rows: Any) -> None:
        assert problem.function is not None
        leaves = [Tensor(params[i : i + 1]) for i in range(len(problem.names))]
        self.data: tuple[Array, ...] = (problem.data.x, problem.data.y) if problem.data is not None else ()
        some = {}
        if rows is not None:
            self.data = tuple(array[rows] for array in self.data)
            some = {"given": self.data}
        with np.errstate(all="ignore"):
            made = problem.function(*leaves, **some)
            if not isinstance(made, Tensor):  # a loss of none of its parameters
                made = leaves[0] * 0.0 + made
            made.backward(1.0)
        given = set(leaves)  # a set tells Tensors apart by what they are, a list by their numbers
        computed = [tensor for tensor in history(made) if tensor not in given]
        self.tensors = [*leaves, *computed]
        places = {tensor: i for i, tensor in enumerate(self.tensors)}
        self.origins = [origin(tensor) for tensor in self.tensors]
        # Every operand as a number of a Tensor, or of an array of the data, or as what it is.
        self.operands = [tuple(self._operand(x, places) for x in each.operands) for each in self.origins]
        self.powers = [tuple(map(self._powers, each.operands)) for each in self.origins]
        self.values = [Numbers.of(tensor.data) for tensor in self.tensors]
        self.gradients = [Numbers.of(tensor.grad) for tensor in self.tensors]
        self.read = [Numbers.of(array[None]) for array in self.data]
        self.hands_on = [self._hands_on(each) for each in range(len(self.tensors))]
        self.divides = [self._divides(each) for each in range(len(self.tensors))]
        self.signature = [
            (each.operation, tuple(kind if kind == "constant" else (kind, which) for kind, which in operands))
            for each, operands in zip(self.origins, self.operands, strict=True)
        ]
        del self.tensors, self.data
        self.origins = [Origin(each.operation, ()) for each in self.origins]

    def _operand(self, x: Any, places: dict[Tensor, int]) -> tuple[str, Any]:
        if isinstance(x, Tensor):
            return "tensor", places[x]
        for which, array in enumerate(self.data):
            if x is array:
                return "data", which
        return "constant", (float(x) if np.ndim(x) == 0 else Numbers.of(x))

    def _powers(self, x: Any) -> frozenset[int] | None:
        """Which powers of the data's x an array may be; None for what does not go with its rows."""
        if isinstance(x, Tensor) or not self.data or np.ndim(x) == 0 or np.size(x) != np.size(self.data[0]):
            return None
        array, column = np.asarray(x, float).reshape(-1), np.asarray(self.data[0], float).reshape(-1)
        alike = (k for k in range(POWERS + 1) if np.allclose(array, column**k, rtol=1e-9, atol=0.0))
        return frozenset(alike)

    def _hands_on(self, i: int) -> bool:
        """Whether an operation gives what it got: an axis more, a sum of one, 0 added, one side of where."""
        operation, operands = self.origins[i]
        inside = [x for x in operands if isinstance(x, Tensor)]
        either = operation in (np.add, np.multiply)
        others = operands if either else operands[1:]
        nothing = [x for x in others if not isinstance(x, Tensor) and np.ndim(x) == 0]
        idle = len(nothing) == 1 and nothing[0] == IDLE.get(operation)
        if len(inside) != 1 or not (idle or (operation in PLAIN and len(operands) == 1)):
            return False
        one, other = inside[0].data, self.tensors[i].data
        return one.size == other.size and np.array_equal(one.reshape(-1), other.reshape(-1), equal_nan=True)

    def _divides(self, i: int) -> bool:
        """Whether an operation divides a sum by how many numbers it is of: together they are the mean."""
        operation, operands = self.origins[i]
        if operation is not np.divide or not isinstance(operands[0], Tensor):
            return False
        if isinstance(operands[1], Tensor) or np.ndim(operands[1]):
            return False
        before = origin(operands[0])
        if before.operation is not np.sum:
            return False
        return float(operands[1]) == before.operands[0].data.size / operands[0].data.size


class _Reader:
    """Makes boxes of the operations that all evaluations have in common."""

    def __init__(self, problem: Problem, runs: Sequence[_Run]) -> None:
        self.problem, self.runs, self.first = problem, runs, runs[0]
        self.nodes: list[Node] = []
        self.sources: list[tuple[str, Any]] = []  # of every node, what its numbers are read from
        self.at: dict[int, int] = {}  # the node of a Tensor
        self.read: dict[int, int] = {}  # the node of an array of the data
        self.count = len(self.first.origins)
        self.same = [all(run.hands_on[i] for run in runs) for i in range(self.count)]
        self.mean = [all(run.divides[i] for run in runs) for i in range(self.count)]

    def graph(self) -> Graph:
        for i, name in enumerate(self.problem.names):
            self.at[i] = self._add(Node("parameter", symbol(name)), ("tensor", i))
        for i in range(len(self.problem.names), self.count):
            self.at[i] = self._made(i)
        last = self.at[self.count - 1]
        self._add(Node("loss", "loss", (last,)), ("tensor", self.count - 1))
        kept = self._used()
        nodes = tuple(
            replace(self.nodes[i], inputs=tuple(kept.index(each) for each in self.nodes[i].inputs))
            for i in kept
        )
        return Graph(nodes, tuple(self._reading(run, kept) for run in self.runs))

    def _add(self, node: Node, source: tuple[str, Any]) -> int:
        self.nodes.append(node)
        self.sources.append(source)
        return len(self.nodes) - 1

    def _used(self) -> list[int]:
        """The boxes that the loss is computed from, and all parameters, in their order."""
        used = {i for i, node in enumerate(self.nodes) if node.kind == "parameter"}
        stack = [len(self.nodes) - 1]
        while stack:
            each = stack.pop()
            if each not in used or self.nodes[each].kind == "loss":
                stack += self.nodes[each].inputs
            used.add(each)
        return sorted(used)

    def _made(self, i: int) -> int:
        """The node of a Tensor that was computed, or of the one that it is the same as."""
        operands = self.first.operands[i]
        if self.same[i]:
            return next(self.at[which] for kind, which in operands if kind == "tensor")
        if self.mean[i]:
            summed = operands[0][1]
            if self.same[summed]:  # the mean of one number
                return self.at[summed]
            (inside,) = self.first.operands[summed]
            return self._add(Node("operation", "mean", (self.at[inside[1]],)), ("tensor", i))
        operation = self.first.origins[i].operation
        if operation is None:  # computed without a parameter
            return self._add(Node("constant", "constant"), ("tensor", i))
        parts = [self._part(i, place, operand) for place, operand in enumerate(operands)]
        title, between = self._title(operation, parts)
        inputs = tuple(part for part in parts if isinstance(part, int))
        return self._add(Node("operation", title, inputs, between), ("tensor", i))

    def _part(self, i: int, place: int, operand: tuple[str, Any]) -> int | float:
        """An operand: the number of its box, or a constant that stands in the title."""
        kind, which = operand
        if kind == "tensor":
            return self.at[which]
        if kind == "data":
            if which not in self.read:
                assert self.problem.data is not None
                name = self.problem.data.names[which]
                self.read[which] = self._add(Node("data", name), ("data", which))
            return self.read[which]
        always = all(run.operands[i][place][1] == which for run in self.runs)
        if isinstance(which, float) and always:
            return which
        return self._add(self._given(i, place), ("operand", (i, place)))

    def _given(self, i: int, place: int) -> Node:
        """The box of an array without a parameter, named where it is made of the data's x."""
        found = [run.powers[i][place] for run in self.runs]
        if self.problem.data is None or any(powers is None for powers in found):
            return Node("constant", "constant")
        name = self.problem.data.names[0]
        name = name if len(name) <= SHORT else "x"
        powers = frozenset.intersection(*(each for each in found if each is not None))
        if not powers:
            return Node("data", f"from {name}")
        power = min(powers)
        if power < 2:
            return Node("data", name) if power else Node("constant", "1")
        raised = str(power).translate(SUPERSCRIPTS)
        return Node("data", f"{name}{raised}")

    def _title(self, operation: Any, parts: Sequence[int | float]) -> tuple[str, tuple[str, str] | None]:
        """What an operation is called, and its words where it depends on which operand is above."""
        if operation in BINARY:
            return self._binary(BINARY[operation], *parts)
        if operation in FORMS:
            return FORMS[operation].format(self._name(parts[0])), None
        name = NAMES.get(operation) or operation.__name__
        numbers = [part for part in parts if not isinstance(part, int)]
        if numbers:
            return f"{name} with {written(numbers[0])}", None
        (only,) = parts if len(parts) == 1 else (None,)
        leaf = isinstance(only, int) and self.nodes[only].kind != "operation"
        return f"{name} {self._name(only)}" if leaf and only is not None else name, None

    def _binary(self, sign: str, a: int | float, b: int | float) -> tuple[str, tuple[str, str] | None]:
        if sign == "^" and b == 0.5:
            return f"√{self._name(a)}", None
        if sign == "^" and not isinstance(b, int):
            power = written(b).replace("−", "-")
            raised = power.translate(SUPERSCRIPTS) if b == int(b) else f"^{written(b)}"
            return f"{self._name(a)}{raised}", None
        if sign == "^" and not isinstance(a, int):
            return f"{written(a)}^{self._name(b)}", None
        if not isinstance(a, int):
            return f"{written(a)} {sign}", None
        if not isinstance(b, int):
            return f"{sign} {written(b)}", None
        if sign in COMMUTE or a == b:
            return sign, None
        if self.nodes[b].kind != "operation":
            return f"{sign} {self.nodes[b].title}", None
        if self.nodes[a].kind != "operation":
            return f"{self.nodes[a].title} {sign}", None
        return sign, (f"upper {sign} lower", f"lower {sign} upper")

    def _name(self, part: int | float | None) -> str:
        """A parameter or a column of the data by its name, anything else as what comes in."""
        if isinstance(part, int) and self.nodes[part].kind in ("parameter", "data"):
            return self.nodes[part].title
        return "( )"

    def _reading(self, run: _Run, kept: Sequence[int]) -> Reading:
        values: list[Numbers] = []
        gradients: list[Numbers | None] = []
        for i in kept:
            kind, which = self.sources[i]
            if kind == "tensor":
                values.append(run.values[which])
                gradients.append(None if self.nodes[i].given else run.gradients[which])
            else:
                read = run.read[which] if kind == "data" else run.operands[which[0]][which[1]][1]
                values.append(read if isinstance(read, Numbers) else Numbers((read,), ()))
                gradients.append(None)
        return Reading(tuple(values), tuple(gradients))


def written(value: float) -> str:
    """A constant of the loss, in a few digits."""
    return number(value, 4)


def layers(nodes: Sequence[Node]) -> list[int]:
    """How far every box is from the parameters; data stand just before where they are used."""
    made = [0] * len(nodes)
    for i, node in enumerate(nodes):
        before = [made[each] for each in node.inputs if not nodes[each].given]
        made[i] = 1 + max(before, default=-1)
    for i, node in enumerate(nodes):
        if node.given:
            made[i] = min(made[to] for to, other in enumerate(nodes) if i in other.inputs) - 1
    return made


def edges(nodes: Sequence[Node]) -> Iterator[tuple[int, int, int]]:
    """Of every edge its box, the one it leads to, and which of that one's inputs it is."""
    for to, node in enumerate(nodes):
        for place, source in enumerate(node.inputs):
            yield source, to, place
