"""What a panel needs to be drawn and the scene does not have."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Any

from optanim import marks, measures
from optanim.errors import Mistake
from optanim.kinds import KINDS
from optanim.registry import Entry
from optanim.scene import OF_WORLDS, Axis, Run, Thing, drawn, first_seeds, told_apart
from optanim.settings import Choice, closest
from optanim.yaml_nodes import shown

MAX_PANELS = 24
NUMBERS = {1: "one", 2: "two", 3: "three"}
SCENERY = ("line", "contour", "surface")  # panels that draw the landscape itself
BROAD = (
    "contour",
    "surface",
    "line",
    "grid",
    "graph",
    "why",
)  # panels that need more than a third of a picture
PICTURES = {1: "line", 2: "contour"}  # what draws a landscape of so many variables


@dataclass(frozen=True)
class Drawable:
    """What there is to draw: the parts of a scene that panels are made of.

    `names` are those of the landscape's parameters, None where they cannot be known. Of the keys in
    `wrong` a mistake is noted already, so that nothing more is said of what they leave open.
    """

    landscape: Thing | None
    dataset: Thing | None
    names: tuple[str, ...] | None
    runs: Sequence[Run]
    optimizers: bool  # whether the scene names any, right or wrong
    batches: bool
    wrong: Set[str] = frozenset()

    def mistakes(self, thing: Thing, cells: bool = False, by: str | None = None) -> Iterator[Mistake]:
        """Everything that is wrong with a panel, or with those in the `cells` of a grid `by` an axis."""
        entry = KINDS["panel"][thing.name]
        for check in CHECKS:
            yield from check(self, thing, entry)
        if thing.name == "grid":
            yield from self._grid(thing)
        if thing.name == "fit":
            yield from self._fit(thing, cells, by)
        yield from measures.mistakes(thing, self.runs, self.batches, cells, by)
        if "optimizers" not in self.wrong:
            yield from self._strangers(thing)

    @property
    def of_data(self) -> bool:
        """Whether the landscape is the error of a model over the dataset."""
        return self.landscape is not None and "data" in KINDS["landscape"][self.landscape.name].asks

    @property
    def of_arrays(self) -> bool:
        """Whether the parameters are arrays, as a network's are."""
        return self.landscape is not None and "arrays" in KINDS["landscape"][self.landscape.name].facts

    @property
    def tested(self) -> bool:
        """Whether the dataset keeps points back."""
        if self.dataset is None:
            return False
        return bool(self.dataset.settings.get("test") or self.of_dataset("tested"))

    @property
    def inputs(self) -> int:
        """How many numbers an x of the dataset is."""
        return int(self.of_dataset("inputs") or 1)

    def of_dataset(self, fact: str) -> Any:
        return None if self.dataset is None else KINDS["dataset"][self.dataset.name].facts.get(fact)

    def _grid(self, thing: Thing) -> Iterator[Mistake]:
        inner = thing.settings.get("panel")
        if not isinstance(inner, Thing):
            return
        if inner.name == "grid":
            yield Mistake("a grid in a grid", inner.place, "takes another panel, such as contour")
            return
        chosen = [run for run in self.runs if _is_one_of(run, thing) and _is_one_of(run, inner)]
        by = thing.settings.get("by")
        cells = told_apart(chosen, by)
        ones = all(len(told_apart([chosen[i] for i in cell])) == 1 for cell in cells)
        yield from self.mistakes(drawn(thing), cells=ones, by=by)
        known = all(any(_is_one_of(run, part) for run in self.runs) for part in (thing, inner))
        if len(cells) > MAX_PANELS:
            hint = f"takes at most {MAX_PANELS}; only: says which"
            what = "runs" if len(cells) == len(chosen) else "cells"
            yield Mistake(f"a grid of {len(cells)} {what}", thing.place, hint)
        elif self.runs and not chosen and known:
            yield Mistake(
                "a grid without runs", thing.where("only"), "look at both its only: and its panel's"
            )

    def _fit(self, thing: Thing, cells: bool, by: str | None) -> Iterator[Mistake]:
        """Data that can be drawn in a plane; where both axes are inputs, of one run."""
        name = self.dataset.name if self.dataset else ""
        if self.inputs > 2:
            hint = "take loss or accuracy" if self.of_dataset("classes") else "take loss"
            yield Mistake(f"'fit' draws one or two inputs, and {name} has {self.inputs}", thing.place, hint)
        if self.inputs != 2:
            return
        if thing.settings.get("truth"):
            yield Mistake(f"{name} was made from no function", thing.where("truth"), "leave truth out")
        chosen = first_seeds([run for run in self.runs if _is_one_of(run, thing)])
        if len(chosen) < 2 or cells or not self.of_data:
            return
        message = f"'fit' of two inputs draws one run, and here are {len(chosen)} runs"
        yield Mistake(message, thing.where("only"), measures.which(thing, chosen, by))

    def _strangers(self, thing: Thing) -> Iterator[Mistake]:
        words = [run.rule.name for run in self.runs] + [run.label for run in self.runs if run.label]
        for word in thing.settings.get("only", ()):
            if word not in words:
                hint = closest(shown(word), words) or "takes the label or the rule of a run"
                yield Mistake(f"no run is called '{shown(word)}'", thing.where("only"), hint)


