"""optanim/verified.json: with which implementations each rule was compared, and how closely."""

from __future__ import annotations

import json
from collections.abc import Iterable
from math import ceil, log10
from pathlib import Path
from typing import Any

import optanim

FILE = Path(optanim.__file__).with_name("verified.json")
Compared = tuple[dict[str, Any], str, float]  # a case, the rule it was compared with, the error found


def library(case: dict[str, Any]) -> tuple[str, str]:
    """The library of a case and its class; of a wrapper those of the wrapper, with what is inside it."""
    if case["lib"] != "wrapper":
        return case["lib"], case["cls"]
    lib, _, cls = case["cls"].partition(".")
    return {"po": "pytorch_optimizer"}.get(lib, lib), cls


def how(case: dict[str, Any]) -> str:
    """What was not left as the library has it, or that it does not compute in float64; mostly empty."""
    said = []
    if "patch" in case:
        said.append(case["patch"].replace("float64 in place of", "in float64 where it asks for"))
    if "computes_in" in case:
        said.append(f"which computes in {' and '.join(case['computes_in'])}")
    if "handed" in case:
        said.append(f"handed {case['handed']}")
    return ", ".join(said)


def entries(compared: Iterable[Compared], versions: dict[str, str]) -> dict[str, list[dict[str, Any]]]:
    """By rule, for each class and way of running it: how many cases, the largest tolerance and error."""
    found: dict[str, dict[tuple[str, str, str], dict[str, Any]]] = {}
    for case, rule, error in compared:
        lib, cls = library(case)
        new = {
            "library": lib,
            "version": versions[lib].partition("+")[0],
            "class": cls,
            "how": how(case),
            "cases": 0,
            "tolerance": 0.0,
            "error": 0.0,
        }
        entry = found.setdefault(rule, {}).setdefault((lib, cls, new["how"]), new)
        entry["cases"] += 1
        entry["tolerance"] = max(entry["tolerance"], *case["tol"])
        entry["error"] = max(entry["error"], _rounded_up(error))
    return {rule: list(found[rule].values()) for rule in sorted(found)}


def text(found: dict[str, list[dict[str, Any]]]) -> str:
    """As the file holds it: a line for each implementation, so that a change shows as one."""
    rules = (
        f"{json.dumps(rule)}: [\n" + ",\n".join(f"  {json.dumps(entry)}" for entry in made) + "\n]"
        for rule, made in found.items()
    )
    return "{\n" + ",\n".join(rules) + "\n}\n"


def _rounded_up(error: float) -> float:
    """To one digit: the last bits differ between machines."""
    if error == 0:
        return 0.0
    place = 10.0 ** ceil(-log10(error))
    return float(f"{ceil(error * place) / place:.0e}")
