"""Retrievers: queries in, a run out."""
