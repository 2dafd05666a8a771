"""A varved under test: starts the real binary on a free loopback port, stops it, kills it, starts
it again on the same folder, and asks it over HTTP.

The binary is $VARVED, or the release build beside the sources. Every process ends with the test: by
atexit, and by the kernel should the test itself be killed. Every wait has a limit."""
import atexit
import ctypes
import http.client
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PEERS_FOLDER = os.environ.get("VARVE_PEERS", os.path.join(REPOSITORY, "build", "peers"))
EXIT_SKIPPED = 77
START_TIMEOUT_S = 60
STOP_TIMEOUT_S = 60
REQUEST_TIMEOUT_S = 60

# Takes samples and lines of any age and adds nothing to them.
PLAIN_FLAGS = (
    "--storage.retention.time=0",
    "--logs.discover-service-name=false",
    "--logs.discover-level=false",
)


def find_binary(variable, path_in_build):
    for path in (os.environ.get(variable), os.path.join(REPOSITORY, "build/release", path_in_build),
                 os.path.join(REPOSITORY, "build/run", path_in_build)):
        if path and os.access(path, os.X_OK):
            return path
    sys.exit(f"no {path_in_build}: set {variable} or build the release preset")


def skip(reason):
    print(f"skipped: {reason}", flush=True)
    sys.exit(EXIT_SKIPPED)


def end_with_parent():
    """Runs in the child: the kernel kills it when the test ends, whatever way that happens."""
    pr_set_pdeathsig = 1
    ctypes.CDLL(None).prctl(pr_set_pdeathsig, signal.SIGKILL)


def start_process(command, log_path, **options):
    """A child that writes to `log_path` and never outlives the test."""
    log = open(log_path, "ab")
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                               preexec_fn=end_with_parent, **options)
    log.close()
    atexit.register(end_process, process, 5)
    return process


def end_process(process, timeout_s=STOP_TIMEOUT_S):
    if process.poll() is not None:
        return process.returncode
    process.terminate()
    try:
        return process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait(10)


def temporary_folder(name):
    """A folder that goes away with the test."""
    path = tempfile.mkdtemp(prefix=f"varve-{name}-")
    atexit.register(shutil.rmtree, path, ignore_errors=True)
    return path


def wait_until(condition, timeout_s, what, pause_s=0.02):
    end = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"waited {timeout_s} s in vain: {what}")
        time.sleep(pause_s)


class HttpConnection:
    """One keep-alive connection; opened again when the server closed it between two requests."""

    def __init__(self, address, timeout_s=REQUEST_TIMEOUT_S):
        self.address = address
        self.timeout_s = timeout_s
        self.connection = None

    def request(self, method, target, body=None, headers=None):
        """(status, headers, body). Raises OSError when there is no answer."""
        fresh = self.connection is None
        if fresh:
            self.connection = http.client.HTTPConnection(self.address, timeout=self.timeout_s)
        try:
            self.connection.request(method, target, body, headers or {})
            answer = self.connection.getresponse()
            content = answer.read()
        except (http.client.HTTPException, OSError) as error:
            self.close()
            may_repeat = not fresh and method in ("GET", "HEAD")
            if may_repeat:
                return self.request(method, target, body, headers)
            raise error if isinstance(error, OSError) else OSError(repr(error))
        if answer.will_close:
            self.close()
        return answer.status, answer.headers, content

    def close(self):
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class Varved:
    """One data folder and the server on it."""

    def __init__(self, *flags, folder=None, plain=True, name="varved"):
        self.binary = find_binary("VARVED", "server/varved")
        self.flags = (PLAIN_FLAGS if plain else ()) + flags
        self.folder = folder or temporary_folder(name)
        self.data = os.path.join(self.folder, "data")
        self.log_path = os.path.join(self.folder, "varved.log")
        self.process = None
        self.address = None
        self.local = threading.local()

    def start(self, wait=True):
        """Returns the seconds until it was ready."""
        begin = time.monotonic()
        log_from = os.path.getsize(self.log_path) if os.path.exists(self.log_path) else 0
        self.process = start_process(
            [self.binary, "--web.listen-address=127.0.0.1:0", f"--storage.path={self.data}",
             *self.flags], self.log_path)
        if not wait:
            return 0.0

        def is_listening():
            if self.process.poll() is not None:
                raise RuntimeError(f"varved exited {self.process.returncode}: {self.log_tail()}")
            with open(self.log_path, errors="replace") as log:
                log.seek(log_from)
                found = re.search(r'msg="?listening"?.*address="?([0-9.]+:\d+)', log.read())
            if found:
                self.address = found.group(1)
            return found is not None

        wait_until(is_listening, START_TIMEOUT_S, "varved listens", pause_s=0.005)
        self.local = threading.local()
        wait_until(lambda: self.get("/-/ready")[0] == 200, START_TIMEOUT_S, "varved is ready")
        return time.monotonic() - begin

    def stop(self):
        """SIGTERM; returns the exit code."""
        return end_process(self.process)

    def kill(self):
        """kill -9."""
        self.process.kill()
        self.process.wait(10)

    def is_alive(self):
        return self.process.poll() is None

    def log_tail(self, lines=20):
        with open(self.log_path, errors="replace") as log:
            return "".join(log.readlines()[-lines:])

    @property
    def url(self):
        return f"http://{self.address}"

    def request(self, method, target, body=None, headers=None):
        connection = getattr(self.local, "connection", None)
        if connection is None or connection.address != self.address:
            connection = self.local.connection = HttpConnection(self.address)
        return connection.request(method, target, body, headers)

    def get(self, path, params=None, headers=None):
        """(status, headers, body)"""
        return self.request("GET", path + query_string(params), headers=headers)

    def post(self, path, body, content_type, headers=None):
        return self.request("POST", path, body, {"Content-Type": content_type, **(headers or {})})

    def get_json(self, path, params=None):
        """The answer's `data`; raises ValueError for an error."""
        return get_data(self, path, params)

    def compact(self):
        """Needs --web.enable-admin-api."""
        status, _, body = self.request("POST", "/api/v1/admin/tsdb/compact")
        if status != 204:
            raise ValueError(f"compact: {status} {body[:200]!r}")


def query_string(params):
    return "?" + urllib.parse.urlencode(params, doseq=True) if params else ""


def get_data(server, path, params=None):
    status, _, body = server.get(path, params)
    if status != 200:
        raise ValueError(f"{path} {params}: {status} {body[:300]!r}")
    return json.loads(body).get("data")


class RemoteServer:
    """Another server of the same HTTP API."""

    def __init__(self, address):
        self.address = address
        self.connection = HttpConnection(address)

    def request(self, method, target, body=None, headers=None):
        return self.connection.request(method, target, body, headers)

    def get(self, path, params=None):
        return self.request("GET", path + query_string(params))

    def post(self, path, body, content_type, headers=None):
        return self.request("POST", path, body, {"Content-Type": content_type, **(headers or {})})

    def get_json(self, path, params=None):
        return get_data(self, path, params)
