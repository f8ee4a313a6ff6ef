"""What is on the page of a night, and whether somebody who has never seen it finds an answer."""

import csv
import json
import shlex

from playwright.sync_api import expect

from conftest import NORTH_EAST, WESSEX, drawn, program


def row(page, region):
    return page.locator("table.bodies tbody tr", has=page.locator("th", has_text=region))


def test_who_disappeared_from_wessex_and_why_is_one_click_away(nights, window):
    page = window(nights.page("good"))
    report = json.loads(program(nights.data, "report", "3", "--json"))
    left = {doctor["gmcNumber"] for doctor in report["doctors"] if doctor["what"] == "left" and doctor["from"] == WESSEX}
    assert left, "the test shows nothing"

    page.locator("h1").get_by_text("Everyone is accounted for: 13 of 13 bodies done.").wait_for()
    cell = row(page, "Wessex").locator("td[data-column=left] a")
    assert cell.inner_text().startswith(str(len(left)))
    cell.click()

    shown = page.locator("#people tbody tr:visible")
    assert {shown.nth(place).locator("th").inner_text() for place in range(shown.count())} == left
    reason = shown.first.locator("td").last.inner_text()
    unusable = next(body["loss"]["unusable"] for body in report["bodies"] if body["code"] == WESSEX)
    assert unusable > 1, "the test shows nothing"
    assert reason == (
        "not in Wessex’s complete answer, nor in any other body’s; "
        f"{unusable} records there have no usable GMC number"
    )
    assert page.evaluate("document.activeElement.id") == "found"
    assert page.locator("#found").inner_text().startswith(f"{len(left)} of ")


def test_a_night_that_went_wrong_says_what_and_what_to_do(nights, window):
    page = window(nights.page("bad"))
    report = json.loads(program(nights.data, "report", "4", "--json"))
    loss = next(body["loss"]["left"] for body in report["bodies"] if body["code"] == WESSEX)

    headline = page.locator("h1").inner_text()
    assert f"Wessex is held: {loss} doctors would have left. Nobody has left it." in headline
    assert "North East failed" in headline
    states = {name: row(page, name).locator(".state").inner_text().strip() for name in ("Wessex", "North East", "South London")}
    assert states["Wessex"].startswith("held") and states["North East"].startswith("failed")
    assert states["South London"] == "done", "a word, not a colour alone"
    assert page.locator("table.bodies tbody .state svg").count() == 13, "and a shape"

    todo = page.locator(".todo", has_text="Wessex")
    commands = todo.locator("code").all_inner_texts()
    assert shlex.split(commands[0]) == [
        "gmc-sync", "night", "--bodies", WESSEX, "--accept", f"{WESSEX}={loss}", "--data", str(nights.data),
    ]
    assert json.loads(commands[1]) == {"bodies": [WESSEX], "accept": {WESSEX: loss}}
    failed = page.locator(".todo", has_text="North East")
    assert "return code 81" in failed.inner_text()
    assert json.loads(failed.locator("code").nth(1).inner_text()) == {"bodies": [NORTH_EAST]}


def test_who_would_leave_a_held_body_is_one_click_away(nights, window):
    page = window(nights.page("bad"))
    report = json.loads(program(nights.data, "report", "4", "--json"))
    held = next(body for body in report["bodies"] if body["code"] == WESSEX)
    row(page, "Wessex").locator("td[data-column=left] a", has_text="would").click()
    drawn(page)
    shown = page.locator("#people tbody tr:visible")
    assert shown.count() == held["loss"]["left"]
    assert "still there, because Wessex is held" in shown.first.inner_text()


