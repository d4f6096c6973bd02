"""A scene file into a Scene: every mistake at once, in the order of the file, and the nearest wins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from optanim import landscapes, mosaic
from optanim.called import named
from optanim.drawable import MAX_PANELS, Drawable, Several
from optanim.errors import Mistake, Place, Source, UserError
from optanim.kinds import KINDS
from optanim.outputs import beyond, clash, clashes, of_format, suffix_is_safe
from optanim.outputs import outputs as outputs
from optanim.registry import Entry, settings_of
from optanim.scene import (
    OF_WORLDS,
    Limits,
    Look,
    Output,
    Point,
    Run,
    Scene,
    Thing,
    keys,
    parse_size,
    turning,
    without_initial,
)
from optanim.settings import grouped
from optanim.sweeps import KEY_OF, Sweep, combinations
from optanim.things import Reader
from optanim.usual import World, beside, usual
from optanim.yaml_nodes import Items, Pairs, Scalar, compose, read_source, shown
from optanim.yaml_values import BAD, MAX_MISTAKES

KEYS = settings_of(keys)
MAX_OUTPUTS = 24
FIRST_LINE = "write a line such as landscape: rosenbrock"
NOT_OF_ARRAYS = {
    "minima": "no minimum of a network is known: leave it out",
    "view": "leave it out, or write contour: {view: …}, in the numbers of its plane",
}
RUNS_FACTOR = 10  # all runs together may take so many times the limit of steps


def load(path: str | Path, limits: Limits | None = None) -> Scene:
    """The scene in a file; UserError with everything that is wrong with it, in file order."""
    if isinstance(path, str) and "\n" in path:
        raise UserError(Mistake("a text is no path of a scene", hint="write optanim.read(text)"))
    path = Path(path)
    return _scene(read_source(path), path.parent, limits or Limits())


def read(
    text: str, name: str = "scene.yaml", folder: str | Path = ".", limits: Limits | None = None
) -> Scene:
    """The scene that a text describes; UserError with everything that is wrong with it, in its order.

    `name` stands in messages, and without its suffix names the files that are written; `folder` is
    what files of data are looked up in, and what they cannot leave.
    """
    return _scene(Source(name, text), Path(folder), limits or Limits())


def _scene(source: Source, folder: Path, limits: Limits) -> Scene:
    reader = Reader(folder)
    root = compose(source, reader.mistakes)
    broken = bool(reader.mistakes)
    if (root is None and not broken) or (isinstance(root, Scalar) and root.empty):
        raise UserError(Mistake(f"{source.name}: is empty", hint=FIRST_LINE))
    scene = None
    if isinstance(root, Pairs):
        scene = _Builder(source, root, reader, limits).scene()
    elif root is not None and not (isinstance(root, Scalar) and root.refused):
        what = "a list" if isinstance(root, Items) else f"'{shown(root.text)}'"
        reader.wrong(f"a scene is KEY: VALUE lines, not {what}", root.place, FIRST_LINE)
    if reader.mistakes:
        found = list(dict.fromkeys(reader.mistakes))
        found.sort(key=lambda m: (m.place.line, m.place.column) if m.place else (0, 0))
        more = len(found) - MAX_MISTAKES
        raise UserError(found[:MAX_MISTAKES] + ([Mistake(f"and {more} more")] if more > 0 else []))
    assert scene is not None
    return scene


class _Builder:
    """The values of a scene's keys into a Scene; what one key cannot know of another is checked here."""

    def __init__(self, source: Source, root: Pairs, reader: Reader, limits: Limits) -> None:
        self.source, self.root, self.reader, self.limits = source, root, reader, limits
        self.nodes = {key.text: value for key, value in root.pairs}
        self.warnings: list[Mistake] = []
        axes = self.nodes.get("sweep")
        reader.swept = {key.text for key, _ in axes.pairs} if isinstance(axes, Pairs) else set()
        reader.batched = "batch" in self.nodes or "batch" in reader.swept
        values, self.places = reader.settings(root, KEYS, "")
        self.given = {name: value for name, value in values.items() if value is not BAD}
        self.wrong_keys = {name for name, value in values.items() if value is BAD}
        unknown = "optimizers" in self.wrong_keys | reader.incomplete
        given = {name: self.places[name] for name in self.given if name in self.places}
        self.sweep = Sweep(reader, KEYS, given, self.get("optimizers"), self.get("seed"), unknown)
        if "sweep" in self.given:
            self.sweep.read(self.given["sweep"])
            self.wrong_keys |= {KEY_OF.get(name, name) for name in self.sweep.wrong}

    def get(self, name: str) -> Any:
        return self.given.get(name, KEYS[name].default)

    def where(self, name: str) -> Place:
        return self.places.get(name, self.root.place)

    def wrong(self, message: str, place: Place | None, hint: str = "") -> None:
        self.reader.wrong(message, place, hint)

    def scene(self) -> Scene:
        runs = self.runs()
        worlds = self.worlds(runs)
        panels, grid = self.panels(worlds, runs)
        look = Look(
            seconds=self.get("seconds"),
            hold=self.get("hold"),
            fps=self.get("fps"),
            size=self.given.get("size", parse_size(KEYS["size"].default)),
            theme=self.get("theme")[0],
        )
        first, several = worlds[0], len(worlds) > 1
        swept = {axis.name for axis in self.sweep.axes}
        # Where only a dataset is given, each of several may make a landscape of its own.
        apart = several and ("landscape" in swept or any(w.landscape != first.landscape for w in worlds))
        scene = Scene(
            name=Path(self.source.name).stem,
            source=self.source,
            folder=self.reader.folder,
            title=self.get("title"),
            caption=self.get("caption"),
            alt=self.get("alt"),
            landscape=None if apart else first.landscape,
            dataset=None if several and "dataset" in swept else first.dataset,
            runs=tuple(runs),
            batch=None if several and "batch" in swept else first.batch,
            seed=self.get("seed"),
            axes=self.sweep.axes,
            view=None if apart else first.view or self.get("view"),
            minima=self.get("minima"),
            panels=panels,
            mosaic=grid,
            arranged="panels" in self.given or "layout" in self.given,
            pace=self.get("pace"),
            look=look,
            themes=self.get("theme"),
            outputs=self.outputs(look, bool(runs), turning(panels)),
            warnings=tuple(dict.fromkeys(self.warnings)),
            places=self.places,
        )
        return replace(scene, worlds=self.parts(scene, worlds)) if several else scene

    # -- sweeps --------------------------------------------------------------------------------

    def worlds(self, runs: Sequence[Run]) -> list[World]:
        """Everything that the scene runs on: of a sweep of landscapes, datasets or batches several."""
        made = []
        for one in combinations([axis for axis in self.sweep.axes if axis.name in OF_WORLDS]):
            given, places = dict(self.given), self.places
            self.given |= one.values
            self.places = {**places, **one.places}
            dataset: Thing | None = self.get("dataset")
            landscape = self.landscape(dataset)
            names = self.names(landscape)
            self.dimensions(landscape, names, runs)
            view = landscape.settings.get("view") if landscape else None
            made.append(World(landscape, dataset, names, self.batch(landscape), view))
            self.given, self.places = given, places
        return made

    def parts(self, scene: Scene, worlds: Sequence[World]) -> tuple[Scene, ...]:
        """A scene for each of the worlds, with its runs."""
        axes = [axis for axis in self.sweep.axes if axis.name in OF_WORLDS]
        count = len(scene.runs) // len(worlds)
        return tuple(
            replace(
                scene,
                landscape=world.landscape,
                dataset=world.dataset,
                batch=world.batch,
                view=world.view or self.get("view"),
                runs=scene.runs[i * count : (i + 1) * count],
                places={**self.places, **one.places},
            )
            for i, (world, one) in enumerate(zip(worlds, combinations(axes), strict=True))
        )

    # -- runs ----------------------------------------------------------------------------------

    def runs(self) -> list[Run]:
        runs = self.sweep.runs(lambda thing: self.run(thing, KINDS["optimizer"][thing.name]))
        decay = self.get("weight_decay")
        rules = {run.rule.name: KINDS["optimizer"][run.rule.name] for run in runs}
        without = [name for name, entry in rules.items() if "weight_decay" not in entry.settings]
        if decay and without:
            message = f"weight_decay does not reach {' and '.join(without)}"
            self.warnings.append(Mistake(message, self.where("weight_decay"), "no such setting there"))
        limit = self.limits.steps
        total = sum(run.steps for run in runs)
        if total > limit * RUNS_FACTOR and max(run.steps for run in runs) <= limit:
            hint = f"takes at most {grouped(limit * RUNS_FACTOR)} together; --max-steps lifts it"
            place = self.places.get("steps") or self.places.get("sweep") or self.where("optimizers")
            self.wrong(f"{len(runs)} runs take {grouped(total)} steps", place, hint)
        return runs

    def run(self, thing: Thing, entry: Entry) -> Run:
        """A run of a rule: its own settings, else the scene's, else the rule's defaults."""
        own = thing.settings
        rule = {name: value for name, value in own.items() if name in entry.settings}
        if "weight_decay" in entry.settings:
            if "weight_decay" in self.given and "weight_decay" not in thing.places:
                rule["weight_decay"] = self.given["weight_decay"]
        elif "weight_decay" in own:
            hint = f"see optanim explain {entry.name}"
            self.wrong(f"'{entry.name}' has no weight_decay", thing.where("weight_decay"), hint)
        if "lr" in own and entry.facts.get("times"):
            self.wrong(f"'{entry.name}' has no lr", thing.where("lr"), "it goes to the time until")
        # A rule that fixes its learning rate does not take the scene's.
        lr = own.get("lr", KINDS["optimizer"].stated(Thing(thing.name, rule), "lr") or self.get("lr"))
        if isinstance(lr, Thing) and (lacking := without_initial(lr)) not in (None, lr):
            assert lacking is not None
            hint = f"write {lacking.name}: {{initial: …}}; only a schedule that stands alone is tuned"
            self.wrong(f"'{lacking.name}' needs 'initial'", lacking.place, hint)
        steps = own.get("steps", self.get("steps"))
        if steps > self.limits.steps:
            place = thing.places.get("steps") or self.where("steps")
            hint = f"takes at most {grouped(self.limits.steps)}; --max-steps lifts it"
            self.wrong(f"{grouped(steps)} steps are too many", place, hint)
        return Run(
            rule=Thing(thing.name, rule, thing.place, thing.places),
            lr=None if lr == "tuned" else lr,
            steps=steps,
            start=own.get("start", self.get("start")),
            label=own.get("label"),
            color=own.get("color"),
            layers=own.get("layers"),
        )

    def batch(self, landscape: Thing | None) -> int | Thing | None:
        """The rows of data that each step sees; None for all."""
        batch: int | Thing | str = self.get("batch")
        if isinstance(batch, str):
            return None
        if landscape is not None and "data" not in KINDS["landscape"][landscape.name].asks:
            hint = "batches are rows of a dataset: take a landscape of data such as linear_regression"
            swept = next((axis.place for axis in self.sweep.axes if axis.name == "batch"), None)
            place = swept or self.where("batch")
            if all(mistake.place != place for mistake in self.reader.mistakes):  # of several worlds once
                self.wrong(f"'{landscape.name}' has no data to take a batch of", place, hint)
        return batch

    # -- landscape -----------------------------------------------------------------------------

    def landscape(self, dataset: Thing | None) -> Thing | None:
        """The landscape: where only a dataset is given a regression, or of several inputs a network."""
        if "landscape" in self.wrong_keys:
            return None
        thing: Thing | None = self.get("landscape")
        if thing is None:
            if dataset is not None:
                several = KINDS["dataset"][dataset.name].facts.get("inputs")
                return Thing("mlp" if several else "linear_regression", {}, dataset.place)
            if "dataset" not in self.wrong_keys:
                hint = "add one, such as landscape: rosenbrock"
                self.wrong("the scene has no landscape", self.root.place, hint)
            return None
        asks_data = "data" in KINDS["landscape"][thing.name].asks
        if asks_data and dataset is None and "dataset" not in self.wrong_keys:
            self.wrong(f"'{thing.name}' needs a dataset", thing.place, "add one, such as dataset: line")
        if not asks_data and dataset is not None:
            message = f"'{thing.name}' does not use the dataset"
            self.warnings.append(Mistake(message, self.where("dataset"), "linear_regression does"))
        return thing

    def names(self, landscape: Thing | None) -> tuple[str, ...] | None:
        """The names of the landscape's parameters; None where they cannot be known."""
        if landscape is None:
            return None
        entry = KINDS["landscape"][landscape.name]
        required = [name for name, setting in entry.settings.items() if setting.required]
        if any(name not in landscape.settings for name in required):
            return None
        return landscapes.names(entry, landscape)

    def dimensions(self, landscape: Thing | None, names: tuple[str, ...] | None, runs: Sequence[Run]) -> None:
        """Notes every start, minimum and view that does not have the landscape's dimension."""
        if landscape is None:
            return
        if "arrays" in KINDS["landscape"][landscape.name].facts:
            for name, hint in NOT_OF_ARRAYS.items():
                if self.get(name) is not None:
                    self.wrong(f"'{landscape.name}' takes no {name}", self.where(name), hint)
        if names is None:
            return
        n = len(names)

        def check(
            what: str, value: Sequence[float] | None, count: int, form: str, place: Place | None
        ) -> None:
            if value is not None and len(value) != count:
                numbers = f"{len(value)} number{'s' if len(value) > 1 else ''}"
                self.wrong(
                    f"{what} of {numbers} where {landscape.name} takes {count}", place, f"takes [{form}]"
                )

        form = ", ".join(names)
        box = ", ".join(f"low {name}, high {name}" for name in names)
        check("a start", self.get("start"), n, form, self.where("start"))
        for run in runs:
            if "start" in run.rule.places:
                check("a start", run.start, n, form, run.rule.where("start"))
        node = self.nodes.get("minima")
        points: Sequence[Point] = self.get("minima") or ()
        places = [item.place for item in node.items] if isinstance(node, Items) else []
        for index, point in enumerate(points):
            place = places[index] if len(places) == len(points) else self.where("minima")
            check("a minimum", point, n, form, place)
        check("a view", self.get("view"), 2 * n, box, self.where("view"))
        check("a view", landscape.settings.get("view"), 2 * n, box, landscape.where("view"))
        has_start = "start" in self.nodes or landscapes.fact(
            KINDS["landscape"][landscape.name],
            "start",
            landscapes.settings_of(KINDS["landscape"][landscape.name], landscape),
        )
        if not has_start and any("start" not in run.rule.places for run in runs):
            self.wrong(f"'{landscape.name}' has no start of its own", landscape.place, f"add start: [{form}]")

    # -- panels --------------------------------------------------------------------------------

    def panels(self, worlds: Sequence[World], runs: Sequence[Run]) -> tuple[tuple[Thing, ...], mosaic.Grid]:
        given: Sequence[Any] | None = self.get("panels")
        if given is None:
            made = usual(worlds, runs, self.sweep.axes, self.root.place, self.given)
            rows = [] if isinstance(made, Mistake) else made
            if isinstance(made, Mistake):
                self.wrong(made.message, self.where("landscape"), made.hint)
        elif any(isinstance(row, tuple) for row in given):
            rows = [list(row) if isinstance(row, tuple) else [row] for row in given]
        else:
            rows = beside(given) if "layout" not in self.given else [list(given)]
        rows = [[named(thing, runs) for thing in row] for row in rows]
        things = [thing for row in rows for thing in row]
        if "panels" in self.given:
            swept = {axis.name for axis in self.sweep.axes}
            each = [
                Drawable(
                    world.landscape,
                    world.dataset,
                    world.names,
                    runs,
                    bool(self.nodes.get("optimizers")) or "optimizer" in swept | self.sweep.wrong,
                    world.batch is not None or "batch" in self.wrong_keys,
                    self.wrong_keys | self.reader.incomplete,
                )
                for world in worlds
            ]
            there = Several(each, self.sweep.axes, self.sweep.wrong)
            self.reader.mistakes.extend(mistake for thing in things for mistake in there.mistakes(thing))
        if len(things) > MAX_PANELS:
            self.wrong(
                f"{len(things)} panels are too many", self.where("panels"), f"takes at most {MAX_PANELS}"
            )
            return (), ()
        # Without the entries that were wrong nothing can be said of how the rest fit together.
        if "panels" in self.reader.incomplete | self.wrong_keys or "layout" in self.wrong_keys or not things:
            return (), ()
        if "layout" in self.given:
            return self.laid_out(rows)
        grid = mosaic.by_rows(rows)
        if isinstance(grid, Mistake):
            self.reader.mistakes.append(grid)
            return (), ()
        return grid

    def laid_out(self, rows: list[list[Thing]]) -> tuple[tuple[Thing, ...], mosaic.Grid]:
        """The panels of one list where the letters of the layout put them."""
        words = self.given["layout"]
        node = self.nodes["layout"]
        places = [item.place for item in node.items] if isinstance(node, Items) else [node.place]
        if len(rows) > 1:
            hint = "with a layout, write each panel once in one list"
            self.wrong("rows of panels and a layout", self.where("layout"), hint)
            return (), ()
        grid = mosaic.by_letters(rows[0], words, places)
        if isinstance(grid, list):
            self.reader.mistakes.extend(grid)
            return (), ()
        return tuple(rows[0]), grid

    # -- outputs -------------------------------------------------------------------------------

    def outputs(self, look: Look, runs: bool, turns: bool) -> tuple[Output, ...]:
        things: Sequence[Thing] = self.get("output") or (
            Thing("mp4" if turns else "gif" if runs else "png", {}, self.root.place),
        )
        made: list[Output] = []
        for thing in things:
            suffix = thing.settings.get("suffix", "")
            if suffix and not suffix_is_safe(suffix):
                hint = "takes letters, digits, - and _"
                self.wrong(f"'{shown(suffix)}' cannot stand in a file's name", thing.where("suffix"), hint)
                thing = replace(thing, settings=_without(thing.settings, "suffix"))
            made += of_format(thing, look, self.get("theme"))
        if len(made) > MAX_OUTPUTS:
            self.wrong(f"{len(made)} files to write", self.where("output"), f"takes at most {MAX_OUTPUTS}")
        for output in made:
            for names, wrong in beyond(output, self.limits, runs or turns):
                own = [output.format.places[name] for name in names if name in output.format.places]
                place = own or [self.places[name] for name in names if name in self.places]
                self.wrong(wrong.message, place[0] if place else output.format.place, wrong.hint)
        for output in clashes(made):
            self.wrong(clash(output), output.format.place, "give it a suffix: of its own")
        return tuple(made)


def _without(settings: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in settings.items() if key != name}
