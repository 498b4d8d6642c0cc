"""The HTML report in a real Chromium. Skipped, saying so, where there is none."""

import io
import json
import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright
from report_values import HOSTILE, api_key, finding, full_finding, location, rule

from monei_guard.model.blob import Skipped
from monei_guard.model.finding import Life, Suppression, Triaged, Verification
from monei_guard.model.levels import Severity
from monei_guard.model.rule import Environment
from monei_guard.reporting.html_report import write_html
from monei_guard.reporting.report import Configuration, Coverage, Report, make_report

_CHROMIUM = next(
    (path for name in ("chromium", "chromium-browser", "google-chrome") if (path := shutil.which(name))), ""
)
pytestmark = [
    pytest.mark.skipif(not _CHROMIUM, reason="there is no Chromium on PATH"),
    pytest.mark.xdist_group("browser"),
]
_DATE = "2026-03-01T10:00:00+00:00"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=_CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Yield a page that fails the test on any script error, refused policy or request to anywhere."""
    page = browser.new_page(viewport={"width": 1280, "height": 900})
    trouble: list[str] = []
    page.on("pageerror", lambda error: trouble.append(str(error)))
    page.on("console", lambda message: trouble.append(message.text))
    page.on("dialog", lambda dialog: trouble.append(dialog.message))
    page.on("request", lambda request: trouble.append(request.url) if not request.url.startswith("file:") else None)
    yield page
    page.close()
    assert trouble == []


def life(*, there: bool) -> Life:
    return Life("a" * 40, "b" * 40, 3, ("refs/heads/main",), there, False, _DATE, "2026-05-01T10:00:00+00:00")


def some(count: int) -> Report:
    rules = (
        ("MG101", "api-key", Severity.CRITICAL),
        ("MG301", "client-env-prefix", Severity.HIGH),
        ("MG406", "no-limit", Severity.INFO),
    )
    triaged = []
    for number in range(count):
        code, name, severity = rules[number % 3]
        one = finding(
            number % 50, code=code, rule=name, severity=severity, fingerprint=f"fp{number}",
            environment=list(Environment)[number % 3], message=f"{name} number {number}",
            life=life(there=number % 2 == 0) if number % 5 == 0 else None,
            location=location(
                f"src{number % 4}/file{number % 97}.js", number + 1, date=_DATE if number % 5 == 0 else None
            ),
        )  # fmt: skip
        quiet = Suppression("baseline", "a sample") if number % 10 == 9 else None
        triaged.append(Triaged(one, quiet, Verification("live", "200") if number == 0 else None))
    return make_report(
        triaged, (Skipped(b"big.bin", "larger than 64 MB"),), version="0.1.0",
        rules=[rule(code, id=name, severity=severity) for code, name, severity in rules],
        coverage=Coverage(1234, 1200, 34_000_000), configuration=Configuration("pyproject.toml", ("MG408",)),
    )  # fmt: skip


def load(page: Page, folder: Path, report: Report, fragment: str = "") -> float:
    """Open the report and return the seconds until it can be used."""
    path = folder / "report.html"
    with path.open("w", encoding="utf-8", newline="\n") as file:
        write_html(report, file)
    start = time.perf_counter()
    page.goto(path.as_uri() + fragment)
    page.wait_for_selector("html[data-ready]", timeout=60_000)
    return time.perf_counter() - start


def count(page: Page) -> str:
    return page.inner_text("#count")


def column(page: Page, number: int) -> list[str]:
    return page.locator(f"tr.row td:nth-child({number})").all_inner_texts()


def test_filters_narrow_the_list_and_reset_shows_all(page: Page, tmp_path: Path) -> None:
    load(page, tmp_path, some(300))
    assert count(page) == "270 of 300 findings"
    page.select_option("#severity", "critical")
    assert count(page) == "90 of 300 findings"
    page.select_option("#environment", "production")
    assert set(column(page, 1)) == {"critical"}
    assert set(column(page, 3)) == {"production"}
    page.click("#reset")
    page.select_option("#state", "suppressed")
    expect(page.locator("#count")).to_have_text("30 of 300 findings")
    page.select_option("#state", "")
    page.fill("#query", "SRC2 number 50")
    expect(page.locator("#count")).to_have_text("3 of 300 findings")
    assert "src2/file50.js:51" in column(page, 4)
    assert page.evaluate("location.hash") == "#query=SRC2+number+50&state="


def test_sorting_follows_the_headings_and_is_announced(page: Page, tmp_path: Path) -> None:
    load(page, tmp_path, some(300))
    assert column(page, 1)[0] == "critical"
    assert page.get_attribute("th:nth-child(1)", "aria-sort") == "descending"
    page.click("th:nth-child(1) button")
    assert column(page, 1)[0] == "info"
    page.click("th:nth-child(4) button")
    where = column(page, 4)
    assert where == sorted(where)
    assert page.get_attribute("th:nth-child(4)", "aria-sort") == "ascending"


def test_links_bring_back_the_view_and_open_the_finding(page: Page, tmp_path: Path) -> None:
    load(page, tmp_path, some(300), "#severity=high&query=src1&sort=path&finding=fp1")
    expect(page.locator("dialog[open]")).to_have_count(1)
    assert page.inner_text("#detail-title") == "high: client-env-prefix number 1"
    assert page.input_value("#query") == "src1"
    page.keyboard.press("Escape")
    expect(page).to_have_url(re.compile(r"#query=src1&severity=high&sort=path$"))
    page.click(".steps li:first-child a")
    expect(page.locator("dialog[open]")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"[#&]finding=fp0\b"))


def test_everything_works_by_keyboard(page: Page, tmp_path: Path) -> None:
    load(page, tmp_path, some(300))
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "query"
    page.keyboard.type("number 2")
    expect(page.locator("#count")).not_to_have_text("270 of 300 findings")
    page.focus("#scroller")
    page.keyboard.press("ArrowDown")
    for key in ("ArrowDown", "ArrowDown", "End", "ArrowUp", "Home", "PageDown"):
        page.keyboard.press(key)
    at = page.evaluate("document.activeElement.dataset.at")
    page.keyboard.press("Enter")
    expect(page.locator("dialog[open]")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.locator("dialog[open]")).to_have_count(0)
    assert page.evaluate("document.activeElement.dataset.at") == at


def test_a_finding_shows_masked_source_what_to_do_and_why(page: Page, tmp_path: Path) -> None:
    load(page, tmp_path, some(30), "#finding=fp0")
    text = page.inner_text("#detail-body")
    for part in (
        'const key = "mni_', "Revoke it in the dashboard", "Why it is bad.", "Use the environment.",
        "the API says: live (200)", "still in HEAD", "https://docs.monei.cc/", "src0/file0.js:1:14",
    ):  # fmt: skip
        assert part in text
    assert api_key(0).decode() not in page.content()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_barrier(page: Page, tmp_path: Path, scheme: Any) -> None:
    page.emulate_media(color_scheme=scheme)
    load(page, tmp_path, some(300))
    for fragment in ("", "#finding=fp0"):
        if fragment:
            page.evaluate(f"location.hash = '{fragment}'")
            page.wait_for_selector("dialog[open]")
        found = Axe().run(page).response["violations"]
        told = [(one["id"], [node["html"][:200] for node in one["nodes"]]) for one in found]
        assert told == []


def test_print_to_pdf_holds_the_summary_and_the_filtered_findings(page: Page, tmp_path: Path) -> None:
    load(page, tmp_path, some(300), "#severity=critical&query=src0")
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    rows = page.locator("#print tr").count()
    assert (
        rows == int(count(page).split(" ")[0].replace(",", "")) + 1
        if page.locator("#count").is_visible()
        else rows > 10
    )
    assert not page.locator("#scroller").is_visible()
    pdf = page.pdf()
    assert pdf.startswith(b"%PDF-")
    assert len(re.findall(rb"/Type\s*/Page\b", pdf)) >= 1
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator("#print tr").count() == 0


def test_hostile_text_runs_nothing_loads_nothing_and_is_shown_as_text(page: Page, tmp_path: Path) -> None:
    triaged = [
        Triaged(
            full_finding(text, number),
            Suppression("inline", text, None, text) if number % 2 else None,
            Verification("live", text),
        )
        for number, text in enumerate(HOSTILE)
    ]
    skipped = [Skipped(text.encode("utf-8", "surrogatepass"), text) for text in HOSTILE]
    report = make_report(
        triaged, skipped, HOSTILE, version="<b>0</b>", rules=[rule(title="<b>x</b>", hint="<script>alert(1)</script>")],
        configuration=Configuration("</style><script>alert(1)</script>", HOSTILE),
    )  # fmt: skip
    load(page, tmp_path, report, "#state=")
    page.select_option("#state", "")
    for number in range(len(HOSTILE)):
        page.evaluate(f"document.querySelector('[data-at=\"{number}\"]')?.click()")
        assert page.locator("#detail-body script, #detail-body img, #detail-body svg, #detail-body iframe").count() == 0
        page.keyboard.press("Escape")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("body script:not(#data)").count() == 1
    assert page.locator("main img, main iframe, main script, main style, main b, main svg script").count() == 0
    links = page.eval_on_selector_all("a", "all => all.map(one => one.getAttribute('href'))")
    assert all(link.startswith(("#", "https://docs.monei.cc/")) for link in links)
    assert "\u202e" not in page.inner_text("body")


def test_the_page_allows_nothing_but_its_own_two_blocks(tmp_path: Path) -> None:
    stream = io.StringIO()
    write_html(some(3), stream)
    (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', stream.getvalue())
    rules = dict(part.strip().split(" ", 1) for part in policy.replace("&#39;", "'").split(";"))
    assert rules["default-src"] == "'none'"
    assert re.fullmatch(r"'sha256-[A-Za-z0-9+/=]{44}'", rules["script-src"])
    assert re.fullmatch(r"'sha256-[A-Za-z0-9+/=]{44}'", rules["style-src"])
    assert rules["require-trusted-types-for"] == "'script'"
    assert not re.search(r'\s(on\w+|style|src)="', stream.getvalue())
    assert not re.search(r"https?://(?!www\.w3\.org/2000/svg|docs\.monei\.cc)", stream.getvalue())


def test_ten_thousand_findings_stay_fluid(page: Page, tmp_path: Path) -> None:
    load(page, tmp_path, some(10_000))
    assert page.locator("tr.row").count() < 100
    took = page.evaluate("""async () => {
        const box = document.querySelector("#scroller"), times = [];
        for (let step = 0; step < 30; step += 1) {
            const start = performance.now();
            box.scrollTop += 4000;
            await new Promise(requestAnimationFrame);
            await new Promise(requestAnimationFrame);
            times.push(performance.now() - start);
        }
        return times.sort((a, b) => a - b)[15];
    }""")
    assert took < 200  # two frames are 33 ms; the bound is for a busy machine
    shown = page.evaluate("document.querySelectorAll('tr.row').length")
    assert 10 < shown < 100
    start = time.perf_counter()
    page.click("th:nth-child(7) button")
    assert column(page, 7)[0].startswith("api-key number")
    assert time.perf_counter() - start < 5


def test_an_empty_report_says_that_all_is_well(page: Page, tmp_path: Path) -> None:
    load(page, tmp_path, make_report((), version="0.1.0"))
    assert "Nothing was found that needs attention." in page.inner_text("main")
    assert count(page) == "0 of 0 findings"
    assert json.loads(page.evaluate("JSON.stringify(document.querySelectorAll('tr.row').length)")) == 0