def _is_one_of(run: Run, panel: Thing) -> bool:
    """Whether a panel draws a run."""
    only = panel.settings.get("only")
    return only is None or not {run.rule.name, run.label}.isdisjoint(only)


# -- one check each ----------------------------------------------------------------------------


def needs(scene: Drawable, thing: Thing, entry: Entry) -> Iterator[Mistake]:
    """A dataset and runs, where the panel draws them."""
    wanted = str(entry.facts.get("needs", "")).split()
    if "dataset" in wanted and scene.dataset is None and "dataset" not in scene.wrong:
        yield Mistake(f"'{thing.name}' needs a dataset", thing.place, "add one, such as dataset: line")
    elif "classes" in wanted and scene.landscape is not None and scene.dataset is not None:
        if not scene.of_dataset("classes"):
            hint = "such as moons, spirals or digits"
            yield Mistake(f"'{thing.name}' needs a dataset for a network to classify", thing.place, hint)
        elif not scene.of_arrays:
            hint = "take landscape: mlp"
            yield Mistake(f"'{thing.name}' needs a network", thing.place, hint)
    if "runs" in wanted and not scene.optimizers:
        yield Mistake(f"'{thing.name}' needs optimizers", thing.place, "add some, such as optimizers: adam")


def sizes(scene: Drawable, thing: Thing, entry: Entry) -> Iterator[Mistake]:
    """As many variables as the panel has axes for, and as many numbers of each view."""
    dimensions, names, views = entry.facts.get("dimensions"), scene.names, entry.facts.get("view", (2, 4))
    view = thing.settings.get("view")
    plane = "plane" in entry.settings and (scene.of_arrays or (names is not None and len(names) > 2))
    if "plane" in thing.settings and not plane and names is not None:
        hint = "leave plane out" if len(names) == 2 else "take line"
        yield Mistake("a plane is drawn of more than two parameters", thing.where("plane"), hint)
    if plane:
        yield from _on_plane(thing, scene)
    elif dimensions and scene.of_arrays:
        owner = scene.landscape.name if scene.landscape else ""
        wanted = "one variable" if dimensions == 1 else f"{NUMBERS[dimensions]} variables"
        hint = f"'{owner}' has many: take contour, loss, accuracy or fit"
        yield Mistake(f"'{thing.name}' needs a landscape of {wanted}", thing.place, hint)
    elif dimensions and names is not None and len(names) != dimensions:
        count, such = NUMBERS.get(len(names), str(len(names))), PICTURES.get(len(names), "loss")
        listed = " and ".join(names) if len(names) < 4 else f"{names[0]} to {names[-1]}"
        owner = scene.landscape.name if scene.landscape else ""
        wanted = "one variable" if dimensions == 1 else f"{NUMBERS[dimensions]} variables"
        hint = f"'{owner}' has {count}, {listed}: take {such}"
        yield Mistake(f"'{thing.name}' needs a landscape of {wanted}", thing.place, hint)
    elif thing.name != "grid" and view and len(view) not in views:
        hint = "takes [x0, x1, y0, y1]" if len(view) == 2 else "takes [low, high]"
        hint = hint if views else f"'{thing.name}' has no axes to view a part of"
        yield Mistake(f"a view of {len(view)} numbers", thing.where("view"), hint)
    inset = thing.settings.get("inset")
    if isinstance(inset, Thing) and len(inset.settings["view"]) not in entry.facts.get("inset", (4,)):
        count = f"{len(inset.settings['view'])} numbers"
        yield Mistake(f"a view of {count}", inset.where("view"), "takes [x0, x1, y0, y1]")


