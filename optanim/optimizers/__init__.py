"""Update rules, one pure function each; by family, simplest first.

A rule is handed p and g of shape (R, ...): R runs of one layer. It returns the new p and keeps
what it remembers in `state`, every array of it with the runs first. Its settings are numbers, or
arrays of one value per run that broadcast.
"""

# For rules of one's own: a length of each run.
from optanim.optimizers._parts import norm as norm

# To be read in this order: each family builds on those before it.
ORDER = (
    "sgd",
    "momenta",
    "sign",
    "adaptive",
    "adam",
    "adam_calmed",
    "adam_mixtures",
    "adam_scales",
    "adam_delayed",
    "adam_directions",
    "layerwise",
    "factored",
    "matrix",
    "curvature",
    "continuous",
    "line_search",
    "step_sizes",
    "schedule_free",
    "learning_rate_free",
    "wrappers",
)
