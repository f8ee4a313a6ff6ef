"""Reading: on a phone, in the dark, without script, with a screen reader, and on paper."""

import pytest
from axe_playwright_python.sync_playwright import Axe

PAGES = ["good", "bad", "dry", "nights", "hostile", "slow-loss"]


@pytest.fixture
def address(nights, fixtures):
    of_fixtures = {"hostile": "hostile", "slow-loss": "nights"}
    return lambda name: fixtures.page(of_fixtures[name]) if name in of_fixtures else nights.page(name)


@pytest.mark.parametrize("width,dark", [(1280, False), (1280, True), (320, False), (320, True)])
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(address, window, name, width, dark):
    page = window(address(name), width=width, dark=dark)
    page.evaluate("() => document.querySelectorAll('details').forEach(details => { details.open = true; })")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("name", PAGES)
def test_a_narrow_page_does_not_scroll_sideways(address, window, name):
    page = window(address(name), width=320)
    page.evaluate("() => document.querySelectorAll('details').forEach(details => { details.open = true; })")
    assert page.evaluate("document.documentElement.scrollWidth") == 320


def test_light_and_dark_are_what_the_reader_has_chosen(address, window):
    def paper(dark):
        page = window(address("bad"), dark=dark)
        return page.evaluate("getComputedStyle(document.documentElement).backgroundColor")

    assert paper(dark=False) == "rgb(255, 255, 255)"
    assert paper(dark=True) == "rgb(18, 23, 28)"


def test_without_script_everything_can_be_read_and_found(address, window):
    page = window(address("good"), script=False)
    assert page.locator("h1").is_visible() and not page.locator("form.find").is_visible()
    assert all(row.is_visible() for row in page.locator("#people tbody tr").all())
    link = page.locator("table.bodies td[data-column=left] a").first
    target = page.locator(link.get_attribute("href"))
    assert "left" in target.inner_text(), "a figure leads to the first of those whom it counts"


def test_on_paper_there_are_no_buttons_and_black_stands_on_white(address, window):
    page = window(address("bad"), dark=True)
    page.emulate_media(media="print", color_scheme="dark")
    assert not any(button.is_visible() for button in page.locator("button").all())
    assert page.evaluate("getComputedStyle(document.documentElement).backgroundColor") == "rgb(255, 255, 255)"


def test_a_page_says_its_language_and_what_it_is(address, window):
    page = window(address("bad"))
    assert page.evaluate("document.documentElement.lang") == "en-GB"
    assert page.title() == "Night 4: partly done · GMC sync"
    for table in page.locator("table").all():
        assert table.locator("caption").count() == 1
    assert page.locator("h1").count() == 1