def _on_plane(thing: Thing, scene: Drawable) -> Iterator[Mistake]:
    """What there is to choose a plane by, and nothing that a plane leaves no meaning."""
    if thing.settings.get("plane", "pca") == "pca" and not scene.optimizers:
        yield Mistake(
            "the plane is that of the paths, and nothing runs",
            thing.place,
            "add optimizers, or take plane: random",
        )
    if "arrows" in thing.settings:
        yield Mistake("on a plane an arrow is no gradient", thing.where("arrows"), "leave arrows out")


def many(scene: Drawable, thing: Thing, entry: Entry) -> Iterator[Mistake]:
    """No more parameters than can be drawn one by one, or squared."""
    if not scene.of_arrays:
        return
    if thing.name in ("weights", "graph") or "explains" in entry.facts:
        message = f"'{thing.name}' draws every parameter, and a network has many"
        yield Mistake(message, thing.place, "take loss, accuracy or fit")
    elif thing.settings.get("of") == "sharpness":
        message = "the sharpness takes a second derivative by every parameter, and a network has many"
        yield Mistake(message, thing.where("of"), "take gradient_norm")


def losses(scene: Drawable, thing: Thing, entry: Entry) -> Iterator[Mistake]:
    """Only losses that the landscape and its data have."""
    if "loss" not in entry.settings or "loss" not in thing.settings or scene.landscape is None:
        return
    owner = scene.landscape.name
    kind = KINDS["landscape"][owner].settings.get("loss")
    named = kind.type.options if kind and isinstance(kind.type, Choice) else ()
    known = ("full", *(("batch", "train", "test") if scene.of_data else ()), *named)
    given, place = thing.settings["loss"], thing.where("loss")
    for loss in given if isinstance(given, tuple) else (given,):
        if loss not in known:
            hint = _other_setting(thing, loss) or closest(shown(loss), known)
            hint = hint or f"takes {Choice(known).describe()}"
            yield Mistake(f"'{owner}' has no loss '{shown(loss)}'", place, hint)
        elif loss == "batch" and not scene.batches:
            yield Mistake("there are no batches to draw the loss of", place, "add batch: to the scene")
        elif loss == "test" and not scene.tested:
            yield Mistake("no points are kept back to test on", place, "add test: to the dataset")


def _other_setting(thing: Thing, word: str) -> str:
    """What to write where a word that stands for the loss is another setting of the panel, or its value."""
    for name, setting in KINDS["panel"][thing.name].settings.items():
        options = setting.type.options if isinstance(setting.type, Choice) else ()
        if word in options or (word == name and options):
            return f"write {thing.name}: {{{name}: {word if word in options else options[0]}}}"
    return ""


def tests(scene: Drawable, thing: Thing, entry: Entry) -> Iterator[Mistake]:
    """Points that are kept back, where a panel draws what they say."""
    if "test" not in thing.settings.get("data", ()):
        return
    if not scene.of_data or (scene.dataset is not None and not scene.tested):
        hint = "add test: to the dataset" if scene.dataset else "take a dataset with test: and a regression"
        yield Mistake("no points are kept back to test on", thing.where("data"), hint)


def marked(scene: Drawable, thing: Thing, entry: Entry) -> Iterator[Mistake]:
    """Marks that the panel has axes for."""
    if thing.name != "grid" and "marks" in thing.settings:
        yield from marks.mistakes(thing, max((run.steps for run in scene.runs), default=0))


