"""Firefox, driven by a script of node's: the test starts both, and ends them."""

import json
import os
import shutil
import signal
import subprocess
import threading
from pathlib import Path

import pytest

HOME = Path(__file__).parents[2] / ".servers/page"
SCRIPT = Path(__file__).with_name("drive.mjs")
FIREFOX = next((found for name in ("firefox-esr", "firefox") if (found := shutil.which(name))), "")
LONGEST_S = 120


class Firefox:
    """Firefox without network, and the script that drives it."""

    def __init__(self):
        self.node = subprocess.Popen(
            ["node", str(SCRIPT), str(HOME), FIREFOX],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )
        self.pages = 0
        self.firefox = self._answer()

    def __call__(self, action, **arguments):
        self.node.stdin.write(json.dumps({"do": action, **arguments}) + "\n")
        self.node.stdin.flush()
        return self._answer()

    def _answer(self):
        """Read an answer; a browser that hangs is killed, so that reading ends."""
        clock = threading.Timer(LONGEST_S, self.node.kill)
        clock.start()
        try:
            line = self.node.stdout.readline()
        finally:
            clock.cancel()
        answer = json.loads(line or '{"error": "Firefox or its driver has ended"}')
        if "error" in answer:
            raise AssertionError(answer["error"])
        return answer["value"]

    def end(self):
        """End the driver, which closes Firefox; what does not end in time is killed."""
        self.node.stdin.close()
        try:
            assert self.node.wait(30) == 0
        except subprocess.TimeoutExpired:
            self.node.kill()
            self.node.wait(10)
            os.kill(self.firefox, signal.SIGKILL)
        finally:
            self.node.stdout.close()


class Visit:
    """A page open in Firefox, with the methods that the tests in Chromium use."""

    def __init__(self, firefox, path, width, height, ready, fragment):
        firefox.pages += 1
        self._firefox, self._page = firefox, firefox.pages
        address = path.as_uri() + fragment
        self._do("open", width=width, height=height, address=address)
        if ready:
            self.until("typeof geoRee === 'object' && !!geoRee.map()")

    def _do(self, action, **arguments):
        return self._firefox(action, page=self._page, **arguments)

    @property
    def trouble(self):
        """Errors and warnings of the console, uncaught errors and dialogs."""
        return self._do("seen")["trouble"]

    @property
    def asked(self):
        """Requests for anything that is not in the page."""
        return [url for url in self._do("seen")["asked"] if not url.startswith("data:")]

    def value(self, script):
        return self._do("value", script=script)

    def run(self, statements):
        self.value(f"(() => {{ {statements}; }})()")

    def until(self, script, seconds=10):
        """Wait until a script gives true."""
        if not self._do("until", script=script, seconds=seconds):
            raise AssertionError(f"the page did not come to {script}: {self.trouble}")

    def text(self, selector):
        return self.value(f"document.querySelector({json.dumps(selector)})?.innerText ?? null")

    def click(self, selector):
        self._do("click", selector=selector)

    def press(self, key):
        self._do("press", key=key)

    def type(self, selector, text):
        self._do("type", selector=selector, text=text)

    def back(self):
        self._do("back")

    def resize(self, width, height):
        self._do("resize", width=width, height=height)

    def pdf(self, path):
        self._do("pdf", path=str(path))
        return path

    def screenshot(self, path):
        self._do("screenshot", path=str(path))
        return path

    def close(self):
        self._do("close")


@pytest.fixture(scope="module")
def firefox(require):
    """Firefox, running as long as the tests of the file do."""
    require(bool(FIREFOX), "Firefox is missing (Debian: firefox-esr)")
    require(shutil.which("node") is not None, "node is missing: make servers installs it")
    require(
        (HOME / "node_modules/puppeteer-core").is_dir(),
        f"puppeteer-core is missing in {HOME}: make servers installs it",
    )
    running = Firefox()
    yield running
    running.end()


@pytest.fixture
def fox(firefox):
    """Gives a function that opens a page in Firefox."""
    opened = []

    def open_page(path, width=1280, height=800, *, ready=True, fragment=""):
        opened.append(Visit(firefox, path, width, height, ready, fragment))
        return opened[-1]

    yield open_page
    for visit in opened:
        visit.close()


@pytest.fixture(scope="session")
def starter_page(starter_run):
    """The result of the starter run, and the path of its page."""
    return starter_run.result, starter_run.out / "map.html"
