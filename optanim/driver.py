"""Steps one rule over several runs at once: layers, oracles, and runs that end."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from optanim.problem import Slope, hessian
from optanim.registry import Registry
from optanim.scene import Thing
from optanim.trace import Ended

Array = NDArray[Any]
State = dict[str, Any]
Residuals = Callable[[Array], tuple[Array, Array]]  # (R, n) to (R, rows) and their Jacobian (R, rows, n)


@dataclass(frozen=True)
class Layer:
    """Some of the parameters, which a rule sees as one array of this shape per run."""

    columns: slice
    shape: tuple[int, ...]


class Record(Protocol):
    """Where the driver reports; `runs` are the numbers of those still going."""

    def point(self, t: int, runs: Any, shown: Array) -> None: ...

    def loss(self, t: int, runs: Any, loss: Array) -> None: ...


def is_number(value: Any) -> bool:
    """Whether a setting may differ between runs that are stepped as one array: a whole number may not."""
    return isinstance(value, float)


def kind_of(rule: Thing, registry: Registry) -> Any:
    """What has to be equal for two runs to be stepped as one array: all but the fractional numbers."""
    entry = registry[rule.name]
    settings = entry.defaults() | dict(rule.settings)
    names = tuple(sorted(settings))
    words = [(name, value) for name in names if not is_number(value := settings[name])]
    same = [(name, kind_of(v, registry) if isinstance(v, Thing) else v) for name, v in words]
    return rule.name, names, tuple(same)


def stated(rule: Thing, fact: str, registry: Registry) -> Any:
    """A fact about a rule, or else about the rule inside it."""
    entry = registry[rule.name]
    found = entry.facts.get(fact)
    if found is None and "base" in entry.asks and "base" in rule.settings:
        return stated(rule.settings["base"], fact, registry)
    return found


@dataclass
class Rule:
    """A rule with the settings of all the runs it steps, and the rule it wraps, if it does."""

    function: Callable[..., Any]
    asks: tuple[str, ...]
    settings: dict[str, Any]  # arrays have one value per run
    shows: Callable[..., Any] | None = None
    base: Rule | None = None
    velocity: str | None = None  # the name of its momentum in its state
    sees_all: bool = False  # all layers as one vector, as it or a rule inside it needs
    parts: Sequence[Layer] = ()  # the layers it sees, where the rule around it sees them as one vector

    @classmethod
    def of(cls, things: Sequence[Thing], registry: Registry) -> Rule:
        entry = registry[things[0].name]
        every = [entry.defaults() | dict(thing.settings) for thing in things]
        base = (
            cls.of([settings.pop("base") for settings in every], registry) if "base" in entry.asks else None
        )
        settings = {name: _together([one[name] for one in every]) for name in every[0]}
        return cls(
            entry.function,
            entry.asks,
            settings,
            entry.facts.get("shows"),
            base,
            entry.facts.get("velocity"),
            entry.facts.get("sees") == "all" or (base is not None and base.sees_all),
        )

    def layers(self, layers: Sequence[Layer]) -> Sequence[Layer]:
        """The layers as this rule sees them; a rule inside it that looks at each alone still does."""
        n = max(layer.columns.stop for layer in layers)
        whole = [Layer(slice(0, n), (n,))]
        inner = self.base
        while inner and inner.sees_all:
            inner = inner.base
        if inner and self.sees_all and list(layers) != whole:
            inner.parts = layers
        return whole if self.sees_all else layers

    def step(self, p: Array, g: Array, state: State, lr: Any, t: int, oracles: dict[str, Any]) -> Array:
        asked = [self._wrapped(state, lr, t, oracles) if a == "base" else oracles[a] for a in self.asks]
        new: Array = self.function(p, g, state, lr, t, *asked, **self._settings(p.ndim))
        return new

    def shown(self, p: Array, state: State) -> Array:
        """What is drawn and scored."""
        if self.shows is None:
            return p
        shown: Array = self.shows(p, state, **self._settings(p.ndim))
        return shown

    def keep(self, mask: Array) -> None:
        """Forget the runs that are not in the mask."""
        self.settings = _kept(self.settings, mask)
        if self.base:
            self.base.keep(mask)

    def _settings(self, ndim: int) -> dict[str, Any]:
        return {name: across(value, ndim) for name, value in self.settings.items()}

    def _wrapped(self, state: State, lr: Any, t: int, oracles: dict[str, Any]) -> Wrapped:
        assert self.base is not None
        return Wrapped(self.base, state.setdefault("base", {}), lr, t, oracles)


@dataclass
class Wrapped:
    """The rule inside another one, as that one is handed it: its step from p, with state of its own."""

    rule: Rule
    state: State
    lr: Any
    t: int
    oracles: dict[str, Any]

    def __call__(self, p: Array, g: Array) -> Array:
        if not self.rule.parts:
            return self.rule.step(p, g, self.state, self.lr, self.t, self.oracles)
        asked = self.oracles
        oracles = Oracles(
            lambda q: asked["loss"](q)[:, 0], lambda q: (q[:, 0], asked["grad"](q)), asked["residuals"]
        )
        new = np.empty_like(p)
        for i, layer in enumerate(self.rule.parts):
            part, slope = (whole[:, layer.columns].reshape(len(p), *layer.shape) for whole in (p, g))
            bound = oracles.bound(p, layer, _asks(self.rule), asked["rng"])
            lr, state = np.ravel(self.lr), self.state.setdefault(str(i), {})
            moved = self.rule.step(part, slope, state, across(_together(lr), part.ndim), self.t, bound)
            new[:, layer.columns] = moved.reshape(len(p), -1)
        return new

    @property
    def momentum(self) -> Any:
        """Its velocity; 0 where it has none."""
        return self.state.get(self.rule.velocity or "", 0.0)

    @momentum.setter
    def momentum(self, velocity: Any) -> None:
        if self.rule.velocity in self.state:
            self.state[self.rule.velocity] = velocity


@dataclass
class Group:
    """Runs that are stepped as one array: one rule, one layer division, one number of steps."""

    rule: Rule
    lr: Array  # (steps, R)
    start: Array  # (R, n)
    layers: Sequence[Layer]
    steps: int
    seeds: Sequence[Any] = ()  # per run, for rules that draw random numbers
    evals: Array = field(init=False)  # (steps + 1,) cumulative gradient evaluations of a run
    ended: dict[int, Ended] = field(default_factory=dict)


class Draws:
    """Random numbers for a rule: each run draws from a generator of its own.

    So a run is the same whether it is stepped alone or beside others, some of which may end.
    """

    def __init__(self, seeds: Sequence[Any]) -> None:
        self.generators = [np.random.Generator(np.random.PCG64(seed)) for seed in seeds]

    def normal(self, shape: tuple[int, ...]) -> Array:
        """Standard normal numbers of shape (R, ...)."""
        return np.stack([generator.standard_normal(shape[1:]) for generator in self.generators])

    def uniform(self, shape: tuple[int, ...]) -> Array:
        """Numbers evenly spread over [0, 1), of shape (R, ...)."""
        return np.stack([generator.random(shape[1:]) for generator in self.generators])

    def keep(self, mask: Array) -> None:
        self.generators = [g for g, kept in zip(self.generators, mask, strict=True) if kept]


class Oracles:
    """What a rule may ask of the problem, in the shape of its own layer; gradients are counted."""

    def __init__(
        self, loss: Callable[[Array], Array], slope: Slope, residuals: Residuals | None = None
    ) -> None:
        self.problem_loss = loss
        self.problem_slope = slope
        self.problem_residuals = residuals
        self.count = 0

    def bound(
        self, params: Array, layer: Layer, asks: tuple[str, ...], draws: Draws | None
    ) -> dict[str, Any]:
        """The oracles by name; every other layer stays where it is in `params`."""
        if not asks:
            return {}

        def whole(p: Array) -> Array:
            moved = params.astype(p.dtype, copy=True, order="F")
            moved[:, layer.columns] = p.reshape(len(p), -1)
            return moved

        def loss(p: Array) -> Array:
            return across(self.problem_loss(whole(p)), 1 + len(layer.shape))

        def grad(p: Array) -> Array:
            self.count += 1
            return self.problem_slope(whole(p))[1][:, layer.columns].reshape(p.shape)

        def second(p: Array) -> Array:
            size = layer.columns.stop - layer.columns.start
            flat = partial(_flat, grad=grad, shape=layer.shape)
            return hessian(flat, p.reshape(len(p), size))

        def diagonal(p: Array) -> Array:
            return np.diagonal(second(p), axis1=1, axis2=2).reshape(p.shape)

        def residuals(p: Array) -> tuple[Array, Array]:
            if self.problem_residuals is None:
                raise TypeError("the problem is no sum of squares: it has no residuals")
            self.count += 1
            rest, jacobian = self.problem_residuals(whole(p))
            return rest, jacobian[:, :, layer.columns]

        return {
            "loss": loss,
            "grad": grad,
            "hessian": second,
            "hessian_diag": diagonal,
            "residuals": residuals,
            "rng": draws,
        }


def _flat(params: Array, grad: Callable[[Array], Array], shape: tuple[int, ...]) -> tuple[Array, Array]:
    gradient = grad(params.reshape(len(params), *shape))
    return params[:, 0], gradient.reshape(len(params), -1)


def drive(
    groups: Sequence[tuple[Group, Record]],
    loss: Callable[[Array], Array],
    slope: Slope,
    progress: Callable[[int], None] | None = None,
    residuals: Residuals | None = None,
) -> None:
    """Steps all runs of all groups to their end, with one gradient of everything in each step.

    A run whose parameters, loss or gradient stop being finite is taken out of the arrays, so that
    its NaNs reach no other run; `group.ended` says when.
    """
    with np.errstate(all="ignore"):
        steppers = [_stepper(group, loss, slope, residuals, record) for group, record in groups]
        going = [(stepper, next(stepper)) for stepper in steppers]
        while going:
            everything = [params for _, params in going]
            # In one memory order, as NumPy's functions may round by how their numbers lie in memory.
            together = everything[0] if len(going) == 1 else np.asfortranarray(np.concatenate(everything))
            value, gradient = slope(together)
            if progress:
                progress(len(value))
            still, at = [], 0
            for stepper, params in going:
                part = slice(at, at + len(params))
                at = part.stop
                try:
                    still.append((stepper, stepper.send((value[part], gradient[part]))))
                except StopIteration:
                    continue
            going = still


def _stepper(
    group: Group, loss: Callable[[Array], Array], slope: Slope, residuals: Residuals | None, record: Record
) -> Generator[Array, tuple[Array, Array], None]:
    """Steps one group: hands out its parameters, is sent their losses and gradients, to its end."""
    rule, asks = group.rule, _asks(group.rule)
    layers = rule.layers(group.layers)
    params = np.asfortranarray(group.start, dtype=np.float64)
    states: list[State] = [{} for _ in layers]
    oracles = Oracles(loss, slope, residuals)
    draws = Draws(group.seeds) if "rng" in asks else None
    group.evals = np.zeros(group.steps + 1, dtype=np.int64)
    runs: Any = np.arange(len(params))
    everyone: Any = slice(None)
    averaging = rule.shows is not None
    shown = params
    record.point(0, everyone, shown)

    for t in range(1, group.steps + 1):
        value, gradient = yield params
        oracles.count += 1
        scored = loss(shown) if averaging and t > 1 else value
        why = _failures(t - 1, shown, scored, params, value, gradient)
        if why:
            _end(group, record, t - 1, runs, scored, why)
            mask = np.array([i not in why for i in range(len(runs))])
            runs = everyone = runs[mask]
            if not len(runs):
                group.evals[t:] = oracles.count
                return
            params, gradient, scored = (_kept(a, mask) for a in (params, gradient, scored))
            states = [_kept(state, mask) for state in states]
            rule.keep(mask)
            if draws:
                draws.keep(mask)
        record.loss(t - 1, everyone, scored)
        lr = _together(group.lr[t - 1, everyone])
        params, shown = _step(rule, params, gradient, states, lr, t, layers, oracles, asks, draws)
        record.point(t, everyone, shown)
        group.evals[t] = oracles.count

    scored = loss(shown)
    why = _failures(group.steps, shown, scored, params, scored, params)
    _end(group, record, group.steps, runs, scored, why)
    fine = np.array([i not in why for i in range(len(runs))])
    record.loss(group.steps, runs[fine], scored[fine])


def _step(
    rule: Rule,
    params: Array,
    gradient: Array,
    states: list[State],
    lr: Any,
    t: int,
    layers: Sequence[Layer],
    oracles: Oracles,
    asks: tuple[str, ...],
    draws: Draws | None,
) -> tuple[Array, Array]:
    """The new parameters, and what is shown of them."""
    if len(layers) == 1 and len(layers[0].shape) == 1:  # the array is the layer
        bound = oracles.bound(params, layers[0], asks, draws)
        new = np.asfortranarray(rule.step(params, gradient, states[0], across(lr, 2), t, bound))
        if new.shape != params.shape:
            raise TypeError(f"the rule returned shape {new.shape} for parameters of shape {params.shape}")
        return new, np.asfortranarray(rule.shown(new, states[0]))
    new = np.empty_like(params)
    shown = new if rule.shows is None else np.empty_like(params)
    runs = len(params)
    for layer, state in zip(layers, states, strict=True):
        p = params[:, layer.columns].reshape(runs, *layer.shape)
        g = gradient[:, layer.columns].reshape(runs, *layer.shape)
        bound = oracles.bound(params, layer, asks, draws)
        moved = rule.step(p, g, state, across(lr, p.ndim), t, bound)
        new[:, layer.columns] = moved.reshape(runs, -1)
        if shown is not new:
            shown[:, layer.columns] = rule.shown(moved, state).reshape(runs, -1)
    return new, shown


def _asks(rule: Rule) -> tuple[str, ...]:
    """What the rule and the rules inside it ask for."""
    inner = _asks(rule.base) if rule.base else ()
    return (*(ask for ask in rule.asks if ask != "base"), *inner)


def _failures(
    t: int, shown: Array, scored: Array, params: Array, value: Array, gradient: Array
) -> dict[int, Ended]:
    """The runs that cannot go on after step t: the place of each in the arrays, and why."""
    why: dict[int, Ended] = {}
    # One number to look at in every step; a sum may overflow though its terms are finite.
    different = {id(array): array for array in (shown, scored, params, value, gradient)}
    if np.isfinite(sum(array.sum() for array in different.values())):
        return why
    point: Any = np.isfinite(shown).all(axis=1) & np.isfinite(params).all(axis=1)
    scores: Any = np.isfinite(scored) & np.isfinite(value)
    slopes: Any = np.isfinite(gradient).all(axis=1)
    for i in np.flatnonzero(~(point & scores & slopes)):
        if not point[i]:
            bad = params[i] if not np.isfinite(params[i]).all() else shown[i]
            why[int(i)] = Ended(
                t, "the parameters " + ("are not numbers" if np.isnan(bad).any() else "are infinite")
            )
        elif not scores[i]:
            bad = scored[i] if not np.isfinite(scored[i]) else value[i]
            why[int(i)] = Ended(t, f"the loss {how_not_finite(bad)}")
        else:  # the point itself is fine; it is the next that cannot be made
            why[int(i)] = Ended(t + 1, f"the gradient {how_not_finite(gradient[i])}")
    return why


def how_not_finite(bad: Any) -> str:
    """How a number or an array that is not finite is not."""
    return "is not a number" if np.isnan(bad).any() else "is infinite"


def _end(group: Group, record: Record, t: int, runs: Array, scored: Array, why: dict[int, Ended]) -> None:
    """Notes which runs end at point t; of a point that is not finite nothing is kept but the start."""
    for i, ended in why.items():
        group.ended[int(runs[i])] = ended
        if ended.step > t:
            record.loss(t, runs[[i]], scored[[i]])
        elif t > 0:
            record.point(t, runs[[i]], np.full((1, 1), np.nan))


def _together(values: Any) -> Any:
    """One value if all are equal, else an array of one per run."""
    if not is_number(values[0]):
        return values[0]
    array = np.asarray(values, dtype=np.float64)
    return float(array[0]) if (array == array[0]).all() else array


def across(value: Any, ndim: int) -> Any:
    """One value per run, shaped to broadcast against arrays of that many axes."""
    return value.reshape(-1, *(1,) * (ndim - 1)) if isinstance(value, np.ndarray) else value


def _kept(value: Any, mask: Array) -> Any:
    """The same without the runs outside the mask, in everything that has one row per run."""
    if isinstance(value, np.ndarray) and value.ndim:
        return np.asfortranarray(value[mask]) if value.ndim == 2 else value[mask]
    if isinstance(value, dict):
        return {name: _kept(part, mask) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(_kept(part, mask) for part in value)
    return value
