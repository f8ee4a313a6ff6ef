"""Text from outside, wherever there is some: nothing of it is taken for a part of the page."""

import csv

import pytest


@pytest.mark.parametrize("dark", [False, True])
def test_hostile_text_is_shown_and_does_nothing(fixtures, window, dark):
    page = window(fixtures.page("hostile"), dark=dark)
    assert page.evaluate("window.harmed") is None
    assert page.locator("main b, main img, main script").count() == 0
    # a command is given as it has to be typed
    page.evaluate("() => document.querySelectorAll('.command').forEach(command => command.remove())")
    text = page.locator("body").inner_text()
    for place in ("dl.facts", ".todo .reason", "p.beside", "#codes", "#unsettled", "#people", "footer"):
        assert "O'Brien & <b>bold</b>" in page.locator(place).first.inner_text(), place
    assert "[U+202E]turned" in text and "\u202e" not in text, "what turns the direction is seen and does not turn it"
    assert "{{ 7*7 }}" in text and " 49 " not in text


def test_long_text_is_cut_and_says_how_long_it_is(fixtures, window):
    page = window(fixtures.page("hostile"), width=320)
    reason = page.locator(".todo .reason").first.inner_text()
    assert len(reason) < 800 and "characters)" in reason
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_what_a_spreadsheet_would_take_for_a_formula_is_a_text(fixtures, window, tmp_path):
    page = window(fixtures.page("hostile"))
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    file = tmp_path / "doctors.csv"
    download.value.save_as(file)
    with file.open(newline="") as content:
        lines = {line["gmc_number"]: line for line in csv.DictReader(content)}
    assert len(lines) == 5
    assert lines["7000002"]["from_code"].startswith("'=HYPERLINK(")
    assert lines["7000003"]["from_code"] == "'-2+3,\"quoted\""
    assert lines["0700005"]["what"] == "left", "leading zeros count"
    assert all(not value.startswith(("=", "+", "-", "@")) for line in lines.values() for value in line.values())


def test_the_policy_lets_nothing_run_that_the_page_was_not_written_with(fixtures, window):
    page = window(fixtures.page("hostile"), quiet=False)
    page.evaluate(
        "() => { const s = document.createElement('script'); s.textContent = 'window.harmed = 3'; document.body.append(s);"
        " document.body.insertAdjacentHTML('beforeend', '<p style=\"color:red\" onclick=\"window.harmed=4\" id=x>x</p>') }"
    )
    page.locator("#x").click()
    assert page.evaluate("window.harmed") is None
    assert page.evaluate("getComputedStyle(document.getElementById('x')).color") != "rgb(255, 0, 0)"
