"""Words that people try first, and the one that is meant; hints only, never second spellings."""

from __future__ import annotations

from collections.abc import Iterable

from optanim.settings import closest

_MEANT = {
    "learning_rate eta alpha step_size": "lr",
    "epochs iterations iters n_steps n_iter num_steps max_iter": "steps",
    "wd decay l2": "weight_decay",
    "gamma mu": "momentum alpha",
    "beta rho": "momentum beta1 alpha",
    "epsilon": "eps",
    "init x0 initial start_point starting_point": "start",
    "function objective loss_function surface": "landscape",
    "data": "dataset",
    "optimizer optimiser optimisers methods method algorithms algorithm runs": "optimizers base",
    "bounds xlim ylim range extent window": "view",
    "format formats outputs": "output",
    "style palette": "theme",
    "duration length": "seconds",
    "name legend": "label",
    "colour": "color",
    "milestones boundaries": "at",
    "T_max": "steps",
    "max_lr": "peak",
    "warmup_steps": "warmup",
    "base_optimizer": "base",
    "k": "every",
    "start": "low",
    "stop": "high",
    "split": "data",
    "log_y yaxis": "yscale",
    "camera eye": "azimuth",
    "kernel noise_std sigma": "noise",
    "path filename csv": "file",
    "minimum optimum": "minima",
    "panel": "panels",
}
MEANT = {word: meant.split() for words, meant in _MEANT.items() for word in words.split()}
PAIRS = {"betas": ("beta1", "beta2"), "b1": ("beta1",), "b2": ("beta2",)}


def instead_of(word: str, known: Iterable[str], value: str = "") -> str:
    """What to write for a key that is not known here; empty where nothing is near.

    `value` is the text that the key was given, where it is a single one.
    """
    names = list(known)
    if word in PAIRS and all(name in names for name in PAIRS[word]):
        return f"write {' and '.join(PAIRS[word])}"
    for meant in MEANT.get(word, ()):
        if meant in names:
            if meant == "steps" and word == "epochs":
                return f"write steps{': ' + value if value else ''}: one step sees all the data"
            return f"write {meant}"
    return closest(word, names)
