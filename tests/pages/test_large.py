"""A night of 60,000 doctors with 2,000 changes, and a first night."""

import pytest

MEGABYTE = 1_000_000


@pytest.mark.parametrize("name,rows", [("large", 2_000), ("first", 1_000)])
def test_a_large_night_is_a_small_page(fixtures, window, capsys, name, rows):
    size = (fixtures.folder / f"{name}.html").stat().st_size
    page = window(fixtures.page(name))
    assert page.locator("#people tbody tr").count() == rows
    ready = page.evaluate("performance.getEntriesByType('navigation')[0].domComplete")
    searched = page.evaluate(
        "() => { const q = document.getElementById('q'); q.value = 'wessex'; const begun = performance.now();"
        " return new Promise(done => { q.dispatchEvent(new Event('input', {bubbles: true}));"
        " requestAnimationFrame(() => setTimeout(() => done(performance.now() - begun))); }); }"
    )
    with capsys.disabled():
        print(f"\n{name}: {size:,} bytes, ready after {ready:.0f} ms, searched in {searched:.0f} ms")
    assert size < MEGABYTE
    assert "doctors." in page.locator("#found").inner_text()


def test_a_first_night_says_how_many_are_left_out_and_where_they_are(fixtures, window):
    page = window(fixtures.page("first"))
    told = page.locator(".left-out").inner_text()
    assert "59,000 new doctors are left out" in told and "gmc-sync report 7 --json" in told
    assert "new (60000)" in page.locator("#f-what").inner_text(), "the count is of all"
