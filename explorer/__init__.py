"""Explorer shows why a retriever fails, teaches it, and proves what changed."""

__version__ = "0.1.0"
