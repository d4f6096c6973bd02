"""The command line: what is printed where, and the exit codes."""

from __future__ import annotations

import csv
import inspect
import io
import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from optanim import cli
from optanim.catalogue import body
from optanim.explain import KEY_WORDS
from optanim.kinds import KINDS
from optanim.losses import LOSSES, TITLES
from optanim.reader import KEYS
from optanim.registry import Entry
from optanim.settings import Group

ROOT = Path(__file__).parents[1]
SMALL = """\
landscape: rosenbrock
optimizers: [gd, adam]
lr: 0.001
steps: 20
size: 320x240
seconds: 0.5
hold: 0.5
"""
BROKEN = "landscape: rosenbrok\noptimizers: [gd]\nlr: -1\n"

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Run:
    """Runs a command in a fresh folder that holds small.yaml and broken.yaml."""
    (tmp_path / "small.yaml").write_text(SMALL)
    (tmp_path / "broken.yaml").write_text(BROKEN)
    monkeypatch.chdir(tmp_path)
    handler = signal.getsignal(signal.SIGTERM)

    def command(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["optanim", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as left:
            cli.main()
        signal.signal(signal.SIGTERM, handler)
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        assert isinstance(left.value.code, int)
        return left.value.code, out, err

    return command


def start(*words: str, cwd: Path, **options: object) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "optanim", *words],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        **options,  # type: ignore[call-overload]
    )


