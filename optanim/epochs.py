"""What to write for epochs: steps, each of which sees one batch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optanim.datasets._parts import kept_back
from optanim.kinds import KINDS
from optanim.scene import Thing


def in_steps(epochs: str, keys: Mapping[str, Any], several: bool) -> str:
    """The hint for `epochs`, by the values of the scene's other keys; `several` where batches are swept.

    A number of steps is named only where the rows and the size of the batches are known.
    """
    batch = keys.get("batch", "full")
    if batch == "full" and not several:
        return f"write steps{f': {epochs}' if epochs else ''}" + (
            ": one step sees all the data" if "dataset" in keys else ""
        )
    size = batch if isinstance(batch, int) and not several else None
    rows = learnt_from(keys.get("dataset"))
    if size is None or rows is None or not epochs.isascii() or not epochs.isdigit():
        batches = f"rows / {size or 'batch'}"
        return f"write steps: one sees a batch, and an epoch takes {batches} of them, rounded up"
    each = -(-rows // size)
    return f"write steps: {int(epochs) * each} ({epochs} epochs of {each} batch{'es' * (each != 1)})"


def learnt_from(dataset: Any) -> int | None:
    """How many rows a dataset leaves to learn from; None where that is not known without making it."""
    if not isinstance(dataset, Thing) or dataset.places.keys() - dataset.settings.keys():
        return None
    entry = KINDS["dataset"][dataset.name]
    name = entry.facts.get("rows")
    if name is None:
        return None
    settings = entry.defaults() | dict(dataset.settings)
    rows = int(settings[name])
    return rows - kept_back(rows, settings.get("test")) if name == "n" else rows
