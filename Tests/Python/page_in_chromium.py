"""Drives a headless Chromium through steps and reports what it saw.

usage: page_in_chromium.py CHROMIUM < steps.json

The steps are a list of objects with one member each:
  {"open": URL}                       loads a page
  {"until": EXPRESSION, "seconds": N} waits until the JavaScript expression is true in the page
  {"evaluate": EXPRESSION}            its value goes into the report
  {"picture": PATH}                   a PNG of what the page shows
  {"size": [WIDTH, HEIGHT]}           of the window
  {"media": {"NAME": "VALUE"}}        emulated media features
  {"signal": [PID, NUMBER]}           to a process
  {"post": [URL, OBJECT]}             a request of this script's own
  {"put": [SOCKET, PATH, OBJECT]}     the same through a Unix socket
The report is an object: "values" of the evaluations, "requests" with the URL of everything that the page asked for, "complaints" with
what the browser had to say (refused by the policy, uncaught errors). A step that fails ends the script with status 1.

The browser is spoken to over a pipe (--remote-debugging-pipe: descriptors 3 and 4, messages end with a zero byte), so that no port and no
further package is needed.
"""

import base64
import http.client
import json
import os
import select
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request


class Browser:
    def __init__(self, program):
        self.profile = tempfile.mkdtemp(prefix="gossamer-chromium-")
        to_browser, self.writer = os.pipe()
        self.reader, from_browser = os.pipe()

        def connect():
            # Both may lie where the other must go.
            first, second = os.dup(to_browser), os.dup(from_browser)
            os.dup2(first, 3)
            os.dup2(second, 4)

        self.process = subprocess.Popen(
            [program, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
             "--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-proxy-server",
             "--hide-scrollbars", "--remote-debugging-pipe", "--user-data-dir=" + self.profile, "about:blank"],
            preexec_fn=connect, close_fds=False, start_new_session=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_browser)
        os.close(from_browser)
        self.buffer = b""
        self.number = 0
        self.requests, self.complaints = [], []
        self.session = None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(domain + ".enable")

    def call(self, method, **parameters):
        self.number += 1
        message = {"id": self.number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.writer, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + 60
        while True:
            answer = self.receive(deadline, method)
            if answer.get("id") == self.number:
                if "error" in answer:
                    sys.exit(f"{method}: {answer['error']}")
                return answer["result"]
            self.take(answer)

    def receive(self, deadline, what):
        while b"\0" not in self.buffer:
            ready, _, _ = select.select([self.reader], [], [], max(0, deadline - time.monotonic()))
            chunk = os.read(self.reader, 1 << 20) if ready else b""
            if not chunk:
                sys.exit(f"chromium does not answer {what}")
            self.buffer += chunk
        message, self.buffer = self.buffer.split(b"\0", 1)
        return json.loads(message)

    def take(self, event):
        method, parameters = event.get("method"), event.get("params", {})
        if method == "Network.requestWillBeSent":
            self.requests.append(parameters["request"]["url"])
        elif method == "Log.entryAdded" and parameters["entry"]["level"] == "error":
            self.complaints.append(parameters["entry"]["text"] + " " + parameters["entry"].get("url", ""))
        elif method == "Runtime.exceptionThrown":
            self.complaints.append(json.dumps(parameters["exceptionDetails"]))

    def evaluate(self, expression):
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            sys.exit(f"{expression}: {result['exceptionDetails']}")
        return result["result"].get("value")

    def until(self, expression, seconds):
        deadline = time.monotonic() + seconds
        while not self.evaluate(f"Boolean({expression})"):
            if time.monotonic() > deadline:
                text = self.evaluate("document.body.innerText")
                sys.exit(f"not true within {seconds} s: {expression}\ncomplaints: {self.complaints}\nthe page says:\n{text}")
            time.sleep(0.05)

    def picture(self, path):
        data = self.call("Page.captureScreenshot", format="png")["data"]
        with open(path, "wb") as file:
            file.write(base64.b64decode(data))

    def close(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)


class SocketConnection(http.client.HTTPConnection):
    def __init__(self, path):
        super().__init__("localhost", timeout=20)
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self.path)


def put(path, target, value):
    connection = SocketConnection(path)
    connection.request("PUT", target, json.dumps(value), {"content-type": "application/json"})
    answer = connection.getresponse()
    text = answer.read().decode()
    connection.close()
    if answer.status != 200:
        sys.exit(f"PUT {target} {value}: {answer.status} {text}")


def run(browser, steps):
    values = []
    for step in steps:
        (kind, value), *more = step.items()
        if kind == "open":
            browser.call("Page.navigate", url=value)
        elif kind == "until":
            browser.until(value, dict(more).get("seconds", 60))
        elif kind == "evaluate":
            values.append(browser.evaluate(value))
        elif kind == "picture":
            browser.picture(value)
        elif kind == "size":
            browser.call("Emulation.setDeviceMetricsOverride", width=value[0], height=value[1], deviceScaleFactor=1, mobile=False)
        elif kind == "media":
            features = [{"name": name, "value": wanted} for name, wanted in value.items()]
            browser.call("Emulation.setEmulatedMedia", features=features)
        elif kind == "signal":
            os.kill(*value)
        elif kind == "post":
            request = urllib.request.Request(value[0], json.dumps(value[1]).encode(), {"content-type": "application/json"})
            urllib.request.urlopen(request, timeout=20).read()
        elif kind == "put":
            put(*value)
        else:
            sys.exit(f"no step: {kind}")
    return values


def main():
    steps = json.load(sys.stdin)
    browser = Browser(sys.argv[1])
    try:
        values = run(browser, steps)
        browser.evaluate("0")  # what the browser has said so far is read before this is answered
        json.dump({"values": values, "requests": browser.requests, "complaints": browser.complaints}, sys.stdout)
    finally:
        browser.close()


main()
