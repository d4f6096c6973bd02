"""Scenes that are read, scenes that are broken, and what every mistake says."""

from __future__ import annotations

import os
import random
from pathlib import Path
from typing import Any

import pytest

import optanim
from optanim.errors import UserError
from optanim.kinds import KINDS, optimizer
from optanim.outputs import file_name, outputs
from optanim.prepare import prepare
from optanim.reader import KEYS, MAX_MISTAKES, load, read
from optanim.scene import NAMED_SIZES, Limits, Look, Scene, Size
from optanim.yaml_nodes import MAX_BYTES

BROKEN = Path(__file__).parent / "broken"
SCENES = Path(__file__).parent.parent / "scenes"


def wrong(text: str, **more: Any) -> list[tuple[str, str]]:
    """The messages and hints of a scene that cannot be read."""
    with pytest.raises(UserError) as caught:
        read(text, **more)
    return [(mistake.message, mistake.hint) for mistake in caught.value.mistakes]


# -- broken scenes -----------------------------------------------------------------------------

NAMES = sorted(path.stem for path in BROKEN.glob("*.yaml"))


def test_there_are_many_broken_scenes_each_with_its_text() -> None:
    assert len(NAMES) >= 60
    assert sorted(path.stem for path in BROKEN.glob("*.txt")) == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_broken_scene_says_exactly_this(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(BROKEN)
    with pytest.raises(UserError) as caught:
        prepare(load(f"{name}.yaml"))
    assert str(caught.value) + "\n" == (BROKEN / f"{name}.txt").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_mistakes_are_in_file_order_each_once_and_inside_the_file(name: str) -> None:
    path = BROKEN / f"{name}.yaml"
    with pytest.raises(UserError) as caught:
        prepare(load(path))
    mistakes = caught.value.mistakes
    assert len(set(mistakes)) == len(mistakes)
    places = [mistake.place for mistake in mistakes if mistake.place is not None]
    assert len(places) == len(mistakes) or (not places and str(path) in mistakes[0].message)
    assert [(p.line, p.column) for p in places] == sorted((p.line, p.column) for p in places)
    for place in places:
        lines = place.source.text.splitlines()
        assert 1 <= place.line <= len(lines)
        assert 1 <= place.column <= len(lines[place.line - 1]) + 1
        assert place.column + place.width <= len(lines[place.line - 1]) + 2


@pytest.mark.parametrize("name", NAMES)
def test_a_message_is_one_short_line(name: str) -> None:
    with pytest.raises(UserError) as caught:
        prepare(load(BROKEN / f"{name}.yaml"))
    for mistake in caught.value.mistakes:
        assert "\n" not in mistake.message + mistake.hint
        assert "Error" not in mistake.message
        assert len(mistake.message.replace(str(BROKEN), "")) < 120


def test_files_that_are_no_scene(tmp_path: Path) -> None:
    large = tmp_path / "large.yaml"
    large.write_bytes(b"#" * (MAX_BYTES + 1))
    os.mkfifo(tmp_path / "pipe")
    looped = tmp_path / "loop.yaml"
    looped.symlink_to(looped)
    for path, said in [
        (tmp_path / "absent.yaml", "no such file"),
        (tmp_path, "is a directory, not a scene\n  name a .yaml file in it"),
        (large, "is too large for a scene\n  takes at most 256 kB"),
        (tmp_path / "pipe", "is not a file"),
        (looped, "cannot be read: too many levels of symbolic links"),
        (tmp_path / "a\0b", "is no name of a file"),
    ]:
        with pytest.raises(UserError) as caught:
            load(path)
        assert str(caught.value) == f"{path}: {said}"


def test_a_dataset_stays_in_the_folder_of_the_scene(tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("x,y\n1,2\n")
    folder = tmp_path / "scenes"
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "points.csv").write_text("x,y\n1,2\n")
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "up").symlink_to(tmp_path)
    (folder / "inside.csv").symlink_to(folder / "data" / "points.csv")
    scene = folder / "scene.yaml"
    for file in ("data/points.csv", "inside.csv", "data/../data/points.csv"):
        scene.write_text(f"dataset: {{csv: {file}}}\noptimizers: gd\n")
        dataset = load(scene).dataset
        assert dataset is not None
        assert dataset.settings["file"] == file
    for file in (
        "link.csv",
        "up/secret.csv",
        "../secret.csv",
        str(tmp_path / "secret.csv"),
        "data/../../secret.csv",
    ):
        scene.write_text(f"dataset: {{csv: {file}}}\noptimizers: gd\n")
        with pytest.raises(UserError, match="is outside the scene's folder"):
            load(scene)


