"""The container file: what it promises, and the image where there is a Docker to build it."""

import json
import re
import subprocess
import sys
import time
from pathlib import Path

import requests

PROJECT = Path(__file__).parents[2]
FILE = PROJECT / "Containerfile"


def instructions():
    """The lines of the last stage, continued ones joined."""
    text = re.sub(r"\\\n\s*", "", FILE.read_text())
    lines = [line for line in text.splitlines() if line and not line.startswith("#")]
    starts = [number for number, line in enumerate(lines) if line.startswith("FROM")]
    return lines, lines[starts[-1] :]


def test_hadolint_has_nothing_to_say():
    hadolint = Path(sys.executable).parent / "hadolint"
    done = subprocess.run([hadolint, str(FILE)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_it_is_slim_debian_without_root_pinned_and_watched():
    lines, last = instructions()
    assert all(re.search(r"-slim-bookworm\b", line) for line in lines if line.startswith("FROM"))
    assert any("-c constraints.txt" in line for line in lines if line.startswith("RUN"))
    user = next(line.split()[1] for line in last if line.startswith("USER"))
    assert int(user.split(":")[0]) > 0
    order = [line.split()[0] for line in last]
    assert order.index("USER") < order.index("ENTRYPOINT") and "HEALTHCHECK" in order
    assert not re.search(r"index-url|find-links|https://", FILE.read_text())


def test_what_it_copies_is_let_through():
    lines, _ = instructions()
    words = [w for line in lines if line.startswith("COPY ") for w in line.split()[1:-1]]
    copied = {word for word in words if not word.startswith(("--", "/"))}
    ignored = (PROJECT / ".dockerignore").read_text().splitlines()
    assert copied and copied == {line[1:] for line in ignored if line.startswith("!")}
    assert all((PROJECT / name).exists() for name in copied)


def test_the_health_check_and_the_command_fit_the_service(start_service, served):
    _, last = instructions()
    check = next(line for line in last if line.startswith("HEALTHCHECK"))
    code = json.loads(check.partition("CMD ")[2])
    command = json.loads(next(line for line in last if line.startswith("CMD"))[4:])
    assert command[0] == "serve"
    words = [str(served.out) if word == "/out" else word for word in command[1:]]
    running = start_service(*words, "--port", "0")
    running.url = running.url.replace("0.0.0.0", "127.0.0.1")
    program = code[2].replace(":5000", f":{running.port}")
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0
    running.kill()
    assert subprocess.run(
        [sys.executable, "-c", program], check=False, capture_output=True
    ).returncode


def docker(*words):
    return subprocess.run(["docker", *words], capture_output=True, text=True, check=False)


def has_docker():
    try:
        return docker("info").returncode == 0
    except FileNotFoundError:
        return False


def test_the_image_serves_where_there_is_a_docker(served):
    if not has_docker():  # then the file is all that can be looked at: docs/serving.md says so
        assert "where `docker info` succeeds" in (PROJECT / "docs" / "serving.md").read_text()
        return
    built = docker("build", "-f", str(FILE), "-t", "geo_ree-test", str(PROJECT))
    assert built.returncode == 0, built.stderr
    at = ("-p", "127.0.0.1::5000", "-v", f"{served.out}:/out:ro")
    started = docker("run", "-d", "--rm", "--read-only", "--tmpfs", "/tmp", *at, "geo_ree-test")
    name = started.stdout.strip()
    try:
        port = docker("port", name, "5000").stdout.rpartition(":")[2].strip()
        assert _answer(f"http://127.0.0.1:{port}/api/collections").status_code == 200
        assert docker("exec", name, "id", "-u").stdout.strip() == "10001"
    finally:
        docker("stop", name)


def _answer(address):
    until = time.monotonic() + 120
    while True:
        try:
            return requests.get(address, timeout=10)
        except requests.ConnectionError:
            assert time.monotonic() < until, "the container does not answer"
            time.sleep(0.5)