def relief(scene: Drawable, thing: Thing, entry: Entry) -> Iterator[Mistake]:
    """One camera, and only what can lie on a surface."""
    if thing.name != "surface":
        return
    if {"azimuth", "orbit"} <= thing.settings.keys():
        hint = "orbit: [from, to] are the azimuths of the first frame and the last: drop azimuth"
        yield Mistake("both an azimuth and an orbit", thing.where("azimuth"), hint)
    if thing.settings.get("loss") == "batch":
        hint = "take contour: batch, or line: batch along one parameter"
        yield Mistake("a surface draws no batch", thing.where("loss"), hint)
    for mark in thing.settings.get("marks") or ():
        if isinstance(mark, Thing) and mark.name == "level":
            hint = "take a point or a text, which lie on it, or mark the level on a contour"
            yield Mistake("a surface has no levels to mark", mark.place, hint)


CHECKS: tuple[Callable[[Drawable, Thing, Entry], Iterator[Mistake]], ...] = (
    needs,
    sizes,
    many,
    losses,
    tests,
    marked,
    relief,
)


# -- several at once ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Several:
    """What there is to draw where landscapes, datasets or batches are swept: that of every one of them."""

    each: Sequence[Drawable]
    axes: Sequence[Axis]
    wrong: Set[str] = frozenset()  # axes that could not be read

    def mistakes(self, thing: Thing) -> Iterator[Mistake]:
        """Everything that is wrong with a panel."""
        worlds = [axis for axis in self.axes if axis.name in OF_WORLDS]
        yield from self._by(thing)
        if (axis := self._between(thing, worlds)) is not None:
            inner = drawn(thing).name
            hint = f"write grid: {{panel: {inner}, by: {axis.name}}}"
            if thing.name == "grid":
                hint = "without by: every run has a cell of its own"
            elif inner == "grid" or axis.name in ("batch", "seed"):
                hint = "leave the batch out of the panel, or the axis out of the sweep"
            what = {"batch": "batches of one size", "seed": "the batches of one seed"}.get(axis.name)
            message = f"'{inner}' draws {what or f'one {axis.name}'}, and here are {len(axis.values)}"
            yield Mistake(message, thing.place, hint)
            return
        # What is wrong in all worlds is told once.
        yield from dict.fromkeys(mistake for there in self.each for mistake in there.mistakes(thing))

    def _between(self, thing: Thing, worlds: Sequence[Axis]) -> Axis | None:
        """The axis that a panel would have to be in the middle of."""
        inner = drawn(thing)
        if _of_batch(inner):
            found = [axis for axis in self.axes if axis.name in ("batch", "seed")]
            if found:
                return found[0]
        needs = str(KINDS["panel"][inner.name].facts.get("needs", "")).split()
        landscape = "landscape" in needs or "dataset" in needs or "test" in inner.settings.get("data", ())
        landscape &= "classes" not in needs  # of which each network is asked about its own points
        open_ = [axis for axis in worlds if axis.name != "batch"]
        if thing.name == "grid":
            by = thing.settings.get("by")
            open_ = [] if by is None else [axis for axis in open_ if axis.name != by]
        return open_[0] if landscape and open_ else None

    def _by(self, thing: Thing) -> Iterator[Mistake]:
        """A grid by an axis that there is not."""
        by = thing.settings.get("by") if thing.name == "grid" else None
        known = ["optimizer", *(axis.name for axis in self.axes if axis.name != "optimizer")]
        if by is None or by in known or by in self.wrong:
            return
        hint = closest(shown(by), known) or f"takes {' or '.join(known)}"
        yield Mistake(f"nothing is swept by '{shown(by)}'", thing.where("by"), hint)


def _of_batch(panel: Thing) -> bool:
    """Whether a panel draws the batch that a step sees."""
    loss = panel.settings.get("loss", ())
    return (
        "batch" in (loss if isinstance(loss, tuple) else (loss,)) or panel.settings.get("arrows") == "noise"
    )
