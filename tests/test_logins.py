"""Who may log in: hashed passwords, a file nobody else may open, slow guesses."""

import subprocess
import sys
import time

import browser
import httpx
import pytest
from browser import choose, columns, settled

from explorer.app.auth import read_accounts
from explorer.records import ExplorerError
from explorer.workspace.passwords import StoredPassword

SERVED = "lies outside this app's workspace and collection"


@pytest.fixture
def accounts(tmp_path):
    """Writes a password file as the command makes it."""

    def write(text, mode=0o600):
        path = tmp_path / "people"
        path.write_text(text, encoding="utf-8")
        path.chmod(mode)
        return path

    return write


def made(name, password):
    command = [sys.executable, "-m", "explorer", "password", name]
    return subprocess.run(command, input=password + "\n", capture_output=True, text=True, check=False)


def test_the_command_makes_a_line_that_lets_in_its_password_alone(accounts):
    done = made("ada", "correct horse")
    assert done.returncode == 0 and done.stdout.startswith("ada:scrypt$") and "correct" not in done.stdout + done.stderr
    stored = read_accounts(accounts(f"# people\n\n{done.stdout}"))["ada"]
    assert stored.matches("correct horse")
    for wrong in ("correct horse ", "Correct horse", "", "correct hors"):
        assert not stored.matches(wrong)
    assert made("ada", "correct horse").stdout != done.stdout, "a salt of its own each time"


def test_the_command_refuses_names_and_passwords_that_cannot_work():
    for name, password in (
        ("a:b", "long enough"),
        (" ", "long enough"),
        ("#a", "long enough"),
        ("ada", "short"),
        ("ada", ""),
    ):
        done = made(name, password)
        assert done.returncode == 2 and done.stdout == "" and done.stderr.count("\n") == 1, done.stderr


@pytest.mark.parametrize(
    "text",
    [
        "ada:plain text password",
        "ada",
        ":scrypt$2$8$1$AAAA$AAAAAAAAAAAAAAAAAAAAAAAA",
        "ada:scrypt$32768$8$3$AAAA$short",
        "ada:scrypt$32767$8$3$AAAA$" + "A" * 44,
        "ada:scrypt$1073741824$8$3$AAAA$" + "A" * 44,
        "ada:bcrypt$32768$8$3$AAAA$" + "A" * 44,
        "ada:scrypt$x$8$3$AAAA$" + "A" * 44,
        "# nobody",
        "",
    ],
)
def test_a_password_file_that_cannot_work_is_one_sentence_without_its_secrets(accounts, text):
    with pytest.raises(ExplorerError, match="explorer password NAME") as told:
        read_accounts(accounts(text + "\n"))
    assert "plain text" not in str(told.value) and "AAAA" not in str(told.value)


def test_a_name_given_twice_and_a_file_others_may_open_are_refused(accounts):
    line = f"ada:{StoredPassword.of('long enough')}\n"
    with pytest.raises(ExplorerError, match="names 'ada' a second time"):
        read_accounts(accounts(line + line))
    with pytest.raises(ExplorerError, match="chmod 600"):
        read_accounts(accounts(line, 0o644))


def test_the_app_does_not_start_with_a_password_in_plain_text(explorer, accounts):
    done = explorer("app", "harbour", "--auth", accounts("ada:secret\n"))
    assert done.returncode == 2 and done.stderr.count("\n") <= 2 and "secret" not in done.stderr
    assert "line 1 holds no name and hashed password" in done.stderr


@pytest.fixture
def closed_app(app, accounts):
    return app(
        "harbour",
        "--auth",
        accounts(f"ada:{StoredPassword.of('correct horse')}\nbo:{StoredPassword.of('battery staple')}\n"),
    )


def test_without_a_login_nothing_is_told_and_wrong_passwords_are_slow(closed_app):
    for path in ("config", "gradio_api/info", "gradio_api/queue/data?session_hash=x", "gradio_api/file=/etc/passwd"):
        assert httpx.get(closed_app.url + path).status_code == 401, path
    assert httpx.post(closed_app.url + "gradio_api/queue/join", json={"data": [], "fn_index": 0}).status_code == 401
    assert "harbour" not in httpx.get(closed_app.url).text
    for name in ("ada", "nobody"):
        begun = time.monotonic()
        answer = httpx.post(closed_app.url + "login", data={"username": name, "password": "wrong"}, timeout=30)
        assert answer.status_code == 400 and time.monotonic() - begun > 0.5
    with httpx.Client() as client:
        known = {"username": "ada", "password": "correct horse"}
        assert client.post(closed_app.url + "login", data=known, timeout=30).status_code == 200
        assert client.get(closed_app.url + "config").status_code == 200
        crossed = client.post(closed_app.url + "gradio_api/queue/join", headers={"Origin": "https://evil.invalid"})
        assert crossed.status_code == 403


@pytest.mark.browser
@browser.needed
def test_one_logs_in_and_names_no_file_of_the_machine(closed_app, page, tmp_path):
    """Served to others, specs stay inside: a sentence that does not tell whether the file exists."""
    page.goto(closed_app.url)
    page.get_by_label("username").fill("ada")
    page.get_by_label("password").fill("correct horse")
    page.get_by_role("button", name="Login").click()
    columns(page)
    settled(page)
    for spec in (
        "run:/etc/passwd",
        "run:/no/such/file",
        "dense:/etc",
        "hybrid:bm25+run:/etc/passwd",
        "dense:org/model",
    ):
        choose(page, "student", spec)
        page.wait_for_function(
            "name => document.querySelector('#columns .ex-error')?.textContent.includes(name)", arg=spec.split(":")[-1]
        )
        assert SERVED in page.text_content("#columns .ex-error")
    choose(page, "student", "bm25")
    page.wait_for_selector(".ex-baseline .ex-card")
