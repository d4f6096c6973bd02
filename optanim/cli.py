"""The command line; the only file that prints.

Results go to stdout, progress and what is wrong to stderr. Exit codes: 0 done, 1 failed, 2 the
user's mistake, 130 interrupted. Everything heavy is imported by the command that needs it.
"""

from __future__ import annotations

import functools
import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from optanim import __version__
from optanim.errors import Mistake, RenderError, UserError

if TYPE_CHECKING:
    from optanim.jobs import Result
    from optanim.scene import Limits, Scene

FAILED, MISTAKEN, INTERRUPTED, TERMINATED = 1, 2, 130, 143
PLURALS = "optimizers landscapes datasets schedules values panels marks formats themes"
LISTED = tuple(PLURALS.split())


def main() -> NoReturn:
    """Run the command that the process was started with, and exit."""
    signal.signal(signal.SIGTERM, _terminate)
    # Before NumPy is imported. The small matrices of a network take several times as long on many threads,
    # and sums of large ones round by how many there are.
    for library in ("OPENBLAS", "MKL", "OMP"):
        os.environ.setdefault(f"{library}_NUM_THREADS", "1")
    try:
        code = cli.main(prog_name="optanim", standalone_mode=False) or 0
        sys.stdout.flush()
    except UserError as error:
        click.echo(str(error), err=True)
        code = MISTAKEN
    except RenderError as error:
        click.echo(f"error: {error}", err=True)
        code = FAILED
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("interrupted", err=True)
        code = INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has read enough; Python would complain once more on exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = FAILED
    sys.exit(code)


def _terminate(number: int, frame: Any) -> NoReturn:
    """Leave in an orderly way, so that no temporary file is left."""
    sys.exit(TERMINATED)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="optanim")
def cli() -> None:
    """Animations of optimizers from short YAML scenes."""


