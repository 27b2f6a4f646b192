"""Teachers: what a document is worth to a query."""
