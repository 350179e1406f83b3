#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-only
"""html.py PAGES SCREENSHOTS [AXE]: looks at each page of a directory in headless Chromium, on phones and on a desk, light
and dark: is it well-formed, does it fit, can it be read, does it stand alone? Says what is wrong and fails. With AXE, the
file axe.min.js, axe-core is asked as well."""

import base64
import fcntl
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree

WIDTHS = {"small-phone": 320, "phone": 390, "desktop": 1280}
SCHEMES = ("light", "dark")
TIMEOUT_S = 60


def high_pipe():
    """A pipe whose ends are out of the way of the numbers that the browser wants."""
    ends = os.pipe()
    high = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends]
    for end in ends:
        os.close(end)
    return high


class Browser:
    """Chromium, spoken to in its DevTools protocol over two pipes: no port, no other program."""

    def __init__(self, profile):
        to_browser, self.write_end = high_pipe()
        self.read_end, from_browser = high_pipe()
        command = ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
                   "--disable-dev-shm-usage", "--remote-debugging-pipe", f"--user-data-dir={profile}"]
        # It reads from descriptor 3 and writes to 4.
        shell = f'exec 3<&{to_browser} 4>&{from_browser} {to_browser}<&- {from_browser}>&-; exec "$@"'
        self.process = subprocess.Popen(["timeout", "--kill-after=5", "300", "bash", "-c", shell, "bash", *command],
                                        pass_fds=(to_browser, from_browser), stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.buffer = b""
        self.number = 0
        self.requests = []
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.call("Page.enable")
        self.call("Network.enable")

    def close(self):
        self.session = None
        self.call("Browser.close")
        self.process.wait(TIMEOUT_S)
        os.close(self.write_end)
        os.close(self.read_end)

    def receive(self):
        while b"\0" not in self.buffer:
            data = os.read(self.read_end, 1 << 20)
            if not data:
                sys.exit("html.py: the browser ended")
            self.buffer += data
        message, self.buffer = self.buffer.split(b"\0", 1)
        message = json.loads(message)
        if message.get("method") == "Network.requestWillBeSent":
            self.requests.append(message["params"]["request"]["url"])
        return message

    def call(self, method, **params):
        self.number += 1
        message = {"id": self.number, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.write_end, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.receive()
            if answer.get("id") == self.number:
                if "error" in answer:
                    sys.exit(f"html.py: {method}: {answer['error']}")
                return answer["result"]

    def show(self, url, width, scheme):
        self.requests = []
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=900, deviceScaleFactor=1,
                  mobile=width < 600)
        self.call("Page.navigate", url=url)
        while self.receive().get("method") != "Page.loadEventFired":
            pass
        # As high as the page: what is below the fold is looked at, too.
        height = self.evaluate("document.documentElement.scrollHeight")
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=min(height, 16000), deviceScaleFactor=1,
                  mobile=width < 600)

    def evaluate(self, script):
        result = self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            sys.exit(f"html.py: {result['exceptionDetails']}")
        return result["result"].get("value")

    def screenshot(self, path):
        data = self.call("Page.captureScreenshot", format="png")["data"]
        path.write_bytes(base64.b64decode(data))


def is_well_formed(page):
    try:
        xml.etree.ElementTree.parse(page)
    except xml.etree.ElementTree.ParseError as error:
        return [f"not well-formed: {error}"]
    return []


ASK_AXE = """axe.run(document, {resultTypes: ["violations"]}).then(({violations}) => violations.flatMap(
  ({id, help, nodes}) => nodes.map(({target}) => `axe: ${id} at ${target}: ${help}`)))"""


def ask_axe(browser, axe):
    """What axe-core finds on the page that is shown; nothing if it is not to be asked."""
    if axe is None:
        return []
    browser.evaluate(axe)
    return browser.evaluate(ASK_AXE)


def examine(browser, page, audit, axe, screenshots):
    problems = is_well_formed(page)
    for name, width in WIDTHS.items():
        for scheme in SCHEMES:
            browser.show(page.as_uri(), width, scheme)
            browser.screenshot(screenshots / f"{page.stem}-{name}-{scheme}.png")
            found = browser.evaluate(audit) + ask_axe(browser, axe)
            found += [f"loads {url}" for url in browser.requests if url != page.as_uri()]
            problems += [f"{name}, {scheme}: {problem}" for problem in found]
    return problems


BROKEN = """<!DOCTYPE html><html><head><title>x</title><style>p { color: #999; background: #fff }</style></head><body>
<h1>a</h1><h1>b</h1><h3>c</h3><p>grey</p><svg role="img"></svg><img src="data:,"/><table><tr><td>x</td></tr></table>
<div style="width: 3000px">wide</div><a href="https://example.org/">out</a></body></html>"""


def check_the_audit(browser, audit, axe, directory):
    """A page on which everything is wrong must not pass."""
    page = directory / "broken.html"
    page.write_text(BROKEN)
    browser.show(page.as_uri(), WIDTHS["phone"], "light")
    found = browser.evaluate(audit)
    for expected in ("contrast", "h1", "jumps", "svg has no name", "img has no name", "no lang", "no header cell",
                     "wider than the screen", "leads out"):
        if not any(expected in problem for problem in found):
            sys.exit(f"html.py: the audit does not see what is wrong with a broken page ({expected}): {found}")
    if axe is not None and not any("color-contrast" in problem for problem in ask_axe(browser, axe)):
        sys.exit("html.py: axe-core does not see what is wrong with a broken page")


def main():
    pages, screenshots, *axe_file = (pathlib.Path(argument).resolve() for argument in sys.argv[1:])
    axe = axe_file[0].read_text() + "; undefined" if axe_file else None
    screenshots.mkdir(parents=True, exist_ok=True)
    audit = pathlib.Path(__file__).with_name("html_audit.js").read_text()
    failed = False
    with tempfile.TemporaryDirectory() as directory:
        browser = Browser(pathlib.Path(directory) / "profile")
        check_the_audit(browser, audit, axe, pathlib.Path(directory))
        for page in sorted(pages.glob("*.html")):
            for problem in dict.fromkeys(examine(browser, page, audit, axe, screenshots)):
                failed = True
                print(f"{page.name}: {problem}")
        browser.close()
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
