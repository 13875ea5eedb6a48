# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""The page of `goneaway report` in headless Chromium: it asks for nothing, runs nothing, says nothing
to the console, fits a telephone and paper, and can be read by everybody. Screenshots stay in
build/report."""
import pathlib
import re
import sys
import unittest

HERE = pathlib.Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "milter")]
import browser  # noqa: E402
import ledgers  # noqa: E402
import scenario  # noqa: E402

SHOTS = scenario.BUILD / "report"
HOSTILE = ("<script>window.hit=1</script>", "\"><img src=x onerror=\"window.hit=1\">", "' onmouseover='window.hit=1",
           "</style><script>window.hit=1</script>", "\u202egro.elpmaxe", "\x1b[31mred", "<!--", "]]>", "javascript:alert(1)",
           "a" * 180, "&amp;&lt;")
PAGES = re.compile(rb"/Type\s*/Page[^s]")

# Every text that is seen against what is behind it (WCAG 2.1, 1.4.3): those below 4.5, or 3 when large
CONTRAST = """(() => {
  const rgb = text => text.match(/[\\d.]+/g).map(Number);
  const light = colour => { const [r, g, b] = colour.slice(0, 3).map(c => (c /= 255) <= 0.03928 ? c / 12.92
    : ((c + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = element => { for (; element; element = element.parentElement) {
    const colour = rgb(getComputedStyle(element).backgroundColor);
    if (colour.length < 4 || colour[3] > 0) return colour; } return [255, 255, 255]; };
  const bad = new Map(); let seen = 0;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const element = walker.currentNode.parentElement, style = getComputedStyle(element);
    if (!walker.currentNode.data.trim() || !element.checkVisibility() || element.closest('.hidden, .skip')) continue;
    seen++;
    const one = light(rgb(style.color)), two = light(behind(element));
    const ratio = (Math.max(one, two) + 0.05) / (Math.min(one, two) + 0.05);
    const size = parseFloat(style.fontSize), large = size >= 24 || (size >= 18.66 && style.fontWeight >= 700);
    if (ratio < (large ? 3 : 4.5)) bad.set(element.tagName + '.' + element.className, ratio.toFixed(2));
  }
  return {seen, bad: [...bad]};
})()"""

STRUCTURE = """(() => {
  const bad = [], all = selector => [...document.querySelectorAll(selector)];
  const one = (selector) => { if (all(selector).length !== 1) bad.push(selector + ' ' + all(selector).length); };
  one('h1'); one('main'); one('body > header'); one('nav[aria-label]'); one('body > footer'); one('title');
  if (document.documentElement.lang !== 'en') bad.push('lang');
  const identities = all('[id]').map(e => e.id);
  if (new Set(identities).size !== identities.length) bad.push('ids');
  all('[aria-labelledby]').forEach(e => { if (!document.getElementById(e.getAttribute('aria-labelledby'))) bad.push(e.outerHTML); });
  all('a[href^="#"]').forEach(e => { if (!document.getElementById(e.hash.slice(1))) bad.push(e.outerHTML); });
  all('a').forEach(e => { if (!e.textContent.trim()) bad.push('a without text'); });
  all('table').forEach(t => { if (!t.caption || !t.caption.textContent) bad.push('no caption');
    if (!t.closest('[role=region][tabindex="0"][aria-label]')) bad.push('no region');
    [...t.querySelectorAll('th')].forEach(h => { if (!h.scope) bad.push('no scope'); });
    if (!t.querySelector('tbody th[scope=row]')) bad.push('no row head');
    const columns = t.tHead.rows[0].cells.length;
    [...t.tBodies[0].rows].forEach(r => { if (r.cells.length !== columns) bad.push('cells ' + r.textContent); }); });
  let level = 1;
  all('h1, h2, h3, h4').forEach(h => { const now = +h.tagName[1]; if (now > level + 1) bad.push('level ' + h.textContent); level = now; });
  all('section, article').forEach(s => { if (!s.hasAttribute('aria-labelledby')) bad.push('nameless ' + s.tagName); });
  all('svg').forEach(s => { if (s.getAttribute('aria-hidden') !== 'true') bad.push('svg'); });
  all('.letter').forEach(l => { if (!l.lang) bad.push('letter without lang'); });
  all('script, img, iframe, object, embed, link, form, input, [style], [onclick], [onerror], [onmouseover]')
    .forEach(e => bad.push(e.outerHTML));
  all('a[href]').forEach(e => { if (!/^(https?|mailto):|^#/.test(e.getAttribute('href'))) bad.push(e.outerHTML); });
  return bad;
})()"""


class Page(scenario.Scenario):
    @classmethod
    def setUpClass(cls):
        SHOTS.mkdir(exist_ok=True)
        cls.browser = browser.Browser()
        cls.browser.__enter__()
        cls.addClassCleanup(cls.browser.__exit__, None, None, None)

    def ledger(self, fill=None):
        daemon = self.daemon(domains=[scenario.domain(), scenario.domain("example.org", "observe", ())])
        if fill is not None:
            base = ledgers.connect(daemon.database)
            fill(base)
            base.close()
        return daemon

    def page(self, daemon, *arguments, name="page"):
        path = daemon.dir / (name + ".html")
        code, _, err = self.tool("report", "-c", daemon.path, "-o", path, *arguments)
        self.assertEqual((code, err), (0, ""))
        return path

    def assert_good(self, path, **how):
        """Opens it; nothing is asked for or complained of, nothing is cut off, all is well formed."""
        self.browser.open(path, **how)
        self.assertEqual(self.browser.requests(), ["file://%s" % path])
        self.assertEqual(self.browser.complaints(), [])
        self.assertLessEqual(self.browser.evaluate("document.documentElement.scrollWidth"), how.get("width", 1200))
        self.assertEqual(self.browser.evaluate(STRUCTURE), [])
        self.browser.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        self.assertLessEqual(self.browser.evaluate("document.documentElement.scrollWidth"), how.get("width", 1200))
        contrast = self.browser.evaluate(CONTRAST)
        self.assertGreater(contrast["seen"], 10)
        self.assertEqual(contrast["bad"], [])
        self.browser.evaluate("document.querySelectorAll('details').forEach(d => d.open = false)")

    def test_light_dark_and_small(self):
        path = self.page(self.ledger(ledgers.fill))
        for name, how in (("light", {}), ("dark", {"dark": True}), ("400", {"width": 400, "height": 800}),
                          ("400-dark", {"width": 400, "height": 800, "dark": True}),
                          ("320", {"width": 320, "height": 600}), ("wide", {"width": 2400})):
            with self.subTest(name):
                self.assert_good(path, **how)
                self.browser.screenshot(SHOTS / ("%s.png" % name), 0, 3000)
        self.assertGreater(self.browser.evaluate("document.querySelectorAll('.matrix td').length"), 100)

    def test_a_small_ledger_and_an_empty_one(self):
        daemon = self.ledger()
        self.assert_good(self.page(daemon))
        self.assert_good(self.page(daemon, name="small"), width=400, height=800)
        daemon.send(scenario.service_mail())
        self.assert_good(self.page(daemon))
        self.assert_good(self.page(daemon, name="small"), width=400, height=800)

    def test_hostile_names(self):
        """What strangers and services chose is text, whatever it looks like."""
        services = [("h%d.example" % n, text, text[:40], 5, text, None) for n, text in enumerate(HOSTILE)]

        def fill(base):
            ledgers.fill(base, 600, ("<script>window.hit=1</script>", "\"><svg onload=window.hit=1>", "'x'", "a" * 900,
                                     "\u202e\u0660"), services, dense=1)
            for n, text in enumerate(HOSTILE):
                base.execute("UPDATE contact SET steps = ?, url = ?, privacy = ?, phone = ?, source = ? WHERE service = ?",
                             (text, "https://x.example/" + text, text, text, text, "h%d.example" % n))
            base.execute("UPDATE message SET rule = ?, reply = ? WHERE reply IS NULL", (HOSTILE[0], HOSTILE[1]))
            base.execute("UPDATE account SET note = ?", (HOSTILE[0],))

        daemon = self.ledger(fill)
        path = self.page(daemon)
        for how in ({}, {"width": 400, "height": 800}):
            self.assert_good(path, **how)
            self.assertIsNone(self.browser.evaluate("window.hit ?? null"))
            self.assertIn(HOSTILE[0], self.browser.evaluate("document.body.textContent"))
            self.assertNotRegex(self.browser.evaluate("document.documentElement.textContent"),
                                "[\u202a-\u202e\u2066-\u2069\x00-\x08\x0b-\x1f\x7f-\x9f]")
        code, out, _ = self.tool("report", "-c", daemon.path)
        self.assertEqual(code, 0)
        self.assertNotRegex(out, "[\u202a-\u202e\u2066-\u2069\x00-\x09\x0b-\x1f\x7f-\x9f]")
        # what is to be copied is not cut
        self.assertLessEqual(max(len(line) for line in out.splitlines()
                                 if not re.match("   (e.g.|begin at|privacy|phone|checked) ", line)), 100)

    def test_nothing_can_be_added(self):
        """Were markup to get in after all, the policy would keep it from running and loading."""
        path = self.page(self.ledger())
        text = path.read_text()
        self.assertEqual(text.count("<h1>"), 1)
        path.write_text(text.replace("<h1>", "<script>window.hit=1</script><img src='https://evil.example/x'>"
                                     "<style>h1 { color: red }</style><h1 onclick='window.hit=2'>"))
        self.browser.open(path)
        self.browser.evaluate("document.querySelector('h1').click()")
        self.assertIsNone(self.browser.evaluate("window.hit ?? null"))
        self.assertNotEqual(self.browser.evaluate("getComputedStyle(document.querySelector('h1')).color"), "rgb(255, 0, 0)")
        self.assertTrue(self.browser.complaints())
        failed = [event for event in self.browser.events if event.get("method") == "Network.loadingFailed"]
        self.assertTrue(all(event["params"].get("blockedReason") == "csp" for event in failed), failed)

    def test_keyboard(self):
        """The first stop leads past the links; every table and letter can be reached and opened."""
        path = self.page(self.ledger(ledgers.fill))
        self.browser.open(path)
        self.browser.press("Tab")
        self.assertEqual(self.browser.evaluate("document.activeElement.className"), "skip")
        self.assertGreaterEqual(self.browser.evaluate("document.activeElement.getBoundingClientRect().left"), 0)
        stops = set()
        for _ in range(120):
            self.browser.press("Tab")
            stops.add(self.browser.evaluate("document.activeElement.tagName + '.' + document.activeElement.className"))
            if self.browser.evaluate("document.activeElement.tagName") == "SUMMARY" and \
                    self.browser.evaluate("!!document.activeElement.closest('article')"):
                break
        self.assertLessEqual({"A.", "DIV.scroll", "DIV.scroll matrix", "SUMMARY."}, stops)
        self.browser.press("Enter")
        self.assertTrue(self.browser.evaluate("document.activeElement.parentElement.open"))
        self.assertIn("GDPR", self.browser.evaluate("document.activeElement.parentElement.textContent"))

    def test_paper(self):
        """A few pages without letters; an open letter gets pages of its own."""
        path = self.page(self.ledger(ledgers.fill))
        self.browser.open(path)
        self.browser.print(SHOTS / "page.pdf")
        pages = len(PAGES.findall((SHOTS / "page.pdf").read_bytes()))
        self.assertIn(pages, range(4, 14))
        self.browser.evaluate("document.querySelector('article details').open = true")
        self.browser.print(SHOTS / "letter.pdf")
        self.assertGreater(len(PAGES.findall((SHOTS / "letter.pdf").read_bytes())), pages)


if __name__ == "__main__":
    unittest.main(verbosity=2)
