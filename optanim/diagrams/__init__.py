"""Graphs as boxes and arrows: what was computed from what, where each box stands, and when it lights up."""
