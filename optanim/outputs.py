"""Which files a scene is written to, in which look: the format wins over the scene."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

from optanim.errors import Mistake, UserError
from optanim.hints import instead_of_format
from optanim.kinds import THEMES, format_
from optanim.scene import Limits, Look, Output, Scene, Thing, parse_size
from optanim.settings import Bytes, Choice, Wrong, grouped

TIMES = ("seconds", "hold", "fps")


def of_format(thing: Thing, look: Look, themes: Sequence[str]) -> list[Output]:
    """The outputs of one format of a scene, one per theme; all but the first are named for it."""
    given = thing.settings
    own = Thing(
        thing.name,
        {name: value for name, value in given.items() if name in format_[thing.name].settings},
        thing.place,
        thing.places,
    )
    look = replace(look, **{name: given[name] for name in (*TIMES, "size", "scale") if name in given})
    return _themed(own, look, given.get("theme", themes), given.get("suffix", ""), given.get("max_bytes"))


def _themed(
    thing: Thing, look: Look, themes: Sequence[str], base: str, max_bytes: int | None
) -> list[Output]:
    start = f"-{base.lstrip('-')}" if base else ""
    return [
        Output(thing, replace(look, theme=theme), start if index == 0 else f"{start}-{theme}", max_bytes)
        for index, theme in enumerate(dict.fromkeys(themes))
    ]


def suffix_is_safe(suffix: str) -> bool:
    """Whether a suffix can stand in a file's name on any system."""
    return re.fullmatch(r"[A-Za-z0-9_-]{1,40}", suffix) is not None


def clashes(outputs: Iterable[Output]) -> Iterator[Output]:
    """The outputs that would write over an earlier one."""
    seen: set[str] = set()
    for output in outputs:
        name = file_name("", output).lower()
        if name in seen:
            yield output
        seen.add(name)


def clash(output: Output) -> str:
    return f"two outputs would write one file, {file_name('NAME', output)}"


def file_name(name: str, output: Output) -> str:
    """What an output of a scene of this name is called: a file, or a folder of frames."""
    folder = format_[output.format.name].facts.get("folder", "")
    if output.format.settings.get(folder):
        return f"{name}{output.suffix}-{folder}"
    return f"{name}{output.suffix}.{output.format.name}"


def beyond(output: Output, limits: Limits, moves: bool) -> Iterator[tuple[tuple[str, ...], Wrong]]:
    """What of an output is over a limit: the settings that make it so, and what is wrong."""
    look = output.look
    frames = look.fps * (look.seconds + look.hold)
    if moves and frames > limits.frames:
        hint = f"takes at most {grouped(limits.frames)}; --max-frames lifts it"
        yield TIMES, Wrong(f"fps × (seconds + hold) is {grouped(frames)} frames", hint)
    width, height = look.size.width, look.size.height or look.size.width
    pixels = round(width * height * look.scale**2)
    if pixels > limits.pixels:
        hint = f"takes at most {grouped(limits.pixels)}; --max-pixels lifts it"
        times = f" at scale {look.scale:g}" if look.scale != 1 else ""
        yield ("size", "scale"), Wrong(f"{width}x{height}{times} is {grouped(pixels)} pixels", hint)


def outputs(
    scene: Scene,
    *,
    formats: Sequence[str] | None = None,
    theme: str | Sequence[str] | None = None,
    size: str | None = None,
    scale: float | None = None,
    fps: float | None = None,
    seconds: float | None = None,
    hold: float | None = None,
    max_bytes: int | str | None = None,
    limits: Limits | None = None,
) -> tuple[Output, ...]:
    """The outputs of a scene as a command line wants them, which wins over scene and formats.

    Of a format that the scene has, its own settings stay. Raises UserError, without a place.
    """
    given: dict[str, Any] = {"seconds": seconds, "hold": hold, "fps": fps, "scale": scale}
    look: dict[str, Any] = {
        name: _checked(name, value, format_.common[name].type.check)  # type: ignore[union-attr]
        for name, value in given.items()
        if value is not None
    }
    if size is not None:
        look["size"] = _checked("size", size, parse_size)
    most = None if max_bytes is None else _checked("max_bytes", max_bytes, Bytes().check)
    themes = None
    if theme is not None:
        words = [theme] if isinstance(theme, str) else list(theme)
        themes = [_checked("theme", word, Choice(THEMES).check) for word in dict.fromkeys(words)]
    groups: dict[int, list[Output]] = {}
    for output in scene.outputs:
        groups.setdefault(id(output.format), []).append(output)
    chosen = list(groups.values())
    if formats is not None:
        chosen = []
        for name in dict.fromkeys(formats):
            if name not in format_:
                raise UserError(Mistake(f"unknown format '{name}'", hint=instead_of_format(name)))
            same = [group for group in groups.values() if group[0].format.name == name]
            chosen += same or [of_format(Thing(name), scene.look, scene.themes)]
    made = []
    for group in chosen:
        first = group[0]
        names = themes or [output.look.theme for output in group]
        limit = first.max_bytes if most is None else most
        made += _themed(first.format, replace(first.look, **look), names, first.suffix, limit)
    limits = limits or Limits()
    mistakes = [
        Mistake(wrong.message, hint=_at_scale_1(output, names, size, scale, limits) or wrong.hint)
        for output in made
        for names, wrong in beyond(output, limits, scene.moves)
    ]
    mistakes += [Mistake(clash(output)) for output in clashes(made)]
    if mistakes:
        raise UserError(dict.fromkeys(mistakes))
    return tuple(made)


def _at_scale_1(
    output: Output, names: Sequence[str], size: str | None, scale: float | None, limits: Limits
) -> str:
    """The hint where a size that was asked for is too large only by the scale that the scene gives."""
    look = output.look
    if size is None or scale is not None or "scale" not in names or look.scale <= 1:
        return ""
    pixels = look.size.width * (look.size.height or look.size.width)
    return f"the scene's scale of {look.scale:g} is kept: add --scale 1" if pixels <= limits.pixels else ""


def _checked(name: str, value: Any, check: Any) -> Any:
    try:
        return check(value)
    except Wrong as wrong:
        raise UserError(Mistake(f"{name}: {wrong.message}", hint=wrong.hint)) from None