def limited(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options that lift what a scene may ask for, handed on as `limits`."""

    @click.option("--max-steps", type=click.IntRange(min=1), help="Steps that all runs may take.")
    @click.option("--max-frames", type=click.IntRange(min=1), help="Frames that a film may have.")
    @click.option("--max-pixels", type=click.IntRange(min=1), help="Pixels that a frame may have.")
    @click.option("--max-work", type=click.IntRange(min=1), help="Evaluations: steps times rows of data.")
    @functools.wraps(command)
    def wrapped(*args: Any, **options: Any) -> Any:
        from optanim.scene import Limits

        given = {name: options.pop(f"max_{name}") for name in ("steps", "frames", "pixels", "work")}
        limits = Limits(**{name: value for name, value in given.items() if value is not None})
        return command(*args, limits=limits, **options)

    return wrapped


@cli.command()
@click.argument("scenes", metavar="SCENE...", nargs=-1, required=True)
@click.option("-o", "--output", default="output", metavar="DIR", help="Folder to write to; or one file.")
@click.option(
    "-f", "--format", "formats", multiple=True, metavar="F", help="Instead of the scene's; repeat for more."
)
@click.option("--theme", metavar="T", help="light, dark or paper.")
@click.option("--size", metavar="S", help="readme, wide, square, hd, slides or WIDTHxHEIGHT.")
@click.option("--scale", type=float, metavar="X", help="Times as many pixels a side, for sharp screens.")
@click.option("--fps", type=float, metavar="N", help="Frames a second.")
@click.option("--seconds", type=float, metavar="S", help="Time from the first step to the last.")
@click.option("--hold", type=float, metavar="S", help="Time that the last frame stays.")
@click.option("--max-bytes", metavar="N", help="What a file may take at most, such as 3MB.")
@click.option(
    "-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="Scenes at a time; default: the cores."
)
@click.option("--json", "as_json", is_flag=True, help="Print what was written as JSON.")
@limited
def render(scenes: tuple[str, ...], jobs: int | None, as_json: bool, output: str, **options: Any) -> int:
    """Write the files of scenes."""
    from optanim.jobs import each
    from optanim.render import is_file

    if is_file(output) and len(scenes) > 1:
        raise click.UsageError("-o names one file, but there are several scenes: give a folder")
    names = [Path(scene).stem for scene in scenes]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice:
        raise click.UsageError(f"two scenes are called {twice} and would write the same files")
    options["formats"] = options["formats"] or None
    code = 0
    written = []
    with Bar() as bar:
        tasks = [{"scene": scene, "out": output, **options} for scene in scenes]
        for scene, result in each(tasks, jobs or os.cpu_count() or 1, bar.progress):
            code = max(code, _told(result, bar))
            for file in result.written:
                row: dict[str, Any] = {"scene": scene, "path": str(file.path), "format": file.format}
                row |= {"bytes": file.bytes, "frames": file.frames, "seconds": file.seconds}
                written.append(row)
                if not as_json:
                    click.echo(_line(row))
    if as_json:
        click.echo(json.dumps(written, indent=2, allow_nan=False))
    return code


def _told(result: Result, bar: Bar) -> int:
    """Say what a scene's result has to say, and give its exit code."""
    bar.clear()
    for warning in result.warnings:
        click.echo(f"warning: {warning}", err=True)
    if result.error:
        click.echo(result.error, err=True)
    return result.code


def _line(row: dict[str, Any]) -> str:
    what = "still" if row["seconds"] == 0 else f"{row['frames']} frames, {row['seconds']:.1f} s"
    return f"{row['path']}  {what}, {_size(row['bytes'])}"


def _size(count: int) -> str:
    return f"{count / 1e6:.1f} MB" if count >= 1e6 else f"{max(1, round(count / 1e3))} kB"


class Bar:
    """Progress with the time that is left, on stderr, where that is a terminal."""

    def __init__(self) -> None:
        import time

        self.clock = time.monotonic
        self.alive = sys.stderr.isatty()
        self.name, self.started, self.drawn = "", 0.0, 0.0

    def __enter__(self) -> Bar:
        return self

    def __exit__(self, *error: object) -> None:
        self.clear()

    def clear(self) -> None:
        """Remove the bar, so that a line can be printed in its place."""
        if self.alive and self.drawn:
            click.echo("\r\033[K", err=True, nl=False)
            self.drawn = 0.0

    def progress(self, name: str, done: int, total: int) -> None:
        """Show that so much of so much is done of what is called `name`."""
        now = self.clock()
        if name != self.name:
            self.name, self.started = name, now
        if not self.alive or not total or (now - self.drawn < 0.1 and done < total):
            return
        self.drawn = now
        part = min(1.0, done / total)
        full = round(24 * part)
        spent = now - self.started
        left = f"{spent / part - spent:4.0f} s left" if part > 0.02 else ""
        bar = "█" * full + "·" * (24 - full)
        click.echo(f"\r\033[K{name[:40]}  {bar} {part:4.0%} {left}", err=True, nl=False)


@cli.command()
@click.argument("scenes", metavar="[SCENE...]", nargs=-1)
@click.option("-o", "--output", default="output/gallery", metavar="DIR", help="Folder to write to.")
@click.option(
    "--url", default="", metavar="URL", help="Where the folder will stand, for cards that show a link."
)
@click.option("--force", is_flag=True, help="Draw all pictures, also those that nothing has changed for.")
@click.option(
    "-j", "--jobs", type=click.IntRange(min=1), metavar="N", help="Scenes at a time; default: the cores."
)
@limited
def gallery(
    scenes: tuple[str, ...], output: str, url: str, force: bool, jobs: int | None, limits: Limits
) -> int:
    """Write a page with the pictures and texts of scenes; SCENE is a scene or a folder, default: scenes.

    The page is index.html in the folder, needs no server and nothing from elsewhere. Words, headings
    and their order are taken from gallery.md beside the first scene, where there is one.
    """
    from optanim.gallery import PAGE, Gallery

    if url and not url.startswith(("https://", "http://")):
        raise click.BadParameter("takes an address that begins with https://", param_hint="--url")
    made = Gallery(list(dict.fromkeys(_scenes(scenes or ("scenes",)))), Path(output), limits, force, url)
    code = drawn = failed = 0
    with Bar() as bar:
        for _, result in made.update(jobs or os.cpu_count() or 1, bar.progress):
            code = max(code, _told(result, bar))
            failed += bool(result.code)
            drawn += bool(result.written)
            for file in result.written:
                click.echo(_line(vars(file)))
    page, count = Path(output) / PAGE, f"{len(made.scenes)} scene{'s' * (len(made.scenes) != 1)}"
    if failed:
        click.echo(f"error: {page} is not written: {failed} of {count} failed", err=True)
    else:
        click.echo(f"{page}  {count}, {drawn} drawn, {_size(made.bytes)} with all pictures")
    return code


@cli.command()
@click.argument("scene")
@click.option("--at", type=click.FloatRange(0, 1), default=1.0, help="Which frame: 0 first, 1 last.")
@click.option("-o", "--output", default="output", metavar="DIR", help="Folder to write to; or a .png file.")
@click.option("--theme", metavar="T", help="light, dark or paper.")
@click.option("--size", metavar="S", help="readme, wide, square, hd, slides or WIDTHxHEIGHT.")
@click.option("--scale", type=float, metavar="X", help="Times as many pixels a side, for sharp screens.")
@limited
def still(scene: str, at: float, output: str, limits: Limits, **look: Any) -> None:
    """Write one frame of a scene as a PNG."""
    from optanim.render import still as write_still

    file = write_still(_load(scene, limits), output, at=at, limits=limits, **look)
    for doubt in file.doubts:
        click.echo(f"warning: {doubt}", err=True)
    click.echo(f"{file.path}  still, {_size(file.bytes)}")


@cli.command()
@click.argument("scene")
@click.option(
    "--format", "kind", type=click.Choice(["json", "csv", "summary"]), default="json", show_default=True
)
@limited
def trace(scene: str, kind: str, limits: Limits) -> None:
    """Print the numbers of a scene: every iterate, loss and learning rate.

    The summary is a table of where the runs end: losses and accuracies, of several seeds the mean and the
    standard deviation.
    """
    from optanim.doubts import doubts
    from optanim.simulate import simulate
    from optanim.tables import as_csv, as_json, as_summary

    path = simulate(_load(scene, limits), limits=limits)
    for doubt in doubts(path):
        click.echo(f"warning: {doubt}", err=True)
    table = {"json": as_json, "csv": as_csv, "summary": as_summary}[kind]
    for part in table(path):
        sys.stdout.write(part)


def _load(scene: str, limits: Limits) -> Scene:
    from optanim.reader import load

    loaded = load(scene, limits=limits)
    for warning in loaded.warnings:
        click.echo(f"warning: {warning}", err=True)
    return loaded


@cli.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True)
@limited
def check(paths: tuple[str, ...], limits: Limits) -> int:
    """Say all that is wrong with scenes, without running them. PATH is a scene or a folder of them."""
    from optanim.prepare import prepare

    count = wrong = 0
    for path in _scenes(paths):
        count += 1
        try:
            prepare(_load(path, limits), limits=limits)
        except UserError as error:
            click.echo(("\n" if wrong else "") + str(error), err=True)
            wrong += 1
    good = count - wrong
    click.echo(f"{count} scene{'s' * (count != 1)}: {good} good, {wrong} with mistakes")
    return MISTAKEN if wrong else 0


