"""10,000 runs of Adam, each 1,000 steps on a quadratic: by optanim, or by optax as its users batch runs.

    python benchmarks/steps.py optanim | optax | optax-float32

prints as JSON how long the call took, and where some of the runs ended. Both keep every point and loss
of every run. Of optax, which compiles, the call is that of the compiled function alone.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

RUNS, STEPS = 10_000, 1_000
START = (-5.0, -2.0)
FORMULA = "0.1*x1**2 + 2*x2**2"
SHOWN = slice(None, None, RUNS // 10)


def rates() -> Any:
    """The learning rates of the runs, their only difference."""
    return np.geomspace(1e-3, 1, RUNS)


def optanim() -> Callable[[], Any]:
    """A call that simulates the scene, from the text of the formula to the paths."""
    from pathlib import Path

    from optanim.errors import Source
    from optanim.kinds import landscape, optimizer
    from optanim.scene import Limits, Run, Scene, Thing
    from optanim.simulate import simulate

    scene = Scene(
        name="steps",
        source=Source("steps.yaml", ""),
        folder=Path(),
        landscape=Thing("formula", {"f": FORMULA}),
        minima=((0.0, 0.0),),
        runs=tuple(Run(Thing("adam"), float(lr), STEPS, START) for lr in rates()),
    )
    limits = Limits(work=RUNS * STEPS)
    assert "adam" in optimizer and "formula" in landscape  # their modules imported, as by reading a scene
    return lambda: [run.params[-1] for run in simulate(scene, limits=limits).runs[SHOWN]]


def optax(precise: bool) -> Callable[[], Any]:
    """A call of the function that is compiled for all runs together: vmap over lr, scan over steps."""
    import jax
    import jax.numpy as jnp
    import optax

    if precise:
        jax.config.update("jax_enable_x64", True)
    kind = jnp.float64 if precise else jnp.float32

    def loss(p: Any) -> Any:
        return 0.1 * p[0] ** 2 + 2 * p[1] ** 2

    def run(lr: Any) -> Any:
        adam = optax.adam(lr)
        start = jnp.array(START, kind)

        def step(carried: Any, _: Any) -> Any:
            p, state = carried
            value, gradient = jax.value_and_grad(loss)(p)
            updates, state = adam.update(gradient, state, p)
            return (optax.apply_updates(p, updates), state), (p, value)

        (end, _), (points, losses) = jax.lax.scan(step, (start, adam.init(start)), None, length=STEPS)
        return points, losses, end

    given = jnp.asarray(rates(), kind)
    compiled = jax.jit(jax.vmap(run)).lower(given).compile()
    return lambda: np.asarray(jax.block_until_ready(compiled(given))[2])[SHOWN]


SIDES: dict[str, Callable[[], Callable[[], Any]]] = {
    "optanim": optanim,
    "optax": lambda: optax(True),
    "optax-float32": lambda: optax(False),
}


def main(side: str) -> None:
    call = SIDES[side]()
    started = time.perf_counter()
    ends = call()
    seconds = time.perf_counter() - started
    print(json.dumps({"call": seconds, "ends": np.asarray(ends, dtype=float).tolist()}))


if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in SIDES:
        sys.exit(__doc__)
    main(sys.argv[1])
