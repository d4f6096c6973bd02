"""What is run: every route of every scene, as the command line of a whole cold process."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SCENE = HERE / "job_s.yaml"
OPTANIM = [sys.executable, "-m", "optanim"]
TODAY = [sys.executable, str(HERE / "today.py")]
FRAMES, LONG, FPS = 200, 2000, 30
SCENES = 20  # of "many"
LARGE = "1920x1080"


@dataclass(frozen=True)
class Route:
    """One way to one kind of file.

    `frames` are drawn of the `full` number. Where they are fewer, route `base` is the same with two
    frames, and the whole is reckoned from both. `times` processes run side by side, and would have
    to run `repeats` times for all scenes; they write one file, which is not looked at. A quick run
    measures what is not `quick` only in its first round.
    """

    key: str
    scene: str
    title: str
    command: Sequence[str]
    out: Path
    frames: int = FRAMES
    full: int = FRAMES
    base: str = ""
    times: int = 1
    repeats: float = 1
    quick: bool = True


def routes(folder: Path, cores: int, *, full: bool) -> list[Route]:
    """Every route, with what it writes in `folder`; a `full` run draws more of what is slow."""
    trace = folder / "trace.json"

    def ours(key: str, scene: str, title: str, suffix: str, *options: str, frames: int = FRAMES) -> Route:
        out = folder / f"{key}.{suffix}"
        command = [*OPTANIM, "render", str(SCENE), "-o", str(out), *options]
        return Route(key, scene, title, command, out, frames, frames)

    def today(
        key: str, scene: str, title: str, writer: str, frames: int, size: str = "1000x450", **facts: Any
    ) -> Route:
        out = folder / f"{key}.{'mp4' if writer == 'ffmpeg' else 'gif'}"
        command = [*TODAY, str(trace), str(out), "--writer", writer, "--frames", str(frames), "--size", size]
        return Route(key, scene, title, command, out, frames, **facts)

    long = ["--seconds", f"{LONG / FPS:.6f}"]
    many = folder / "many"
    scenes = [str(folder / "scenes" / f"{number:02}.yaml") for number in range(SCENES)]
    render_many = [*OPTANIM, "render", *scenes, "-o", str(many), "--format", "gif"]
    pillow, ffmpeg = "FuncAnimation + PillowWriter, GIF", "FuncAnimation + FFMpegWriter, MP4"
    savefig = "savefig + imageio, GIF"
    part = FRAMES if full else 40
    large = 40 if full else 20
    side: dict[str, Any] = {"times": cores, "repeats": SCENES / cores}
    return [
        ours("s-ours-gif", "job S", "optanim, GIF", "gif"),
        ours("s-ours-mp4", "job S", "optanim, MP4", "mp4"),
        today("s-pillow", "job S", pillow, "pillow", FRAMES),
        today("s-ffmpeg", "job S", ffmpeg, "ffmpeg", FRAMES),
        today("s-pillow-2", "", "", "pillow", 2),
        today("s-ffmpeg-2", "", "", "ffmpeg", 2),
        slow(today("s-savefig-2", "", "", "savefig", 2)),
        slow(today("s-savefig", "job S", savefig, "savefig", part, base="s-savefig-2")),
        ours("long-ours-gif", "long", "optanim, GIF", "gif", *long, frames=LONG),
        slow(ours("long-ours-mp4", "long", "optanim, MP4", "mp4", *long, frames=LONG)),
        slow(ours("large-ours-gif", "large", "optanim, GIF", "gif", "--size", LARGE)),
        slow(ours("large-ours-mp4", "large", "optanim, MP4", "mp4", "--size", LARGE)),
        slow(today("large-pillow-2", "", "", "pillow", 2, LARGE)),
        slow(today("large-ffmpeg-2", "", "", "ffmpeg", 2, LARGE)),
        slow(today("large-pillow", "large", pillow, "pillow", large, LARGE, base="large-pillow-2")),
        slow(today("large-ffmpeg", "large", ffmpeg, "ffmpeg", large, LARGE, base="large-ffmpeg-2")),
        Route("many-ours", "many", "optanim, GIF", render_many, many, quick=False),
        slow(today("many-pillow", "many", pillow, "pillow", FRAMES, **side)),
    ]


def slow(route: Route) -> Route:
    """The route, once only in a quick run."""
    return replace(route, quick=False)


def many_scenes(folder: Path) -> None:
    """Write the scenes of "many": job S from as many starts."""
    folder.mkdir()
    text = SCENE.read_text()
    for number in range(SCENES):
        start = f"start: [{-5 + 0.1 * number:.1f}, -2]"
        (folder / f"{number:02}.yaml").write_text(text.replace("start: [-5, -2]", start))