def _scenes(paths: tuple[str, ...]) -> Iterator[str]:
    for path in paths:
        if not Path(path).is_dir():
            yield path
            continue
        found = sorted(file for file in Path(path).rglob("*") if file.suffix in (".yaml", ".yml"))
        if not found:
            raise UserError(
                Mistake(f"{path}: no scenes in this folder", hint="a scene's name ends with .yaml")
            )
        yield from map(str, found)


@cli.command("list")
@click.argument("kind", type=click.Choice(LISTED), required=False)
@click.option("--json", "as_json", is_flag=True, help="Print all that is known of each as JSON.")
@click.option("--markdown", is_flag=True, help="Print optimizers as the page docs/optimizers.md.")
def list_(kind: str | None, as_json: bool, markdown: bool) -> None:
    """List what a scene can name."""
    from optanim.explain import listing, names

    if markdown:
        if kind != "optimizers":
            raise click.UsageError("--markdown makes the page of optimizers: list optimizers --markdown")
        from optanim.catalogue import page

        click.echo(page(), nl=False)
        return
    if as_json:
        click.echo(json.dumps({each: listing(each) for each in ([kind] if kind else LISTED)}, indent=2))
        return
    for each in [kind] if kind else LISTED:
        if not kind:
            click.secho(each, bold=True)
        for heading, things in names(each).items():
            if heading:
                click.secho(f"{'' if kind else '  '}{heading}", italic=True)
            indent = "  " * (bool(heading) + (not kind))
            wide = max(map(len, things))
            for name, summary in things.items():
                click.echo(f"{indent}{name:{wide}}  {summary}".rstrip())


@cli.command()
@click.argument("name")
def explain(name: str) -> None:
    """Explain a thing that a scene can name: formula, settings, bounds, paper."""
    from optanim.explain import explanation

    click.echo(explanation(name))


@cli.command()
@click.argument("name", default="scene")
def init(name: str) -> None:
    """Write NAME.yaml, a commented scene to start from."""
    from optanim.explain import STARTER

    path = Path(name if name.endswith((".yaml", ".yml")) else f"{name}.yaml")
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(STARTER)
    except FileExistsError:
        raise UserError(Mistake(f"{path} is there already", hint="give another name")) from None
    except OSError as error:
        raise RenderError(f"cannot write {path}: {error.strerror}") from error
    click.echo(f"{path}  (optanim render {path})")
