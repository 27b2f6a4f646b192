"""A local stand-in for a model hub that speaks its protocol: revision info, then files with commit and etag headers."""

from __future__ import annotations

import hashlib
import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

COMMIT = "a" * 40


@contextmanager
def serve(models: dict[str, Path]):
    """Yields the address of a hub that holds ``models``: id -> folder."""

    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_):
            pass

        def do_HEAD(self):
            self.answer(body=False)

        def do_GET(self):
            self.answer(body=True)

        def answer(self, *, body):
            path = self.path.split("?")[0]
            for model_id, folder in models.items():
                if path.startswith(f"/api/models/{model_id}/tree/"):
                    files = [f for f in folder.rglob("*") if f.is_file()]
                    tree = [
                        {"type": "file", "path": str(f.relative_to(folder)), "size": f.stat().st_size, "oid": COMMIT}
                        for f in files
                    ]
                    return self.reply(json.dumps(tree).encode(), body, {"Content-Type": "application/json"})
                if path.startswith(f"/api/models/{model_id}"):
                    names = [str(f.relative_to(folder)) for f in sorted(folder.rglob("*")) if f.is_file()]
                    info = {
                        "id": model_id,
                        "modelId": model_id,
                        "sha": COMMIT,
                        "private": False,
                        "tags": [],
                        "downloads": 0,
                        "likes": 0,
                        "siblings": [{"rfilename": name} for name in names],
                    }
                    return self.reply(json.dumps(info).encode(), body, {"Content-Type": "application/json"})
                prefix = f"/{model_id}/resolve/"
                if path.startswith(prefix):
                    file = folder / path[len(prefix) :].split("/", 1)[1]
                    if file.is_file():
                        data = file.read_bytes()
                        return self.reply(
                            data, body, {"ETag": f'"{hashlib.sha256(data).hexdigest()}"', "X-Repo-Commit": COMMIT}
                        )
            return self.reply(b"not found", body, {"X-Error-Code": "RepoNotFound"}, status=404)

        def reply(self, data, body, headers, status=200):
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(data))}.items():
                self.send_header(name, value)
            self.end_headers()
            if body:
                self.wfile.write(data)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