def test_a_text_is_not_loaded_but_read() -> None:
    text = "landscape: rosenbrock\noptimizers: gd\n"
    with pytest.raises(UserError, match=r"a text is no path of a scene\n  write optanim.read\(text\)"):
        optanim.load(text)
    scene = optanim.read(text, name="mine.yaml")
    assert (scene.name, scene.runs[0].rule.name) == ("mine", "gd")
    place = scene.places["optimizers"]
    assert (place.source.name, place.line, place.column) == ("mine.yaml", 2, 13)


def test_a_flood_of_mistakes_is_cut_short() -> None:
    said = wrong("landscape: rosenbrock\n" + "".join(f"key{i}: {i}\n" for i in range(12_000)))
    assert len(said) == MAX_MISTAKES + 1
    assert said[-1] == (f"and {12_000 - MAX_MISTAKES} more", "")


# -- scenes that are read ----------------------------------------------------------------------


@pytest.mark.parametrize("path", sorted(SCENES.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_scene_of_the_project_is_read(path: Path) -> None:
    scene = load(path)
    assert scene.name == path.stem
    assert scene.warnings == ()


def names(scene: Scene) -> list[str]:
    return [thing.name for thing in scene.panels]


def test_the_smallest_scene() -> None:
    scene = read("landscape: rosenbrock\noptimizers: [gd, momentum, adam]\n", name="folder/smallest.yaml")
    assert scene.name == "smallest"
    assert [run.rule.name for run in scene.runs] == ["gd", "momentum", "adam"]
    assert all(run.lr is None and run.steps == 100 and run.start is None for run in scene.runs)
    assert names(scene) == ["contour", "loss"]
    assert scene.mosaic == ((0, 0, 1),)
    assert [(o.format.name, o.suffix, o.look) for o in scene.outputs] == [("gif", "", Look())]
    assert scene.steps == 100
    assert scene.moves


@pytest.mark.parametrize(
    ("written", "name", "settings"),
    [
        ("adam", "adam", {}),
        ("[adam]", "adam", {}),
        ("\n  - adam", "adam", {}),
        ("\n  - adam:", "adam", {}),
        ("\n  - adam: {}", "adam", {}),
        ("\n  adam:\n    beta2: 0.99", "adam", {"beta2": 0.99}),
        ("adam: {beta2: .99}", "adam", {"beta2": 0.99}),
        ("momentum: 0.5", "momentum", {"momentum": 0.5}),
        ("momentum: {momentum: 5e-1}", "momentum", {"momentum": 0.5}),
        ("adam: {bias_correction: false}", "adam", {"bias_correction": False}),
    ],
)
def test_ways_to_write_a_thing(written: str, name: str, settings: dict[str, Any]) -> None:
    written = written if written.startswith(("\n", "[")) or ":" not in written else f"[{written}]"
    (run,) = read(f"landscape: rosenbrock\noptimizers: {written}\n").runs
    assert (run.rule.name, run.rule.settings) == (name, settings)


@pytest.mark.parametrize(
    ("written", "text"),
    [
        ("2019", "2019"),
        ("no", "no"),
        ("1e-3", "1e-3"),
        ("~", "~"),
        ("null", "null"),
        ("'it''s'", "it's"),
        ('""', ""),
        ('"a: b #c"', "a: b #c"),
        ("C# for all", "C# for all"),
        ("text # a comment", "text"),
        (">-\n  two\n  lines", "two lines"),
        ("|\n  two\n  lines", "two\nlines"),
    ],
)
def test_text_is_taken_as_it_is_written(written: str, text: str) -> None:
    assert read(f"landscape: rosenbrock\ntitle: {written}\n").title == text


def test_a_byte_order_mark_and_windows_line_ends(tmp_path: Path) -> None:
    path = tmp_path / "windows.yaml"
    path.write_bytes(b"\xef\xbb\xbflandscape: rosenbrock\r\noptimizers: lambb\r\n")
    with pytest.raises(UserError) as caught:
        load(path)
    (mistake,) = caught.value.mistakes
    assert mistake.place is not None
    assert (mistake.place.line, mistake.place.column) == (2, 13)
    assert str(mistake).endswith("2 | optimizers: lambb\n  |             ^^^^^ did you mean 'lamb'?")


# -- the nearest wins --------------------------------------------------------------------------


def test_the_nearest_wins_for_a_run() -> None:
    first, second, third = read(
        """
        landscape: rosenbrock
        lr: 0.1
        steps: 30
        start: [1, 2]
        weight_decay: 0.5
        optimizers:
          - adam: {lr: 0.2, steps: 40, start: [3, 4], weight_decay: 0.25, label: mine, color: teal}
          - adamw: {lr: tuned, layers: separate}
          - gd
        """
    ).runs
    assert (first.lr, first.steps, first.start, first.label, first.color) == (
        0.2,
        40,
        (3, 4),
        "mine",
        "#008080",
    )
    assert first.rule.settings == {"weight_decay": 0.25}
    assert (second.lr, second.steps, second.start, second.layers) == (None, 30, (1, 2), "separate")
    assert second.rule.settings == {"weight_decay": 0.5}
    assert (third.lr, third.rule.settings) == (0.1, {})


def test_a_weight_decay_that_reaches_nobody_is_warned_about() -> None:
    text = "landscape: rosenbrock\nweight_decay: {}\noptimizers: [gd, adam, gd]\n"
    (warning,) = read(text.format(0.1)).warnings
    assert warning.message == "weight_decay does not reach gd"
    assert warning.place is not None
    assert (warning.place.line, warning.place.column) == (2, 15)
    assert read(text.format(0)).warnings == ()
    # The rule's own default stays where the scene says nothing.
    assert "weight_decay" not in read("landscape: rosenbrock\noptimizers: adamw\n").runs[0].rule.settings


def test_a_rule_that_fixes_its_lr_does_not_take_the_scenes(monkeypatch: pytest.MonkeyPatch) -> None:
    adam = optimizer["adam"]
    monkeypatch.setitem(adam.facts, "lr", 1.0)  # type: ignore[arg-type]
    text = "landscape: rosenbrock\nlr: 0.1\noptimizers: [adam, adam: {lr: 0.3}, adam: {lr: tuned}, gd]\n"
    assert [run.lr for run in read(text).runs] == [1.0, 0.3, None, 0.1]


def test_the_view_of_the_landscape_wins() -> None:
    text = "view: [-1, 1, -2, 2]\nlandscape: {}\n"
    assert read(text.format("rosenbrock")).view == (-1, 1, -2, 2)
    assert read(text.format("{rosenbrock: {view: [0, 1, 0, 3]}}")).view == (0, 1, 0, 3)


def test_a_dataset_alone_is_fitted_by_a_line() -> None:
    scene = read("dataset: line\noptimizers: gd\n")
    assert scene.landscape is not None
    assert scene.landscape.name == "linear_regression"
    assert scene.warnings == ()
    (warning,) = read("dataset: line\nlandscape: rosenbrock\noptimizers: gd\n").warnings
    assert warning.message == "'rosenbrock' does not use the dataset"


# -- panels ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "panels", "mosaic", "format"),
    [
        ("landscape: rosenbrock\noptimizers: gd", "contour loss", "AAB", "gif"),
        ("landscape: rosenbrock", "contour", "A", "png"),
        ("dataset: line\noptimizers: gd", "contour loss fit", "AAB AAC", "gif"),
        ("dataset: line", "fit", "A", "png"),
        ("dataset: line\nlandscape: linear_regression", "contour fit", "AB", "png"),
        ("landscape: {formula: x**2}\nstart: 1\noptimizers: gd", "line loss", "AAB", "gif"),
        ("landscape: {formula: x**2}", "line", "A", "png"),
        (
            "dataset: line\nlandscape: {linear_regression: {intercept: false}}\noptimizers: gd",
            "line loss fit",
            "AAB AAC",
            "gif",
        ),
        ("landscape: rosenbrock\noptimizers: gd\nlayout: [AB]", "contour loss", "AB", "gif"),
    ],
)
def test_panels_of_a_scene_that_names_none(text: str, panels: str, mosaic: str, format: str) -> None:
    scene = read(text)
    assert names(scene) == panels.split()
    assert letters(scene) == mosaic.split()
    assert [output.format.name for output in scene.outputs] == [format]


def letters(scene: Scene) -> list[str]:
    return ["".join("." if cell is None else "ABCDEFGH"[cell] for cell in row) for row in scene.mosaic]


@pytest.mark.parametrize(
    ("panels", "mosaic"),
    [
        ("contour", "A"),
        ("[contour, loss]", "AB"),
        ("[contour, contour, loss]", "AAB"),
        ("[[contour, contour, loss], [contour, contour, weights]]", "AAB AAC"),
        ("[[contour, loss], weights]", "AB CC"),
        ("[[contour, loss], [weights, loss: {title: b}, loss: {title: c}]]", "AAABBB CCDDEE"),
        ("[contour, contour: {levels: 9}]", "AB"),
        ("[contour: {levels: 9}, contour: {levels: 9}]", "AA"),
        ("[contour, loss, contour]", "ABC"),
        ("[[contour, loss], [weights], [contour]]", "AB CC DD"),
        ("[[contour], [contour]]", "A A"),
        ("[contour, loss]\nlayout: [AAB, AA.]", "AAB AA."),
        ("[contour, loss]\nlayout: BA", "BA"),
        ("[contour, contour]\nlayout: [AAB, AAB]", "AAB AAB"),
        ("[contour, loss]\nlayout: [AB, A]", None),
        ("[contour, loss]\nlayout: [A, AB]", None),
        ("[contour, loss, weights]\nlayout: [A, BC]", "AA BC"),
    ],
)
def test_rows_and_layouts(panels: str, mosaic: str | None) -> None:
    text = f"landscape: rosenbrock\noptimizers: gd\npanels: {panels}\n"
    if mosaic is None:
        assert [message for message, _ in wrong(text)] == ["the cells of A are no rectangle"]
    else:
        assert letters(read(text)) == mosaic.split()


# -- outputs -----------------------------------------------------------------------------------


def test_the_format_wins_over_the_scene() -> None:
    scene = read(
        """
        landscape: rosenbrock
        optimizers: gd
        fps: 25
        seconds: 3
        size: wide
        theme: [light, dark]
        output:
          - gif
          - mp4: {fps: 60, size: 640x480, theme: paper, crf: 20}
          - mp4: {suffix: square, size: square, hold: 0}
        """
    )
    gif, gif_dark, mp4, square, square_dark = scene.outputs
    assert [o.suffix for o in scene.outputs] == ["", "-dark", "", "-square", "-square-dark"]
    assert gif.look == Look(3.0, 2.0, 25.0, NAMED_SIZES["wide"], "light")
    assert gif_dark.look == Look(3.0, 2.0, 25.0, NAMED_SIZES["wide"], "dark")
    assert mp4.look == Look(3.0, 2.0, 60.0, Size(640, 480), "paper")
    assert mp4.format.settings == {"crf": 20}
    assert (square.look.hold, square.look.size, square.look.theme) == (0.0, NAMED_SIZES["square"], "light")
    assert square_dark.look.theme == "dark"
    assert scene.look == Look(3.0, 2.0, 25.0, NAMED_SIZES["wide"], "light")
    assert scene.themes == ("light", "dark")


TWO = read(
    "landscape: rosenbrock\noptimizers: gd\ntheme: [light, dark]\noutput: [gif: {colors: 64, fps: 20}, mp4]\n"
)


@pytest.mark.parametrize(
    ("given", "files"),
    [
        ({}, ["gif", "gif-dark", "mp4", "mp4-dark"]),
        ({"formats": ["gif"]}, ["gif", "gif-dark"]),
        ({"formats": ["png", "gif"]}, ["png", "png-dark", "gif", "gif-dark"]),
        ({"formats": ["avi"], "theme": "dark"}, ["avi"]),
        ({"theme": "dark"}, ["gif", "mp4"]),
        ({"theme": ["paper", "light"]}, ["gif", "gif-light", "mp4", "mp4-light"]),
    ],
)
def test_formats_and_themes_of_the_command_line(given: dict[str, Any], files: list[str]) -> None:
    made = outputs(TWO, **given)
    assert [output.format.name + output.suffix for output in made] == files


def test_the_command_line_wins_over_the_format() -> None:
    gif, *_ = outputs(TWO, theme="paper", size="300x200", seconds=1, hold=0)
    assert gif.look == Look(1.0, 0.0, 20.0, Size(300, 200), "paper")
    assert gif.format.settings == {"colors": 64}
    assert outputs(TWO, fps=50)[0].look.fps == 50.0


def test_the_limit_of_bytes_of_the_command_line_wins_over_the_format() -> None:
    scene = read(
        "landscape: rosenbrock\noptimizers: gd\ntheme: [light, dark]\n"
        "output: [gif: {max_bytes: 1.5MB}, mp4, png: {frames: true}, png]\n"
    )
    assert [output.max_bytes for output in scene.outputs] == [1_500_000] * 2 + [None] * 6
    assert [output.max_bytes for output in outputs(scene, formats=["gif"], theme="dark")] == [1_500_000]
    assert {output.max_bytes for output in outputs(scene, max_bytes="200kB")} == {200_000}
    assert [file_name("a", output) for output in outputs(scene, theme="light")] == [
        "a.gif",
        "a.mp4",
        "a-frames",
        "a.png",
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"formats": ["giff"]}, "unknown format 'giff'\n  did you mean 'gif'?"),
        ({"theme": "drak"}, "theme: 'drak' is not one of light, dark, paper\n  did you mean 'dark'?"),
        (
            {"size": "big"},
            "size: 'big' is not a size\n"
            "  takes readme, wide, square, hd, slides or WIDTHxHEIGHT such as 1280x720",
        ),
        ({"max_bytes": "3mb"}, "max_bytes: 'mb' is not a unit of bytes\n  write 3MB"),
        ({"fps": 0}, "fps: 0 is out of range\n  takes a number at least 0.1 and at most 1000"),
        ({"hold": float("nan")}, "hold: nan is not a finite number\n  takes a number at least 0"),
        (
            {"seconds": 1000, "fps": 30},
            "fps × (seconds + hold) is 30 060 frames\n  takes at most 5000; --max-frames lifts it",
        ),
        (
            {"size": "9000x9000"},
            "9000x9000 is 81 000 000 pixels\n  takes at most 4 000 000; --max-pixels lifts it",
        ),
    ],
)
def test_what_is_wrong_on_the_command_line(given: dict[str, Any], said: str) -> None:
    with pytest.raises(UserError) as caught:
        outputs(TWO, **given)
    assert str(caught.value) == said