def test_help_is_light(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom optanim.cli import main\nsys.argv = ['optanim', '--help']\n"
        "try:\n    main()\nexcept SystemExit as left:\n    assert left.code == 0\n"
        "heavy = {'numpy', 'matplotlib', 'PIL', 'av', 'imageio', 'yaml'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    assert "Usage: optanim" in done.stdout


def test_render_writes_and_says_so(run: Run) -> None:
    code, out, err = run("render", "small.yaml")
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert lines[0].startswith("output/small.gif  15 frames, 1.0 s, ")
    assert lines[1].startswith("output/small.png  still, ")
    assert sorted(path.name for path in Path("output").iterdir()) == ["small.gif", "small.png"]


def test_render_json_and_overrides(run: Run) -> None:
    words = "render small.yaml --json -o out -f webp -f png --size 300x200 --fps 10 --seconds 2 --theme dark"
    code, out, _ = run(*words.split(), "--hold", "0")
    assert code == 0
    found = json.loads(out)
    assert [(row["path"], row["frames"], row["seconds"]) for row in found] == [
        ("out/small.webp", 20, 2.0),
        ("out/small.png", 1, 0.0),
    ]
    assert all(row["bytes"] == Path(row["path"]).stat().st_size for row in found)
    with Image.open("out/small.webp") as picture:
        assert picture.size == (300, 200)
        assert sum(picture.convert("RGB").getpixel((1, 1))) < 200  # type: ignore[arg-type]


def test_render_one_file(run: Run) -> None:
    code, out, _ = run("render", "small.yaml", "-o", "here/fig.apng")
    assert code == 0
    assert out.startswith("here/fig.apng  15 frames, 1.0 s, ")
    assert [path.name for path in Path("here").iterdir()] == ["fig.apng"]


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_scene_that_fails_does_not_stop_the_others(run: Run, jobs: str) -> None:
    code, out, err = run("render", "broken.yaml", "small.yaml", "missing.yaml", "--jobs", jobs, "-f", "png")
    assert code == 2
    assert out.startswith("output/small.png  still, ")
    assert "broken.yaml:1:12: unknown landscape 'rosenbrok'" in err
    assert "did you mean 'rosenbrock'?" in err
    assert "broken.yaml:3:5: " in err
    assert "missing.yaml: no such file" in err


MISTAKES = [
    (["render"], "Missing argument 'SCENE...'"),
    (["render", "small.yaml", "--fps", "0"], "fps: 0 is out of range"),
    (["render", "small.yaml", "--fps", "nan"], "nan"),
    (["render", "small.yaml", "--seconds", "1e9"], "--max-frames lifts it"),
    (["render", "small.yaml", "--size", "9999x9999"], "--max-pixels lifts it"),
    (["render", "small.yaml", "--size", "big"], "'big' is not a size"),
    (["render", "small.yaml", "--theme", "drak"], "did you mean 'dark'?"),
    (["render", "small.yaml", "-f", "gfi"], "unknown format 'gfi'"),
    (["render", "small.yaml", "-f", "GIF"], "unknown format 'GIF'\n  write 'gif'"),
    (["render", "small.yaml", "-f", "svg"], "svg is not written yet; takes gif, mp4, png, webm, webp; also "),
    (["render", "small.yaml", "broken.yaml", "-o", "plain"], "plain is not a folder\n"),
    (["still", "small.yaml", "-o", "plain"], "plain is not a folder\n"),
    (["render", "small.yaml", "--max-steps", "3"], "20 steps are too many"),
    (["render", "small.yaml", "--jobs", "0"], "0 is not in the range"),
    (["render", "small.yaml", "x/small.yaml"], "two scenes are called small"),
    (["render", "small.yaml", "broken.yaml", "-o", "a.gif"], "give a folder"),
    (["render", "small.yaml", "-o", "a.gif", "-f", "mp4"], "its suffix chooses the format"),
    (["still", "small.yaml", "--at", "2"], "2.0 is not in the range"),
    (["still", "small.yaml", "--at", "nan"], "at: nan is not a finite number"),
    (["still", "small.yaml", "-o", "a.gif"], "a still is a .png"),
    (["render", "small.yaml", "-o", "broken.yaml/"], "broken.yaml/ is not a folder"),
    (["render", "small.yaml", "-o", "/dev/full"], "/dev/full is not a folder"),
    (["render", "small.yaml", "--max-work", "39"], "40 steps of all runs are 40 evaluations"),
    (["trace", "small.yaml", "--max-work", "39"], "--max-work lifts it"),
    (["still", "small.yaml", "--max-work", "39"], "--max-work lifts it"),
    (["trace", "small.yaml", "--format", "xml"], "'xml' is not one of"),
    (["trace", "."], ".: "),
    (["check"], "Missing argument 'PATH...'"),
    (["check", "empty"], "empty: no scenes in this folder"),
    (["list", "things"], "'things' is not one of"),
    (["explain", "adm"], "did you mean 'adam'?"),
    (["explain", "boundary"], "the panel 'fit' draws it"),
    (["rendre"], "No such command 'rendre'"),
]


@pytest.mark.parametrize(("words", "said"), MISTAKES, ids=lambda value: " ".join(value)[:40])
def test_mistakes_end_with_2_on_stderr(run: Run, words: list[str], said: str) -> None:
    Path("empty").mkdir()
    Path("plain").touch()
    code, out, err = run(*words)
    assert code == 2
    assert said in err
    assert out == ""


def test_what_cannot_be_written_ends_with_1(run: Run) -> None:
    Path("output").write_text("in the way")
    code, out, err = run("render", "small.yaml", "-f", "png", "-o", "output/here")
    assert (code, out) == (1, "")
    assert err == "error: small.yaml: cannot write output/here/small.png: Not a directory\n"


def test_still_is_the_frame_asked_for(run: Run) -> None:
    assert run("render", "small.yaml", "-f", "png")[0] == 0
    assert run("still", "small.yaml")[1].startswith("output/small-still.png  still, ")
    code, out, _ = run("still", "small.yaml", "--at", "1", "-o", "last.png")
    assert code == 0
    assert out.startswith("last.png  still, ")
    assert Path("last.png").read_bytes() == Path("output/small.png").read_bytes()
    assert run("still", "small.yaml", "--at", "0.5", "-o", "half.png")[0] == 0
    assert Path("half.png").read_bytes() != Path("last.png").read_bytes()


def test_trace_json(run: Run) -> None:
    code, out, _ = run("trace", "small.yaml")
    assert code == 0
    found = json.loads(out, parse_constant=pytest.fail)
    assert list(found) == ["scene", "steps", "runs"]
    assert (found["scene"], found["steps"]) == ("small", 20)
    for made in found["runs"]:
        assert ",".join(made) == "label,optimizer,settings,lr,params,loss,batch_loss,evals,ended"
        assert [len(made[key]) for key in ("lr", "params", "loss", "evals")] == [20, 21, 21, 21]
        assert made["params"][0] == [-1.5, 2.0]
        assert made["ended"] is None
        assert made["batch_loss"] is None
    # By hand: f = 2.5**2 + 100 * 0.25**2, and its gradient is (-2 * 2.5 - 400 * 1.5 * 0.25, -200 * 0.25).
    gd = found["runs"][0]
    assert gd["loss"][0] == 12.5
    assert gd["params"][1] == pytest.approx([-1.5 + 0.001 * 155, 2 + 0.001 * 50], rel=1e-15)


def test_trace_of_a_run_that_overflows_is_strict_json(run: Run) -> None:
    Path("over.yaml").write_text(SMALL.replace("0.001", "10").replace("gd, adam", "gd"))
    _, out, _ = run("trace", "over.yaml")
    made = json.loads(out, parse_constant=pytest.fail)["runs"][0]
    assert made["ended"]["step"] > 0
    assert made["loss"][-1] is None
    assert made["params"][-1] == [None, None]
    _, out, _ = run("trace", "over.yaml", "--format", "csv")
    last = list(csv.DictReader(io.StringIO(out)))[-1]
    assert (last["x"], last["y"], last["loss"]) == ("", "", "")


def test_trace_csv_is_the_json(run: Run) -> None:
    _, out, _ = run("trace", "small.yaml", "--format", "csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    runs = json.loads(run("trace", "small.yaml")[1])["runs"]
    assert len(rows) == 2 * 21
    for row in rows:
        made, t = runs[int(row["run"])], int(row["step"])
        assert (row["label"], row["optimizer"]) == (made["label"], made["optimizer"])
        assert [float(row["x"]), float(row["y"])] == made["params"][t]
        assert float(row["loss"]) == made["loss"][t]
        assert row["lr"] == ("" if t == 0 else repr(made["lr"][t - 1]))
        assert int(row["evals"]) == made["evals"][t]


def test_trace_summary_is_the_end_of_the_json(run: Run) -> None:
    code, out, err = run("trace", "small.yaml", "--format", "summary")
    assert (code, err) == (0, "")
    head, *rows = (line.split() for line in out.splitlines())
    assert head == ["run", "loss"]
    runs = json.loads(run("trace", "small.yaml")[1])["runs"]
    assert [name for name, _ in rows] == [made["label"] for made in runs]
    assert [float(loss) for _, loss in rows] == pytest.approx([made["loss"][-1] for made in runs], rel=1e-4)


def test_check_says_everything(run: Run) -> None:
    Path("more/deep").mkdir(parents=True)
    Path("more/deep/b.yml").write_text(BROKEN)
    Path("more/a.yaml").write_text("landscape: rosenbrock\nsteps: 0\n")
    code, out, err = run("check", "small.yaml", "more")
    assert code == 2
    assert out == "3 scenes: 1 good, 2 with mistakes\n"
    assert "more/a.yaml:2:8: " in err
    assert "more/deep/b.yml:1:12: " in err
    assert "more/deep/b.yml:3:5: " in err
    assert run("check", "small.yaml") == (0, "1 scene: 1 good, 0 with mistakes\n", "")


def test_check_counts_the_work(run: Run) -> None:
    code, _, err = run("check", "small.yaml", "--max-work", "39")
    assert code == 2
    assert "small.yaml:4:8: 40 steps of all runs are 40 evaluations" in err
    assert run("check", "small.yaml", "--max-work", "40")[0] == 0


def test_check_reads_the_data(run: Run) -> None:
    Path("points.csv").write_text("x,y\n1,2\n2,three\n")
    Path("data.yaml").write_text("dataset: {csv: points.csv}\noptimizers: gd\nstart: [0, 0]\nlr: 0.1\n")
    code, _, err = run("check", "data.yaml")
    assert code == 2
    assert "points.csv:3" in err


def test_max_bytes_are_kept_said_or_refused(run: Run) -> None:
    code, out, err = run("render", "small.yaml", "--max-bytes", "15kB", "-o", "a.gif")
    assert code == 0
    assert Path("a.gif").stat().st_size <= 15_000
    assert "warning: small.yaml: a.gif: " in err
    assert " to stay within 15 kB\n" in err
    code, out, err = run("render", "small.yaml", "--max-bytes", "500B", "-o", "b.gif")
    assert code == 1
    assert "error: small.yaml: b.gif cannot be 500 B or less: the smallest is " in err
    assert not Path("b.gif").exists()
    code, out, err = run("render", "small.yaml", "--max-bytes", "3mb")
    assert (code, out) == (2, "")
    assert "max_bytes: 'mb' is not a unit of bytes\n  write 3MB" in err


def test_list(run: Run) -> None:
    code, out, _ = run("list", "optimizers")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines() if line[0] == " "] == list(KINDS["optimizer"])
    found = json.loads(run("list", "--json")[1])
    kinds = "optimizers landscapes datasets schedules values panels marks formats themes".split()
    assert list(found) == kinds
    assert set(found["formats"]) == {"gif", "mp4", "png", "webm", "webp"}
    for things in found.values():
        for name, thing in things.items():
            assert thing["summary"].endswith("."), name
    adam = found["optimizers"]["adam"]
    assert adam["settings"]["beta1"] == {
        "takes": "a number at least 0 and below 1",
        "default": 0.9,
        "scheduled": True,
    }
    assert adam["paper"].startswith("Kingma")


def test_explain(run: Run) -> None:
    code, out, _ = run("explain", "adam")
    assert code == 0
    assert out.startswith("adam: an optimizer\n")
    assert "arXiv:1412.6980" in out
    assert "p = p - lr * mhat" in out
    line = next(line for line in out.splitlines() if line.split()[:1] == ["beta2"])
    assert "at least 0 and below 1" in line
    assert line.endswith("default 0.999")


@pytest.mark.parametrize(
    ("called", "name"),
    [
        ("Muon", "muon"),
        ("ScheduleFree AdamW", "schedulefree_adamw"),
        ("Schedule-Free AdamW", "schedulefree_adamw"),
        ("L-BFGS", "lbfgs"),
        ("adam w", "adamw"),
        ("Saddle-free Newton", "saddle_free_newton"),
        ("Weight Decay", "weight_decay"),
    ],
)
def test_explain_answers_to_titles(run: Run, called: str, name: str) -> None:
    code, out, _ = run("explain", called)
    assert code == 0
    assert out.startswith(f"{name}: ")
    assert out == run("explain", name)[1]


def test_explain_says_how_a_library_was_run(run: Run) -> None:
    out = run("explain", "muon")[1]
    assert re.search(r"torch [\d.]+ Muon, in float64 where it asks for bfloat16: \d+ paths", out)
    assert (
        "\n  muon.SingleDeviceMuon: eps_added: true, weight_decay: 0; but it computes X in bfloat16\n" in out
    )
    out = run("explain", "adahessian")[1]
    assert "AdaHessian, handed the exact diagonal of second derivatives: " in out
    assert "at random" in out
    assert "SGD: " in run("explain", "gd")[1]


@pytest.mark.parametrize("entry", KINDS["optimizer"].entries(), ids=lambda entry: entry.name)
def test_every_weight_decay_is_explained(entry: Entry) -> None:
    text = body(entry)
    assert "weight_decay" not in entry.settings or "weight_decay" in text
    ways = entry.settings["decay"].type.options if "decay" in entry.settings else ()  # type: ignore[union-attr]
    if "weight_decay  " in text:
        assert all(f"{way}:" in text for way in ways)


NAMES = {name for kind in KINDS.values() for name in kind} | {"dark"}
SETTINGS = {name for kind in KINDS.values() for entry in kind.entries() for name in entry.settings}
SETTINGS |= set(KEYS) | {name for kind in KINDS.values() for name in kind.common}


def test_explain_tells_of_a_panel_before_values(run: Run) -> None:
    out = run("explain", "grid")[1]
    assert 0 == out.index("grid: a panel") < out.index("grid: values")


def test_explain_a_key(run: Run) -> None:
    _, out, _ = run("explain", "steps")
    assert out.startswith("steps: a key of a scene\n\nHow many steps a run makes; of a mark")
    assert "\n  a scene       a whole number at least 1  default 100\n  an optimizer  a whole number" in out
    _, out, _ = run("explain", "lr")
    assert "number above 0 or tuned" in out
    assert "Where it is not given: the best of a grid of 25, tuned in the open" in out
    _, out, _ = run("explain", "label")
    assert out.startswith("label: a setting\n")
    assert "\n  an optimizer  text\n" in out
    _, out, _ = run("explain", "alpha")
    assert re.search(r"\n  rmsprop +a number at least 0 and below 1 +default 0.99\n", out)


@pytest.mark.parametrize("loss", LOSSES)
def test_explain_a_loss(run: Run, loss: str) -> None:
    code, out, _ = run("explain", loss)
    assert code == 0
    assert out.startswith(f"{loss}: a loss of a regression\n\n{inspect.getdoc(LOSSES[loss])}\n")
    assert "\nWrite landscape: {linear_regression: " in out
    assert ("  delta  a number above 0  default 1\n" in out) == (loss == "huber")
    assert run("explain", TITLES[loss])[1] == out


def test_explain_a_schedule_and_tuned(run: Run) -> None:
    _, out, _ = run("explain", "schedule")
    assert out.startswith("schedule: what may stand for a number that changes with the step\n")
    assert all(f"\n  {name} " in out for name in KINDS["schedule"])
    _, out, _ = run("explain", "tuned")
    assert out.startswith("tuned: a word for lr\n\nThe run gets the best learning rate of a grid of 25")


def test_explain_says_what_is_used_where_nothing_is_given(run: Run) -> None:
    for name in ("cosine", "one_cycle"):
        assert re.search(
            r"\n  steps +a whole number at least 1 +default the run's\n", run("explain", name)[1]
        )
    assert "View:" not in run("explain", "loss")[1]
    assert "\nMinima with the default settings: [[1, 1]]\n" in run("explain", "rosenbrock")[1]
    out = run("explain", "linear_regression")[1]
    assert out.endswith("\nStart with the default settings: [0, 0]\nMinima: computed from the dataset\n")
    assert re.search(r"\n  shift +a list of numbers at least -1e\+06 and at most 1e\+06\n", out)


def test_explain_leaves_out_what_a_thing_refuses(run: Run) -> None:
    for rule in ("gd", "langevin", "sam"):
        assert "  weight_decay " not in run("explain", rule)[1]
    assert "  weight_decay " in run("explain", "sgd")[1]
    assert "\n  lr " not in run("explain", "gradient_flow")[1]
    for panel in ("why", "graph"):
        assert not re.search(r"\n  (view|marks) ", run("explain", panel)[1])


def test_explain_says_how_many_numbers_a_panel_takes(run: Run) -> None:
    assert "\n  view    [x0, x1, y0, y1]\n" in run("explain", "contour")[1]
    assert "\n  view    [x0, x1] or [x0, x1, y0, y1]\n" in run("explain", "line")[1]
    assert "\n  view    [low, high] of the upright axis\n" in run("explain", "loss")[1]
    for mark in ("point", "arrow", "text"):
        out = run("explain", mark)[1]
        assert re.search(r"\n  \[x, y\] +.*contour, .*surface.*\n", out)
        assert re.search(r"\n  \[x\] or \[x, y\] +line, where x alone is a place on the curve\n", out)
        assert re.search(r"\n  none +graph, why\n", out)
    assert "Numbers of a place" not in run("explain", "level")[1]


def test_every_key_has_its_words() -> None:
    common = {name for kind in KINDS.values() for name in kind.common}
    every = [
        setting for kind in KINDS.values() for entry in kind.entries() for setting in entry.settings.values()
    ]
    groups = {setting.name for setting in every if isinstance(setting.type, Group)}
    assert set(KEY_WORDS) == set(KEYS) | common | groups


@pytest.mark.parametrize("name", sorted(NAMES | SETTINGS))
def test_everything_is_explained(run: Run, name: str) -> None:
    code, out, err = run("explain", name)
    assert (code, err) == (0, "")
    assert len(out.splitlines()) >= 3


def test_init_writes_a_scene_that_renders(run: Run) -> None:
    assert run("init") == (0, "scene.yaml  (optanim render scene.yaml)\n", "")
    text = Path("scene.yaml").read_text()
    code, _, err = run("init", "scene")
    assert code == 2
    assert "scene.yaml is there already" in err
    assert Path("scene.yaml").read_text() == text
    assert run("init", "other.yaml")[0] == 0
    assert run("check", "scene.yaml")[0] == 0
    assert run("render", "scene.yaml", "--seconds", "0.3", "--hold", "0")[0] == 0
    assert Path("output/scene.gif").exists()


LONG = SMALL.replace("0.5", "60").replace("320x240", "1000x800")


def temporaries(folder: Path) -> list[str]:
    return [path.name for path in folder.glob(".*")] if folder.exists() else []


def until_writing(process: subprocess.Popen[str], folder: Path) -> None:
    deadline = time.monotonic() + 60
    while not temporaries(folder):
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.mark.parametrize("jobs", ["1", "2"])
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["interrupt", "terminate"]
)
def test_stopped_in_the_middle(tmp_path: Path, jobs: str, number: signal.Signals, code: int) -> None:
    names = [f"{letter}.yaml" for letter in "abcdef"]  # more than workers: some are still queued
    for name in names:
        (tmp_path / name).write_text(LONG)
    out = tmp_path / "output"
    out.mkdir()
    (out / "a.gif").write_bytes(b"old")
    process = start("render", *names, "-j", jobs, cwd=tmp_path, start_new_session=True)
    until_writing(process, out)
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=60)
    assert process.returncode == code, stderr
    assert "Traceback" not in stderr
    assert stdout == ""
    deadline = time.monotonic() + 30
    while temporaries(out) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert [path.name for path in out.iterdir()] == ["a.gif"]
    assert (out / "a.gif").read_bytes() == b"old"


