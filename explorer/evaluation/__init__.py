"""Measures per query, and what their differences are worth."""
