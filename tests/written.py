"""Files written for tests, and what a collection made of them says."""

import json


def write_lines(path, rows):
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def texts(collection):
    return {doc_id: doc.text for doc_id, doc in collection.documents.items()}
