"""A headless Chromium, driven over a pipe by its DevTools protocol."""

from __future__ import annotations

import base64
import json
import os
import select
import shutil
import subprocess
import time
from pathlib import Path

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
_TEXT = """(() => {
  const found = [], open = [document.body];  // null while a page is loading
  while (open.length) {
    const node = open.pop();
    if (!node) continue;
    if (node.nodeType === Node.TEXT_NODE) { found.push(node.textContent.trim()); continue; }
    if (['SCRIPT', 'STYLE', 'TEMPLATE'].includes(node.tagName)) continue;
    open.push(...[...node.childNodes].reverse());
    if (node.shadowRoot) open.push(...[...node.shadowRoot.childNodes].reverse());
    if (node.tagName === 'IFRAME' && node.contentDocument) open.push(node.contentDocument.body);
  }
  return found.filter(text => text).join('\\n');
})()"""


def find() -> str | None:
    """Where Chromium is, or None."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


class Browser:
    """One window of a browser of its own."""

    def __init__(self, folder: Path, size=(1400, 1000)) -> None:
        read, self._out = os.pipe()
        self._in, write = os.pipe()
        os.set_inheritable(read, True)
        os.set_inheritable(write, True)

        def as_three_and_four():
            # Copies above first: either end may be 3 or 4 already.
            a, b = os.dup(read), os.dup(write)
            os.dup2(a, 3)
            os.dup2(b, 4)

        self._process = subprocess.Popen(
            [find(), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars",
             "--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader",
             "--disable-dev-shm-usage", "--remote-debugging-pipe",
             f"--user-data-dir={folder}", f"--window-size={size[0]},{size[1]}"],
            close_fds=False, preexec_fn=as_three_and_four, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(read)
        os.close(write)
        self._number, self._rest, self._session = 0, b"", None
        target = self.ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self.ask("Target.attachToTarget", targetId=target, flatten=True)[
            "sessionId"]
        self.ask("Page.enable")

    def ask(self, method, seconds=60, **params):
        """The result of a command."""
        self._number += 1
        command = {"id": self._number, "method": method, "params": params}
        if self._session:
            command["sessionId"] = self._session
        os.write(self._out, json.dumps(command).encode() + b"\0")
        end = time.monotonic() + seconds
        while True:
            answer = self._message(end)
            if answer.get("id") == self._number:
                assert "error" not in answer, answer
                return answer["result"]

    def _message(self, end):
        while b"\0" not in self._rest:
            left = end - time.monotonic()
            ready, _, _ = select.select([self._in], [], [], max(0, left))
            assert ready, "the browser does not answer"
            data = os.read(self._in, 1 << 20)
            assert data, "the browser has ended"
            self._rest += data
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)

    def run(self, script):
        """The value of a JavaScript expression."""
        found = self.ask("Runtime.evaluate", expression=script, returnByValue=True,
                         awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    def text(self):
        """Every text of the page, those of its components too."""
        return self.run(_TEXT)

    def open(self, url, *words, seconds=20):
        """Go to a page and wait until it shows these words."""
        self.ask("Page.navigate", url="about:blank")
        self.ask("Page.navigate", url=url)
        return self.wait(*words, seconds=seconds)

    def wait(self, *words, seconds=60):
        """Wait until the page shows these words; its text."""
        end = time.monotonic() + seconds
        while True:
            found = self.text() or ""
            missing = [word for word in words if word not in found]
            if not missing:
                return found
            assert time.monotonic() < end, f"the page lacks {missing}; it shows: {found[:2000]}"
            time.sleep(0.2)

    def screenshot(self, path: Path, seconds=15) -> bytes:
        """The page as a PNG file, when it has come to rest."""
        end, before, data = time.monotonic() + seconds, b"", self._shown()
        while data != before and time.monotonic() < end:
            time.sleep(1.5)
            before, data = data, self._shown()
        path.write_bytes(data)
        return data

    def _shown(self) -> bytes:
        return base64.b64decode(self.ask("Page.captureScreenshot", format="png")["data"])

    def close(self):
        self._process.kill()
        self._process.wait(30)
        os.close(self._in)
        os.close(self._out)
