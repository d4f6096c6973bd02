"""A network of fully connected layers, whose parameters are arrays."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from typing import Annotated, Any, Literal

import numpy as np

from optanim.autodiff import relu
from optanim.kinds import landscape
from optanim.losses import cross_entropy, mse
from optanim.settings import Lead, ListOf, Number
from optanim.trace import Array, Data

Sizes = Annotated[tuple[int, ...], ListOf(Number(low=1, high=1024, whole=True))]
ACTIVATIONS: dict[str, Callable[[Any], Any]] = {"relu": relu, "tanh": np.tanh}


def shapes(data: Data, hidden: Sequence[int], **_: Any) -> tuple[tuple[int, ...], ...]:
    """Of each layer the shapes of its weights (inputs, outputs) and of its biases (outputs,)."""
    inputs = 1 if data.x.ndim == 1 else data.x.shape[1]
    sizes = [inputs, *hidden, data.classes or 1]
    made: list[tuple[int, ...]] = []
    for before, after in zip(sizes, sizes[1:], strict=False):
        made += [(before, after), (after,)]
    return tuple(made)


def initial(rng: np.random.Generator, sizes: Sequence[tuple[int, ...]]) -> Iterator[Array]:
    """Weights and biases evenly spread within 1 / sqrt(inputs) of 0, as torch.nn.Linear has them."""
    for weights, biases in zip(sizes[0::2], sizes[1::2], strict=True):
        reach = 1 / math.sqrt(weights[0])
        yield rng.uniform(-reach, reach, weights)
        yield rng.uniform(-reach, reach, biases)


def network(data: Data, activation: str, **_: Any) -> Callable[..., Any]:
    """The outputs (runs, rows, outputs) for inputs x (rows,) or (rows, d), and arrays with runs in front."""
    act = ACTIVATIONS[activation]

    def outputs(x: Any, *arrays: Any) -> Any:
        values = x[..., None] if data.x.ndim == 1 else x
        last = len(arrays) // 2 - 1
        for i, (weights, biases) in enumerate(zip(arrays[0::2], arrays[1::2], strict=True)):
            values = values @ weights + biases[..., None, :]
            if i < last:
                values = act(values)
        return values

    return outputs


@landscape(title="MLP", arrays=shapes, initial=initial, model=network)
def mlp(
    data: Data,
    *arrays: Any,
    hidden: Lead[Sizes] = (32,),
    activation: Literal["relu", "tanh"] = "relu",
) -> Any:
    """The error of a network of fully connected layers, by all of its weights and biases.

    f = cross-entropy of the classes, or mean squared error where the data are numbers
    `hidden` are the sizes of the layers between inputs and outputs. Each run starts from weights and biases
    evenly spread within 1 / sqrt(inputs of the layer) of 0, drawn from the seed.
    """
    outputs = network(data, activation)(data.x, *arrays)
    if data.classes:
        return cross_entropy(outputs, data.y)
    return mse(outputs[..., 0], data.y)
