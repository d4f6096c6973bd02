"""A landscape as a block seen from the side: its heights, its light, what hides what, and paths on it."""
