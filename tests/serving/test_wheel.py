"""A wheel in a fresh environment runs as a user without rights, whose home takes no file."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
NOBODY = ("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups")
PYTHONS = (sys.executable, "/usr/bin/python3")


@pytest.fixture
def place():
    """A folder that another user reaches, too."""
    folder = Path(tempfile.mkdtemp(prefix="geo-ree-wheel-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)


def become():
    """What runs a command as nobody; where we are no administrator, nothing is needed."""
    return NOBODY if os.getuid() == 0 else ()


def python_of_all():
    """A Python that this user may run without the rights of an administrator."""
    check = "import sys, ensurepip; sys.exit(sys.version_info < (3, 11))"
    for python in PYTHONS:
        program = str(Path(python).resolve())
        # twice: the first program still starts with the rights of the administrator
        done = subprocess.run(
            [*become(), "env", program, "-c", check], check=False, capture_output=True
        )
        if done.returncode == 0:
            return program
    pytest.fail(f"a user without rights can run none of {', '.join(PYTHONS)}")


@pytest.mark.services
def test_a_wheel_runs_and_serves_as_nobody(place):
    wheels, env = place / "wheels", place / "env"
    pip = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "-w", str(wheels), str(PROJECT)]
    subprocess.run(pip, check=True)
    (wheel,) = wheels.glob("geo_ree-*.whl")
    subprocess.run([python_of_all(), "-m", "venv", str(env)], check=True)
    # the index of packages is that of the environment
    install = [env / "bin" / "pip", "install", "-q", "-c", PROJECT / "constraints.txt"]
    subprocess.run([*install, f"{wheel}[serve]"], check=True)
    home, work = place / "home", place / "work"
    home.mkdir(mode=0o555)
    work.mkdir(mode=0o777)
    work.chmod(0o777)
    command = ["env", "-i", "PATH=/usr/bin:/bin", f"HOME={home}", "LANG=C.UTF-8"]

    def run(*words):
        done = subprocess.run(
            [*become(), *command, str(env / "bin" / "geo-ree"), *words],
            cwd=work,
            check=False,
            capture_output=True,
            text=True,
        )
        assert "Traceback" not in done.stderr and done.returncode == 0, done.stderr
        return done

    try:
        assert run("run", "--draws", "10").stdout.endswith("map: out/map.html\n")
        run("export", "--draws", "10", "--format", "gpkg")
        assert (work / "out" / "export" / "geo_ree.gpkg").stat().st_size > 1_000_000
        assert list(home.iterdir()) == []
        assert "Serve a run" in run("serve", "--help").stdout
        serve = [*become(), *command, str(env / "bin" / "geo-ree"), "serve", "--port", "0"]
        with subprocess.Popen(serve, cwd=work, stderr=subprocess.PIPE, text=True) as process:
            assert "OGC API http://127.0.0.1:" in process.stderr.readline()
            process.terminate()
            assert process.wait(30) == 143
    finally:
        home.chmod(0o755)
