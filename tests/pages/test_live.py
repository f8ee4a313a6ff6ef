"""`gmc-sync serve`, while a night runs and after it."""

import http.client
import json
import os
import signal
import subprocess
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest

from conftest import PROGRAM, drawn, program

HANGING = "1-1RSSQ05"


@contextmanager
def running(*arguments):
    environment = {name: value for name, value in os.environ.items() if name not in ("MONGODB_URI", "OPENSEARCH_URL")}
    process = subprocess.Popen(
        [PROGRAM, *arguments], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )
    try:
        yield process
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=60)


@contextmanager
def serving(data):
    with running("serve", "--port", "0", "--data", data) as process:
        yield process.stdout.readline().strip()


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    data = tmp_path_factory.mktemp("live") / "data"
    program(data, "night", "--doctors", "600")
    return data


def test_a_night_is_watched_until_it_is_over(data, window):
    # given a night in which one body does not answer, and somebody who looks on
    with running("night", "--fault", f"{HANGING}=hang", "--data", data) as night, serving(data) as url:
        answered = 0
        while answered < 12:
            answered += "answered" in night.stderr.readline()
        page = window(f"{url}nights/2", quiet=False)
        assert "12 of 13 bodies have answered" in page.locator("h1").inner_text()
        page.locator("details.meanings summary").click()
        page.locator("details.meanings summary").focus()

        # when the night ends
        night.send_signal(signal.SIGINT)

        # then the page says so by itself, and stays as the reader has it
        page.locator("h1", has_text="East of England failed").wait_for(timeout=60_000)
        assert "interrupted from the keyboard" in page.locator("header").inner_text()
        assert page.locator("details.meanings").get_attribute("open") is not None
        page.locator("main:not([data-live])").wait_for()
        page.get_by_role("link", name="All nights").click()
        page.locator("table.nights tbody tr").first.get_by_role("link", name="2").click()
        page.locator("h1", has_text="Night 2: partly done").wait_for()


def test_what_the_reader_has_chosen_outlives_a_refresh(fixtures, window):
    # given a page that is live, and somebody at work on it
    page = window("about:blank", quiet=False)
    answers = iter(["going-on", "going-on"])
    address = "http://localhost:9/nights/7"
    served = []

    def answer(route):
        name = next(answers, "over")
        served.append(name)
        route.fulfill(body=(fixtures.folder / f"{name}.html").read_bytes(), content_type="text/html; charset=utf-8")

    page.route(address, answer)
    page.goto(address)
    page.get_by_role("button", name="GMC number").click()
    page.get_by_role("button", name="GMC number").click()
    page.locator("#f-what").select_option("left")
    page.get_by_role("searchbox").press_sequentially("wess")
    drawn(page)
    found = page.locator("#found").inner_text()

    # when it refreshes, and the night is over
    page.locator("main:not([data-live])").wait_for()

    # then search, order and focus are as they were, and it asks no more
    assert served == ["going-on", "going-on", "over"]
    assert page.get_by_role("searchbox").input_value() == "wess"
    assert page.locator("#f-what").input_value() == "left"
    assert page.evaluate("document.activeElement.id") == "q"
    assert page.evaluate("document.activeElement.selectionStart") == 4
    assert page.locator("#found").inner_text() == found and found.startswith("3")
    assert page.locator("#people thead th").first.get_attribute("aria-sort") == "descending"
    numbers = page.locator("#people tbody tr:visible th").all_inner_texts()
    assert numbers == sorted(numbers, reverse=True)


def test_a_saved_page_of_a_night_that_goes_on_says_of_when_it_is(data, window, tmp_path):
    with running("night", "--fault", f"{HANGING}=hang", "--data", data) as night:
        while "answered" not in night.stderr.readline():
            pass
        program(data, "report", "--html", tmp_path / "saved.html")
        page = window((tmp_path / "saved.html").as_uri())
        assert "This file was saved at" in page.locator("header").inner_text()
        assert page.locator("main").get_attribute("data-live") is None


def test_only_this_machine_is_answered_and_nothing_is_kept(data):
    with serving(data) as url:
        parts = urlsplit(url)

        def ask(path, host=None, method="GET"):
            connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=10)
            connection.request(method, path, headers={"Host": host or parts.netloc})
            answer = connection.getresponse()
            return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()

        status, headers, page = ask("/")
        assert status == 200 and "nights/1" in page
        assert headers["cache-control"] == "no-store" and headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        for host in ("evil.example", f"evil.example:{parts.port}", "127.0.0.1.evil.example"):
            status, headers, told = ask("/nights/1", host=host)
            assert (status, "Night" in told) == (421, False), host
        assert ask("/nights/1", host=f"localhost:{parts.port}")[0] == 200
        assert ask("/nights/999")[0] == 404 and ask("/nights/x")[0] == 404 and ask("/other")[0] == 404
        assert ask("/", method="POST")[0] == 405


def test_it_listens_on_this_machine_alone(data):
    with running("serve", "--port", "0", "--json", "--data", data) as process:
        text = ""
        while not text.endswith("}\n"):
            text += process.stdout.readline()
        assert json.loads(text)["url"].startswith("http://127.0.0.1:")


def test_a_night_whose_program_was_killed_is_settled_when_its_page_is_asked_for(data, window):
    # given somebody who looks on, and a night that is killed
    with serving(data) as url:
        with running("night", "--fault", f"{HANGING}=hang", "--data", data) as night:
            while "answered" not in night.stderr.readline():
                pass
            page = window(url, quiet=False)
            assert "It is going on" in page.locator("h1").inner_text()
            night.kill()
            night.wait()

        # when its page is asked for again
        page.locator("h1").get_by_role("link").click()

        # then it is over, and says why; and the next night has the data for itself
        page.locator("h1", has_text="East of England failed").wait_for()
        assert "the program that ran the night was stopped" in page.locator(".todo .reason").inner_text()
        program(data, "night")
