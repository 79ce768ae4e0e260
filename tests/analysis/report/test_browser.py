"""The report in a real browser."""

from itertools import pairwise

import pytest

from tests.browser import Watch

FIRST_TABLE = "#methods table >> nth=0"


@pytest.fixture
def opened(browser, report_file):
    """Opens the page in a window of its own; closes it at the end."""
    contexts = []

    def open_page(width=1200, **settings):
        context = browser.new_context(viewport={"width": width, "height": 900}, **settings)
        contexts.append(context)
        page = context.new_page()
        watch = Watch(page)
        page.goto(report_file.as_uri())
        return page, watch

    yield open_page
    for context in contexts:
        context.close()


def column(page, place, table=FIRST_TABLE):
    return page.locator(table).evaluate(
        "(table, place) => [...table.tBodies[0].rows].map(row => row.cells[place].innerText)", place
    )


def head(page, title):
    return page.locator(FIRST_TABLE).get_by_role("button", name=title)


def place_of(page, title):
    heads = page.locator(FIRST_TABLE).locator("thead th").all_inner_texts()
    return [text.strip() for text in heads].index(title)


def leading_number(text):
    return float(text.split()[0].replace(",", "").replace("−", "-"))


def test_it_opens_from_the_disk_and_asks_for_nothing(opened, report_file):
    page, watch = opened()
    assert watch.complaints == []
    assert [url for url in watch.requests if not url.startswith("data:")] == [report_file.as_uri()]
    assert page.title() == "made <up> & tried: 5 methods compared"
    assert page.locator("h1").inner_text().startswith("made <up> & tried")


def test_it_can_be_read_without_scripts(opened, report):
    page, _ = opened(java_script_enabled=False)
    assert column(page, 0) == report.methods
    assert page.locator("#theme").is_hidden()
    assert page.locator("th button").count() == 0


def test_numbers_are_sorted_as_numbers_by_mouse(opened, report):
    page, _ = opened()
    place = place_of(page, "NME, 95 % interval")
    before = [leading_number(text) for text in column(page, place)]
    assert before != sorted(before)
    head(page, "NME").click()
    assert [leading_number(text) for text in column(page, place)] == sorted(before)
    by_error = sorted(report.conditions[0].splits[0].scores, key=lambda score: score.nme.value)
    assert column(page, 0) == [score.method for score in by_error]
    head(page, "NME").click()
    assert [leading_number(t) for t in column(page, place)] == sorted(before, reverse=True)
    sorted_heads = page.locator(FIRST_TABLE).locator("th[aria-sort]")
    assert sorted_heads.count() == 1
    assert sorted_heads.get_attribute("aria-sort") == "descending"


@pytest.mark.parametrize("key", ["Enter", "Space"])
def test_the_keyboard_sorts_and_dashes_stay_last(opened, key):
    page, watch = opened()
    place = place_of(page, "parameters")
    button = head(page, "parameters")
    button.focus()
    for order in ("ascending", "descending"):
        page.keyboard.press(key)
        assert (
            page.locator(FIRST_TABLE).locator("th[aria-sort]").get_attribute("aria-sort") == order
        )
        texts = column(page, place)
        assert texts[-1] == "–"
        numbers = [leading_number(text) for text in texts[:-1]]
        assert numbers == sorted(numbers, reverse=order == "descending")
        assert button.evaluate("button => button === document.activeElement")
    assert watch.complaints == []


def test_words_are_sorted_by_the_alphabet_and_numbers_within_them(opened):
    page, _ = opened()
    head(page, "method").click()
    names = column(page, 0)
    assert names == sorted(names, key=str.casefold)
    page.locator("#scores details").evaluate_all("parts => parts.forEach(part => part.open = true)")
    table = "#scores table >> nth=0"
    page.locator(table).get_by_role("button", name="heatmap_size").click()
    heads = [text.strip() for text in page.locator(table).locator("thead th").all_inner_texts()]
    levels = column(page, heads.index("heatmap_size"), table)
    assert levels == sorted(levels, key=int)
    assert len(set(levels)) == 2