def test_a_command_is_copied_as_it_stands(nights, window):
    page = window(nights.page("bad"))
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    todo = page.locator(".todo", has_text="Wessex")
    todo.get_by_role("button", name="Copy Command for Wessex").click()
    todo.get_by_text("Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == todo.locator("code").first.inner_text()


def test_figures_stand_beside_the_night_before(nights, window):
    page = window(nights.page("good"))
    report = json.loads(program(nights.data, "report", "3", "--json"))
    before = {body["code"]: body["returned"] for body in report["previous"]["bodies"]}
    now = next(body["returned"] for body in report["bodies"] if body["code"] == WESSEX)
    told = row(page, "Wessex").locator("td[data-column=returned] .less").inner_text()
    assert told == f"−{before[WESSEX] - now}"
    assert "Compared with night 2" in page.locator("table.bodies caption").inner_text()


def test_times_are_londons_with_utc_beside(nights, window):
    facts = window(nights.page("good")).locator("dl.facts").first.inner_text()
    assert "UTC)" in facts and ("GMT" in facts or "BST" in facts)
    assert "an operator, on the command line" in facts and "for at most" in facts


def test_the_timeline_says_in_words_what_it_draws(nights, window):
    page = window(nights.page("bad"))
    lanes = page.locator("table.timeline tbody tr")
    assert lanes.count() == 14
    label = lanes.filter(has_text="Wessex").locator("svg").get_attribute("aria-label")
    assert "answered and applied after" in label and "hidden for at most" in label
    assert page.locator("table.timeline rect[fill^=url]").count() > 0, "the hidden window has a pattern, not a colour alone"


def test_rejected_records_and_unreadable_fields_are_told_with_the_reason(nights, window):
    page = window(nights.page("bad"))
    assert "the same GMC number again" in page.locator("#rejected").inner_text()
    assert "South West" in page.locator("#rejected").inner_text()
    assert "submissionDate" in page.locator("#fields").inner_text()


def test_a_dry_run_says_that_nothing_was_written(nights, window):
    page = window(nights.page("dry"))
    assert "A dry run: nothing was written" in page.locator("header").inner_text()
    assert page.locator("#changes").count() == 1


def test_the_list_is_searched_by_number_region_code_and_what(nights, window):
    page = window(nights.page("good"))
    rows = page.locator("#people tbody tr")
    search = page.get_by_role("searchbox")
    number = rows.first.locator("th").inner_text()
    for text, fits in [(number, number), ("wessex LEFT", WESSEX), (WESSEX.lower(), WESSEX), ("moved", "moved")]:
        search.fill(text)
        drawn(page)
        visible = [shown for shown in rows.all() if shown.is_visible()]
        assert visible and all(fits in shown.inner_text() for shown in visible), text
    search.fill("nobody has this")
    page.locator("#found").get_by_text("0 of").wait_for()
    page.get_by_role("button", name="Show all").click()
    expect(page.locator("#found")).to_have_text(f"{rows.count()} doctors.")
    assert page.locator("#found").get_attribute("aria-live") == "polite"


def test_the_list_is_sorted_both_ways_by_the_keyboard(nights, window):
    page = window(nights.page("good"))
    button = page.get_by_role("button", name="GMC number")
    numbers = lambda: page.locator("#people tbody th").all_inner_texts()  # noqa: E731
    button.focus()
    page.keyboard.press("Enter")
    assert numbers() == sorted(numbers())
    head = page.locator("#people thead th").first
    assert head.get_attribute("aria-sort") == "ascending"
    page.keyboard.press("Enter")
    assert numbers() == sorted(numbers(), reverse=True) and head.get_attribute("aria-sort") == "descending"
    assert page.evaluate("document.activeElement.id") == "sort-0", "the focus stays"


def test_what_is_shown_is_downloaded_as_csv(nights, window, tmp_path):
    page = window(nights.page("good"))
    row(page, "Wessex").locator("td[data-column=left] a").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as CSV").click()
    assert download.value.suggested_filename == "gmc-sync-run-3-doctors.csv"
    file = tmp_path / "doctors.csv"
    download.value.save_as(file)
    content = file.read_bytes()
    assert content.count(b"\r\n") == content.count(b"\n"), "RFC 4180"
    lines = list(csv.DictReader(content.decode().splitlines()))
    assert len(lines) == page.locator("#people tbody tr:visible").count() > 0
    assert all((line["what"], line["from_code"], line["from_region"]) == ("left", WESSEX, "Wessex") for line in lines)


def test_the_first_tab_leads_past_the_head_of_the_page(nights, window):
    page = window(nights.page("bad"))
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the content"
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('main') !== null")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid", "the focus is seen"