def test_the_scale_of_the_scene_is_named_where_a_size_is_asked_for() -> None:
    scene = read("landscape: beale\noutput: {png: {scale: 2}}\n")
    with pytest.raises(UserError) as caught:
        outputs(scene, size="hd")
    said = "1920x1080 at scale 2 is 8 294 400 pixels\n  "
    assert str(caught.value) == said + "the scene's scale of 2 is kept: add --scale 1"
    assert outputs(scene, size="hd", scale=1)[0].look.scale == 1
    for given in ({"size": "hd", "scale": 2}, {"size": "9000x9000"}):
        with pytest.raises(UserError, match="--max-pixels lifts it"):
            outputs(scene, **given)


# -- limits ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("more", "limits", "message"),
    [
        ("steps: 11", Limits(steps=10), "11 steps are too many"),
        ("steps: 10", Limits(steps=10), None),
        ("seconds: 3\nhold: 1\nfps: 10", Limits(frames=39), "fps × (seconds + hold) is 40 frames"),
        ("seconds: 3\nhold: 1\nfps: 10", Limits(frames=40), None),
        ("size: 400x300", Limits(pixels=119_999), "400x300 is 120 000 pixels"),
        ("size: 400x300", Limits(pixels=120_000), None),
    ],
)
def test_limits_and_how_far_they_reach(more: str, limits: Limits, message: str | None) -> None:
    text = f"landscape: rosenbrock\noptimizers: gd\n{more}\n"
    if message is None:
        read(text, limits=limits)
    else:
        ((said, hint),) = wrong(text, limits=limits)
        assert said == message
        assert "lifts it" in hint


