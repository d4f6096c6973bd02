"""Datasets, one function each, and the distributions they draw from.

Random numbers come from NumPy's PCG64 with the seed alone: same seed, same data.
"""

# To be read in this order: simplest first.
ORDER = ("distributions", "made", "tables", "classified", "images")