def test_killed_in_the_middle(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(LONG)
    out = tmp_path / "output"
    out.mkdir()
    (out / "a.gif").write_bytes(b"old")
    process = start("render", "a.yaml", cwd=tmp_path)
    until_writing(process, out)
    process.kill()
    process.communicate(timeout=60)
    assert (out / "a.gif").read_bytes() == b"old"


def test_a_reader_that_has_enough(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(SMALL.replace("steps: 20", "steps: 20000"))
    process = start("trace", "a.yaml", cwd=tmp_path)
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(timeout=60) == 1


def test_no_bar_where_nobody_looks(run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("render", "small.yaml", "-f", "gif")[2] == ""


def test_bar_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with cli.Bar() as bar:
        now = 0.0
        bar.clock = lambda: now
        for done in range(0, 101, 10):
            now = float(done)
            bar.progress("a.gif", done, 100)
    shown = terminal.getvalue()
    assert " 40%   60 s left" in shown
    assert "100%" in shown
    assert shown.endswith("\r\033[K")


def test_linear_algebra_has_one_thread_unless_somebody_says_otherwise() -> None:
    code = (
        "import os, sys; sys.argv = ['optanim', '--version']\n"
        "from optanim.cli import main\n"
        "assert 'numpy' not in sys.modules\n"
        "try: main()\n"
        "except SystemExit: print(os.environ['OPENBLAS_NUM_THREADS'])"
    )
    for given, expected in ({}, "1"), ({"OPENBLAS_NUM_THREADS": "3"}, "3"):
        environment = {k: v for k, v in os.environ.items() if k != "OPENBLAS_NUM_THREADS"} | given
        done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment)
        assert done.stdout.splitlines()[-1] == expected, done.stderr