def test_every_key_and_every_thing_can_be_asked_for_by_name() -> None:
    """A value of the wrong shape is refused by every setting of every thing, and never crashes."""
    for kind, key in [
        ("optimizer", "optimizers"),
        ("landscape", "landscape"),
        ("panel", "panels"),
        ("format", "output"),
    ]:
        for entry in KINDS[kind].entries():
            for setting in {**KINDS[kind].common, **entry.settings}:
                for value in ("{a: {b: c}}", "[[], {}]", "''", ".nan", "-1e400", "[1, [2]]", "&a x"):
                    with pytest.raises(UserError):
                        read(f"title: t\n{key}:\n  {entry.name}:\n    {setting}: {value}\n    oops: 1\n")
    for key in KEYS:
        for value in ("{a: {b: c}}", "[[], {}]", "[1, [2]]", "&a x"):
            with pytest.raises(UserError):
                read(f"{key}: {value}\noops: 1\n")


# -- fuzz --------------------------------------------------------------------------------------

GOOD = [
    path.read_text(encoding="utf-8")
    for path in sorted(BROKEN.glob("*.yaml"))
    if path.stem not in ("not_utf8", "utf16")
] + [
    """landscape: rosenbrock
optimizers: [gd, momentum: 0.9, adam: {lr: 0.1, label: a}]
view: [-2, 2, -1, 3]
""",
    """dataset:
  line: {n: 10, noise: {uniform: {low: 0, high: 1}}}
optimizers:
  - adam
panels:
  - [fit, contour, contour]
  - [weights, contour, contour]
  - [loss, loss, loss]
output: [gif, mp4]
""",
    """landscape: {formula: 0.1*x1**2 + 2*x2**2}
start: [-5, -2]
steps: 20
lr: 0.4
optimizers: gd
""",
    """landscape: beale
optimizers: [adam, lamb]
panels: [contour, loss]
layout: [AAB]
theme: [light, dark]
""",
]
PIECES = [
    *"\n\t :-[]{},#&*!|>'\"%@`?\\\0\x85\u2028\ufeff\U0001f600()^",
    *("  ", ": ", "- ", "\n  ", "---\n", "...\n", "<<: ", "*a", "&a ", "!!str ", "%YAML 1.2\n", "? "),
    *("1e999", ".nan", "-0", "0x", "9" * 30, "null", "[" * 15, "{" * 15, "''"),
    *("adam", "lr", "formula", "line", "csv: /dev/null", "size: 1x1"),
    *("\\U0010FFFF", '"\\ud800"', '"\\UFFFFFFFF"'),
]


