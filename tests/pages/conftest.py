"""A browser, and pages that the real program has written of real nights."""

import os
import shutil
import signal
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[2]
TARGET = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug"
PROGRAM = TARGET / "gmc-sync"
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]

# A shell script starts its background jobs with SIGINT ignored, and they pass that on to what they start. A signal that is
# handled here has its default action there.
signal.signal(signal.SIGINT, signal.default_int_handler)

WESSEX, SOUTH_WEST, NORTH_EAST = "1-1RUZUSF", "1-1RUZUVB", "1-1RSSQ1B"


def program(data, *arguments, status=0):
    """Runs the program on a data directory, and returns what it printed."""
    environment = {name: value for name, value in os.environ.items() if name not in ("MONGODB_URI", "OPENSEARCH_URL")}
    ended = subprocess.run(
        [PROGRAM, *arguments, "--data", data], env=environment, capture_output=True, text=True, check=False,
    )
    assert ended.returncode == status, ended
    return ended.stdout


def drawn(page):
    """Waits until the browser has drawn what was typed."""
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


@dataclass
class Nights:
    """Pages of nights that were run."""

    data: Path
    folder: Path

    def page(self, name):
        return (self.folder / f"{name}.html").as_uri()


@pytest.fixture(scope="session")
def nights(tmp_path_factory):
    """Two good nights, one in which a few left Wessex, one in which much went wrong, and a dry run."""
    folder = tmp_path_factory.mktemp("nights")
    data = folder / "data"
    program(data, "night", "--doctors", "2600", "--nights", "2")
    program(data, "night", "--fault", f"{WESSEX}=null-numbers")
    program(data, "report", "--html", folder / "good.html")
    faults = [f"{WESSEX}=half", f"{NORTH_EAST}=code-81", f"{SOUTH_WEST}=duplicate-numbers", "1-1RSSQ2H=odd-dates"]
    options = [part for fault in faults for part in ("--fault", fault)]
    program(data, "night", "--max-disconnected-min", "10", *options, status=3)
    program(data, "report", "--html", folder / "bad.html")
    program(data, "night", "--dry-run")
    program(data, "report", "--html", folder / "dry.html")
    program(data, "runs", "--html", folder / "nights.html")
    return Nights(data, folder)


@pytest.fixture(scope="session")
def fixtures(tmp_path_factory):
    """Pages that no night makes on demand."""
    folder = tmp_path_factory.mktemp("fixtures")
    subprocess.run([TARGET / "examples" / "fixtures", folder], check=True)
    return Nights(folder, folder)


@pytest.fixture(scope="session")
def chromium():
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield browser
        browser.close()


@dataclass
class Window:
    """A page that is open, and everything that it did which it should not do."""

    page: object
    faults: list = field(default_factory=list)
    requests: list = field(default_factory=list)

    def watch(self):
        self.page.on("console", lambda said: self.faults.append(said.text) if said.type in ("error", "warning") else None)
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("dialog", lambda dialog: self.faults.append(dialog.message))
        self.page.on("request", lambda request: self.requests.append(request.url))
        return self


@pytest.fixture
def window(chromium):
    """Opens pages; after the test it is checked that none asked the network, or said that something is wrong."""
    opened, contexts = [], []

    def open_page(url, *, width=1280, dark=False, script=True, quiet=True):
        context = chromium.new_context(
            viewport={"width": width, "height": 900}, color_scheme="dark" if dark else "light",
            java_script_enabled=script, locale="en-GB",
        )
        contexts.append(context)
        window = Window(context.new_page()).watch()
        if quiet:
            opened.append(window)
        window.page.goto(url)
        return window.page

    yield open_page
    for window in opened:
        assert window.faults == []
        outside = [url for url in window.requests if not url.startswith(("file:", "blob:", "data:"))]
        assert outside == [], "a page asked the network"
    for context in contexts:
        context.close()
