"""What is selected: shared by widgets, observed and assigned by a notebook."""

from __future__ import annotations

from traitlets import HasTraits, Tuple, Unicode


class Selection(HasTraits):
    """One query, one document, one system, and some queries to stay among; "" and () mean nothing is selected.

    ``selection.observe(f, "query_id")`` calls f(change) whenever a reader or your code selects another query;
    ``selection.query_id = "q3"`` moves every widget that was given this selection.
    """

    query_id = Unicode("", help="id of a query of the collection")
    doc_id = Unicode("", help="id of a document")
    system = Unicode("", help="spec of the system in whose column the document was selected")
    within = Tuple(help="ids of the queries Flips stays among, such as those whose gold was chosen on the Map")

    def record(self) -> dict[str, object]:
        return {name: getattr(self, name) for name in ("query_id", "doc_id", "system", "within")}