def test_every_figure_is_there_and_has_a_size(opened, report):
    page, _ = opened()
    page.locator("details").evaluate_all("parts => parts.forEach(part => part.open = true)")
    plots = [
        plot
        for condition in report.conditions
        for own in (
            *((split.forest, split.ced, split.calibration) for split in condition.splits),
            *(exhibit.plots for exhibit in (*condition.decomposition, *condition.selection)),
            condition.trainings,
        )
        for plot in own
    ] + [plot for exhibit in (*report.resolution, *report.latency) for plot in exhibit.plots]
    figures = page.locator("figure.plot svg")
    assert figures.count() == len(plots)
    sizes = figures.evaluate_all(
        "all => all.map(one => one.getBoundingClientRect()).map(box => [box.width, box.height])"
    )
    assert all(width > 250 and height > 80 for width, height in sizes)
    drawn = figures.evaluate_all("all => all.map(one => one.querySelectorAll('path').length)")
    assert min(drawn) > 5
    said = page.locator("figure.plot [role=img]").evaluate_all(
        "all => all.map(one => one.getAttribute('aria-label'))"
    )
    assert sorted(said) == sorted(plot.says for plot in plots)
    pictures = page.locator("#faces img")
    tiles = sum(
        len(face.tiles)
        for condition in report.conditions
        for face in (*condition.same_faces, *condition.own_faces)
    )
    assert pictures.count() == tiles > 0
    loaded = pictures.evaluate_all("all => all.map(one => one.complete && one.naturalWidth)")
    assert set(loaded) == {288, 576}


@pytest.mark.parametrize("width", [360, 768])
def test_a_narrow_page_never_scrolls_sideways(opened, width):
    page, _ = opened(width=width)
    page.locator("details").evaluate_all("parts => parts.forEach(part => part.open = true)")
    wide = page.evaluate("document.documentElement.scrollWidth")
    assert wide == width
    box = page.locator("#methods .wide").first
    if width == 360:
        assert box.evaluate("box => box.scrollWidth > box.clientWidth")
    box.focus()
    assert box.evaluate("box => box === document.activeElement")


def colours(page):
    return page.locator("body").evaluate(
        "body => [getComputedStyle(body).backgroundColor, getComputedStyle(body).color]"
    )


def luminance(colour):
    """Relative luminance of ``rgb(…)`` (WCAG 2.2)."""
    parts = [int(part) / 255 for part in colour[colour.index("(") + 1 : -1].split(",")[:3]]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, other):
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def test_light_and_dark_follow_the_system_and_the_button(opened):
    light, _ = opened(color_scheme="light")
    dark, _ = opened(color_scheme="dark")
    assert luminance(colours(light)[0]) > 0.9
    assert luminance(colours(dark)[0]) < 0.05
    for page in (light, dark):
        before = colours(page)
        page.get_by_role("button", name="light and a dark page").click()
        assert colours(page) != before
        page.get_by_role("button", name="light and a dark page").click()
        assert colours(page) == before
    ink = dark.locator("figure.plot svg text").first.evaluate("text => getComputedStyle(text).fill")
    assert contrast(ink, colours(dark)[0]) > 7


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_all_words_stand_out_from_the_page(opened, scheme):
    page, _ = opened(color_scheme=scheme)
    ground = colours(page)[0]
    found = page.locator(
        "p, li, th, td, a, summary, .range, .same, .differs, .caption, figcaption, .warning h2"
    ).evaluate_all("all => [...new Set(all.map(one => getComputedStyle(one).color))]")
    assert len(found) >= 4
    for ink in found:
        assert contrast(ink, ground) >= 4.5, ink


def test_print_shows_what_is_folded(opened):
    page, _ = opened()
    folded = page.locator("#methods details table").first
    assert not folded.is_visible()
    page.emulate_media(media="print")
    folded.wait_for(state="visible")
    assert page.locator("#theme").is_hidden()
    page.emulate_media(media="screen")
    folded.wait_for(state="hidden")
    assert page.pdf(prefer_css_page_size=True)[:5] == b"%PDF-"


def test_print_without_scripts_shows_it_too(opened):
    page, _ = opened(java_script_enabled=False)
    page.emulate_media(media="print")
    assert page.locator("#methods details table").first.is_visible()


def test_parts_of_the_page_have_names(opened):
    page, _ = opened()
    for role in ("main", "navigation", "banner"):
        assert page.get_by_role(role).count() == 1
    targets = page.locator("nav a").evaluate_all(
        "all => all.map(one => document.querySelector(one.getAttribute('href'))?.tagName)"
    )
    assert len(targets) > 10
    assert set(targets) == {"SECTION"}
    levels = page.locator("h1, h2, h3, h4").evaluate_all("all => all.map(one => +one.tagName[1])")
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert page.locator("img:not([alt]), img[alt='']").count() == 0
    assert page.locator("tbody tr > :first-child:not(th[scope=row])").count() == 0
