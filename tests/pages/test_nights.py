"""The page of the past nights."""


def test_past_nights_are_listed_latest_first(nights, window):
    page = window(nights.page("nights"))
    rows = page.locator("table.nights tbody tr")
    assert [row.locator("th").inner_text() for row in rows.all()] == ["5", "4", "3", "2", "1"]
    assert "held: Wessex; failed: North East" in rows.nth(1).inner_text()
    assert "dry run" in rows.first.inner_text()
    assert page.locator("h1").inner_text().startswith("Dry run 5,"), "what came of no night is not taken for one"


def test_a_slow_loss_is_told_in_words_and_one_bad_night_is_not_taken_for_one(fixtures, window):
    page = window(fixtures.page("nights"))
    warning = page.locator(".warn li").all_inner_texts()
    assert warning == ["Wessex: down 8 % in 30 days (3,270 to 3,000)."]
    picture = page.locator("table.trends tr", has_text="Wessex").locator("svg.spark")
    assert "between 3,000 and 3,801 doctors over 90 nights" in picture.get_attribute("aria-label")
    assert page.locator("table.trends tbody tr").count() == 14
    assert page.locator("table.nights tbody tr").count() == 90
