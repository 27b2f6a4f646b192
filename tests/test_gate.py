"""Which requests reach the app, what its answers tell a browser, and where it listens."""

import os
import re
import subprocess
import sys
from http.client import HTTPConnection
from pathlib import Path

import browser
import httpx
import pytest

from explorer.app.gate import is_loopback


@pytest.fixture(scope="module")
def harbour_app(shared_workspace):
    started = browser.App(shared_workspace, "harbour")
    yield started
    started.stop()


PATHS = ("", "config", "theme.css", "gradio_api/info", "gradio_api/queue/data?session_hash=none", "nowhere")


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_carries_the_policy(harbour_app, path):
    with httpx.stream("GET", harbour_app.url + path) as answer:
        policy = answer.headers["content-security-policy"]
        assert "default-src 'self'" in policy and "object-src 'none'" in policy and "frame-ancestors 'none'" in policy
        scripts = re.search(r"script-src ([^;]*)", policy)[1].split()
        assert "'unsafe-inline'" not in scripts and "https:" not in scripts and "*" not in scripts
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"


def test_a_nonce_is_used_once(harbour_app):
    seen = {
        re.search(r"'nonce-([^']+)'", httpx.get(harbour_app.url).headers["content-security-policy"])[1] for _ in "12"
    }
    assert len(seen) == 2


def test_a_name_that_was_made_to_point_here_is_refused(harbour_app):
    """DNS rebinding: the page of evil.invalid asks evil.invalid, which now is this machine."""
    port = harbour_app.port
    for host in (
        "evil.invalid",
        f"evil.invalid:{port}",
        f"127.0.0.1.evil.invalid:{port}",
        "localhost@evil.invalid",
        "",
    ):
        assert httpx.get(harbour_app.url, headers={"Host": host}).status_code == 400, host
    for host in (f"localhost:{port}", "127.0.0.1", f"[::1]:{port}"):
        assert httpx.get(harbour_app.url + "gradio_api/info", headers={"Host": host}).status_code == 200, host


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize(
    "origin", ["https://evil.invalid", "null", "http://localhost:1", "http://127.0.0.1.evil.invalid"]
)
def test_pages_of_another_origin_are_refused(harbour_app, method, origin):
    answer = httpx.request(method, harbour_app.url + "gradio_api/queue/join", headers={"Origin": origin})
    assert answer.status_code == 403 and "own pages only" in answer.text


@pytest.mark.parametrize(
    "path",
    [
        "gradio_api/file=/etc/passwd",
        "gradio_api/file=../../../../etc/passwd",
        "gradio_api/file=%2e%2e%2f%2e%2e%2fetc/passwd",
        "gradio_api/file=https://example.org/",
        "gradio_api/file=file:///etc/passwd",
        "gradio_api/file=/proc/self/environ",
        "gradio_api/file/etc/passwd",
        "file=/etc/passwd",
        "static/../../../../../etc/passwd",
        "assets/%2e%2e/%2e%2e/%2e%2e/__init__.py",
        "gradio_api/proxy=https://example.hf.space/",
        "gradio_api/custom_component/x/client/component/..%2f..%2fx",
        "gradio_api/vibe-code/",
        "gradio_api/deep_link?session_hash=x",
        "gradio_api/token",
        "gradio_api/runs",
        "monitoring",
        "docs",
        "openapi.json",
        "gradio_api/openapi.json",
    ],
)
def test_files_and_routes_that_no_page_needs_are_refused(harbour_app, path):
    request = httpx.Request("GET", harbour_app.url)
    request.url = request.url.copy_with(raw_path=f"/{path}".encode())  # as it is: nobody tidies the dots away
    with httpx.Client() as client:
        answer = client.send(request)
    assert answer.status_code in (403, 404)
    assert "root:" not in answer.text and "import" not in answer.text


def test_a_file_of_the_workspace_is_not_handed_out(harbour_app, shared_workspace):
    shared_workspace.root.joinpath("secret.txt").write_text("secret")
    answer = httpx.get(f"{harbour_app.url}gradio_api/file={shared_workspace.root}/secret.txt")
    assert answer.status_code == 403


def test_bodies_are_bounded(harbour_app):
    upload = HTTPConnection("127.0.0.1", harbour_app.port)
    upload.putrequest("POST", "/gradio_api/upload")
    upload.putheader("Content-Length", str(65 * 2**20))
    upload.endheaders()
    assert upload.getresponse().status == 413, "refused before it is sent"
    large = b"x" * (5 * 2**20)
    join = harbour_app.url + "gradio_api/queue/join"
    assert httpx.post(join, content=large).status_code == 413
    chunks = (b"x" * 2**20 for _ in range(5))  # without a length in front
    assert httpx.post(join, content=chunks).status_code == 413


def test_no_endpoint_is_public(harbour_app):
    """Not listed, and not callable by name: only the page's own events, by number, as its session sends them."""
    assert httpx.get(harbour_app.url + "gradio_api/info").json() == {"named_endpoints": {}, "unnamed_endpoints": {}}
    dependencies = httpx.get(harbour_app.url + "config").json()["dependencies"]
    assert len(dependencies) > 10
    assert {one["api_visibility"] for one in dependencies} == {"private"}
    for name in {one["api_name"] for one in dependencies}:
        for route in ("call", "api", "run", "call/v2"):
            assert httpx.post(f"{harbour_app.url}gradio_api/{route}/{name}", json={"data": []}).status_code == 404


def test_loopback_is_told_from_the_rest():
    for host in ("127.0.0.1", "127.8.9.1", "localhost", "::1", "[::1]"):
        assert is_loopback(host)
    for host in ("0.0.0.0", "::", "192.168.0.1", "localhost.evil.invalid", "example.org"):
        assert not is_loopback(host)


def test_an_app_that_others_reach_without_login_says_so(shared_workspace):
    port = browser.free_port()
    command = [sys.executable, "-m", "explorer", "app", "harbour", "--host", "0.0.0.0", "--port", str(port)]
    environment = {**os.environ, "EXPLORER_WORKSPACE": str(shared_workspace.root)}
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        told = ""
        while "warning" not in told and process.poll() is None:
            told = process.stderr.readline()
    finally:
        process.kill()
        process.stderr.close()
        process.wait()
    assert "other machines reach 0.0.0.0" in told and "--auth" in told


def test_it_listens_on_this_machine_alone_unless_told(harbour_app):
    listening = Path("/proc/net/tcp").read_text().splitlines()[1:]
    hosts = {
        line.split()[1].split(":")[0] for line in listening if line.split()[1].endswith(f":{harbour_app.port:04X}")
    }
    assert hosts == {"0100007F"}
