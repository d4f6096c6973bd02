"""What is said of a scene before its first step: starts, learning rates, and what `check` loads."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from optanim.errors import UserError
from optanim.prepare import prepare, standardize
from optanim.reader import read
from optanim.simulate import simulate

ROOT = Path(__file__).parent.parent


def said(text: str) -> list[tuple[int, int, str]]:
    """Where and what is wrong, which has to be the same whether the scene is stepped or not."""
    scene = read(text)
    with pytest.raises(UserError) as caught:
        prepare(scene)
    with pytest.raises(UserError) as again:
        simulate(scene)
    assert again.value.mistakes == caught.value.mistakes
    places = [one.place for one in caught.value.mistakes]
    return [
        (place.line, place.column, one.message)
        for place, one in zip(places, caught.value.mistakes, strict=True)
        if place
    ]


def test_starts_and_rates_are_resolved() -> None:
    ready = prepare(
        read("landscape: rosenbrock\noptimizers: [gd, adam: {lr: 0.1, start: [0, 1]}, sgd: {lr: tuned}]\n")
    )
    assert [run.start for run in ready.runs] == [(-1.5, 2), (0, 1), (-1.5, 2)]
    assert ready.rates == (None, 0.1, None)
    assert ready.problem is not None


def test_nothing_to_step_is_nothing_wrong() -> None:
    assert prepare(read("dataset: line\n")).runs == ()
    assert prepare(read("landscape: saddle\n")).runs == ()


def test_a_wrong_start_is_said_once_for_all_that_share_it() -> None:
    text = "landscape: {formula: log(x) + sqrt(y)}\nstart: [-1, 2]\noptimizers: [gd, adam]\n"
    assert said(text) == [(2, 8, "the loss is not a number at the start (-1, 2)")]


def test_all_mistakes_at_once_in_file_order() -> None:
    assert said(
        """landscape: {formula: sqrt(x) + y}
optimizers:
  - gd: {start: [1, 0]}
  - adam: {start: [-1, 0], lr: 0.1}
  - sgd: {start: [0, 0]}
"""
    ) == [
        (3, 5, "no lr for gd, and the landscape has no minimum to tune it for"),
        (4, 19, "the loss is not a number at the start (-1, 0)"),
        (5, 18, "the gradient is infinite at the start (0, 0)"),
    ]


def test_a_start_of_the_landscape_is_said_at_the_landscape(tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text("x,y\n1,1e200\n2,3e200\n")
    scene = read("landscape: linear_regression\ndataset: {csv: p.csv}\noptimizers: gd\n", folder=tmp_path)
    with pytest.raises(UserError) as caught:
        prepare(scene)
    (mistake,) = caught.value.mistakes
    assert mistake.place is not None
    assert (mistake.place.line, mistake.place.column) == (1, 12)
    assert mistake.message == "the loss is infinite at the start (0, 0)"
    assert mistake.hint == "write standardize: true in the dataset"


@pytest.mark.parametrize(
    ("model", "y", "units"),
    [
        ("polynomial_regression: 5", (2, 5, 3), True),
        ("polynomial_regression: {basis: legendre}", (2, 5, 3), False),
        ("polynomial_regression: 5", (2000, 5000, 3000), False),
        ("linear_regression: mse", (2, 5, 3), False),
    ],
)
def test_of_polynomials_other_ones_keep_the_units(
    model: str, y: tuple[int, ...], units: bool, tmp_path: Path
) -> None:
    (tmp_path / "p.csv").write_text(
        "x,y\n" + "".join(f"{x},{v}\n" for x, v in zip((6, 13, 20), y, strict=True))
    )
    text = f"landscape: {{{model}}}\ndataset: {{csv: p.csv}}\noptimizers: gd\nlr: 0.1\n"
    scene = read(text, folder=tmp_path)
    problem = prepare(scene).problem
    assert problem is not None
    more = ", or basis: legendre in the landscape, which keeps the units"
    assert standardize(scene, problem) == "write standardize: true in the dataset" + more * units


def test_check_refuses_what_render_refuses_and_draws_nothing(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("landscape: saddle\noptimizers: [gd, adam]\n")
    (tmp_path / "good.yaml").write_text((ROOT / "scenes" / "beale.yaml").read_text())
    code = (
        "import sys\nfrom optanim.cli import main\n"
        f"sys.argv = ['optanim', 'check', {str(tmp_path)!r}]\n"
        "try:\n    main()\nfinally:\n    print(sorted({'matplotlib', 'av', 'imageio'} & set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert done.stdout == "2 scenes: 1 good, 1 with mistakes\n[]\n"
    assert done.stderr.count("no lr for ") == 2


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ("gd: {lr: {linear: {final: -0.1}}}", "lr would be -0.097998 in step 50"),
        ("gd: {lr: {formula: 0.1*sqrt(20-t)}}", "lr would be nan in step 22"),
        ("adam: {lr: {plateau: {initial: -0.1}}}", "lr would be -0.1 in step 1"),
        ("momentum: {lr: 0.1, momentum: {plateau: {initial: 5}}}", "momentum would be 5 in step 1"),
        (
            "lookahead: {lr: 0.1, base: {momentum: {momentum: {linear: {initial: 0.9, final: 5}}}}}",
            "momentum would be 4.918 in step 50",
        ),
    ],
)
def test_a_schedule_stays_in_range_wherever_it_stands(entry: str, message: str) -> None:
    text = f"landscape: rosenbrock\nsteps: 50\noptimizers:\n  - {entry}\n"
    assert [told for *_, told in said(text)] == [message]


def test_a_schedule_stays_in_the_range_of_its_setting() -> None:
    text = """landscape: rosenbrock
optimizers:
  - momentum: {momentum: {linear: {initial: 0.9, final: 2}}, lr: {formula: 0.1 - 0.01*t}}
  - adam: {lr: {cosine: 0.1}, beta1: {cosine: 0.9}}
"""
    assert said(text) == [
        (3, 27, "momentum would be 1.989 in step 100"),
        (3, 67, "lr would be -0.89 in step 100"),
    ]
