# SPDX-License-Identifier: Apache-2.0
# Copyright the goneaway authors
"""A headless Chromium on its DevTools pipe (--remote-debugging-pipe: JSON messages that end with
NUL, on descriptors 3 and 4), with nothing but Python's standard library."""
import base64
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

SECONDS = 60  # for one answer, on a busy machine
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--hide-scrollbars",
           "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
           "--disable-extensions", "--force-color-profile=srgb", "--remote-debugging-pipe")


class Browser:
    def __enter__(self):
        self.profile = tempfile.mkdtemp(prefix="goneaway-browser-")
        from_us, self.to = os.pipe()
        self.source, to_us = os.pipe()

        def descriptors():
            # high first: 3 and 4 may be among those that are to be moved there
            high = [os.dup(os.dup(os.dup(fd))) for fd in (from_us, to_us)]
            os.dup2(high[0], 3)
            os.dup2(high[1], 4)

        self.process = subprocess.Popen(
            [shutil.which("chromium") or "chromium", *OPTIONS, "--user-data-dir=" + self.profile, "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, close_fds=False,
            preexec_fn=descriptors, env=dict(os.environ, HOME=self.profile, DBUS_SESSION_BUS_ADDRESS="disabled:"))
        os.close(from_us)
        os.close(to_us)
        self.buffer, self.number, self.session, self.events = b"", 0, None, []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for room in ("Page", "Runtime", "Log", "Network", "Audits"):
            self.call(room + ".enable")
        return self

    def __exit__(self, *_):
        self.session = None
        try:
            self.call("Browser.close")
            self.process.wait(SECONDS)
        except (OSError, subprocess.TimeoutExpired, AssertionError):
            self.process.kill()
            self.process.wait()
        os.close(self.to)
        os.close(self.source)
        shutil.rmtree(self.profile, ignore_errors=True)

    def call(self, method, **parameters):
        """One command and its result; events that come meanwhile are kept."""
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.to, json.dumps(message).encode() + b"\0")
        while True:
            answer = self.read()
            if answer.get("id") == self.number:
                assert "error" not in answer, "%s: %s" % (method, answer["error"])
                return answer["result"]
            self.events.append(answer)

    def read(self):
        end = time.monotonic() + SECONDS
        while b"\0" not in self.buffer:
            assert select.select([self.source], [], [], max(0, end - time.monotonic()))[0], "Chromium does not answer"
            more = os.read(self.source, 1 << 20)
            assert more, "Chromium has ended"
            self.buffer += more
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def open(self, path, width=1200, height=900, dark=False):
        """Opens a file; what the page did on the way is in `events`."""
        self.events.clear()
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1,
                  mobile=width < 500)
        self.call("Emulation.setEmulatedMedia", media="",
                  features=[{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}])
        self.call("Page.navigate", url="file://" + str(path))
        while not any(event.get("method") == "Page.loadEventFired" for event in self.events):
            self.events.append(self.read())

    def evaluate(self, expression):
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def press(self, key):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", type=kind, key=key, code=key,
                      windowsVirtualKeyCode={"Tab": 9, "Enter": 13}[key], text="\r" if key == "Enter" else "")

    def screenshot(self, path, top=0, height=None, scale=1):
        """The whole page, or the part from `top` on."""
        size = self.call("Page.getLayoutMetrics")["cssContentSize"]
        clip = {"x": 0, "y": top, "width": size["width"], "scale": scale,
                "height": min(height or size["height"], size["height"] - top)}
        answer = self.call("Page.captureScreenshot", format="png", captureBeyondViewport=True, clip=clip)
        with open(path, "wb") as file:
            file.write(base64.b64decode(answer["data"]))

    def print(self, path):
        answer = self.call("Page.printToPDF", printBackground=True, preferCSSPageSize=True)
        with open(path, "wb") as file:
            file.write(base64.b64decode(answer["data"]))

    def requests(self):
        """What was asked for beside the page itself."""
        return [event["params"]["request"]["url"] for event in self.events
                if event.get("method") == "Network.requestWillBeSent"]

    def complaints(self):
        """What the console, the log and the inspector said."""
        found = []
        for event in self.events:
            if event.get("method") in ("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded",
                                       "Audits.issueAdded", "Page.javascriptDialogOpening"):
                found.append(event)
        return found