def mutated(rng: random.Random) -> str:
    text = rng.choice(GOOD[-4:] if rng.random() < 0.5 else GOOD)
    for _ in range(rng.randint(1, 5)):
        at, to = sorted((rng.randint(0, len(text)), rng.randint(0, len(text))))
        to = min(to, at + 12)
        match rng.randint(0, 4):
            case 0:
                text = text[:at] + text[to:]
            case 1:
                text = text[:at] + rng.choice(PIECES) + text[at:]
            case 2:
                text = text[:at] + rng.choice(PIECES) + text[to:]
            case 3:
                text = text[:to] + text[at:to] + text[to:]
            case 4:
                lines = text.split("\n")
                rng.shuffle(lines)
                text = "\n".join(lines)
    return text


@pytest.mark.parametrize("seed", range(20))
def test_whatever_is_written_is_a_scene_or_a_user_error(seed: int) -> None:
    rng = random.Random(seed)
    for _ in range(60):
        text = mutated(rng)
        try:
            read(text)
        except UserError as error:
            mistakes = error.mistakes
            str(error).encode()
        else:
            continue
        assert mistakes, text
        for place in [mistake.place for mistake in mistakes if mistake.place is not None]:
            lines = text.splitlines() or [""]
            assert 1 <= place.line <= len(lines), text
            assert 1 <= place.column <= len(lines[place.line - 1]) + 1, text


@pytest.mark.parametrize(
    ("panels", "rows"),
    [
        ("[contour, loss]", ((0, 1),)),
        ("[contour, loss, weights]", ((0, 0, 1), (0, 0, 2))),
        ("[surface, loss, curve: gap, weights]", ((0, 0, 1), (0, 0, 2), (0, 0, 3))),
        ("[contour, contour, loss]", ((0, 0, 1),)),  # two thirds, as asked for
        ("[contour, surface, loss]", ((0, 1, 2),)),
        ("[loss, weights, contour]", ((0, 1, 2),)),
        ("[[contour, loss, weights]]", ((0, 1, 2),)),  # a row that is written as one
    ],
)
def test_curves_beside_one_picture_stand_one_above_the_other(panels: str, rows: Any) -> None:
    assert read(f"landscape: beale\noptimizers: gd\nlr: 0.1\npanels: {panels}").mosaic == rows
