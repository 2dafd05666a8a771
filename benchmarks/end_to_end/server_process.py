"""Servers under measurement: how each is started, asked for its state, compacted and stopped."""

import http.client
import os
import shutil
import signal
import socket
import subprocess
import time
import urllib.parse
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
TICKS = os.sysconf("SC_CLK_TCK")
# Debian package (suite sid) of each peer, and its server's path in it.
PEER_PACKAGES = {
    "prometheus": ("prometheus", "usr/bin/prometheus"),
    "victoriametrics": ("victoria-metrics", "usr/bin/victoria-metrics"),
}


def fetch_peer(name, cache):
    """Path of a peer's binary, unpacked into `cache` the first time."""
    package, binary = PEER_PACKAGES[name]
    folder = Path(cache) / package
    if not (folder / binary).exists():
        fetch = [str(ROOT / "tools/fetch_peer"), "--suite", "sid", str(folder), package]
        subprocess.run(fetch, check=True)
    return folder / binary


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def disk_bytes(folder, without=()):
    """Allocated bytes below `folder`, as du counts them; a file that goes meanwhile counts 0."""
    total = 0
    for path, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in without]
        for name in files:
            try:
                total += os.lstat(os.path.join(path, name)).st_blocks * 512
            except FileNotFoundError:
                pass
    return total


class ServerProcess:
    """One server: its process, its data folder and its HTTP port."""

    name = ""
    # Folders that hold no data: caches, locks.
    not_data = ()
    query_extra = ""

    def __init__(self, binary, data):
        self.binary, self.data, self.port = str(binary), Path(data), free_port()
        self.process = None
        self.log_path = Path(str(data) + ".log")

    def flags(self):
        raise NotImplementedError

    write_path = "/api/v1/write"
    ready_path = "/-/ready"

    def start(self, wait=True):
        self.data.mkdir(parents=True, exist_ok=True)
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                [self.binary, *self.flags()], stdout=log, stderr=log, cwd=self.data.parent)
        if wait:
            self.wait_ready()

    def wait_ready(self, timeout_s=120):
        end = time.monotonic() + timeout_s
        while time.monotonic() < end:
            if self.process.poll() is not None:
                raise RuntimeError(f"cannot start {self.name}: exit {self.process.returncode}, "
                                   f"see {self.log_path}")
            try:
                if self.request("GET", self.ready_path)[0] == 200:
                    return
            except OSError:
                pass
            time.sleep(0.02)
        raise RuntimeError(f"cannot start {self.name}: not ready after {timeout_s} s")

    def request(self, method, path, body=None, timeout_s=600):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout_s)
        try:
            headers = {"Content-Type": "application/x-www-form-urlencoded"} if body else {}
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def query_path(self, endpoint, parameters):
        return f"/api/v1/{endpoint}?{urllib.parse.urlencode(parameters)}{self.query_extra}"

    def cpu_seconds(self):
        """User and system time of all threads, ended ones too."""
        text = Path(f"/proc/{self.process.pid}/stat").read_text()
        fields = text.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / TICKS

    def running_ns(self):
        """Time on a processor of the threads that live now, to the nanosecond."""
        total = 0
        for task in Path(f"/proc/{self.process.pid}/task").iterdir():
            try:
                total += int((task / "schedstat").read_text().split()[0])
            except (FileNotFoundError, ProcessLookupError):
                pass
        return total

    def anonymous_bytes(self):
        for line in Path(f"/proc/{self.process.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Anonymous:"):
                return int(line.split()[1]) * 1024
        return 0

    def disk_bytes(self):
        return disk_bytes(self.data, self.not_data)

    def compact(self):
        """Forces all data into its final form; returns its bytes on disk."""
        raise NotImplementedError

    def freeze(self):
        os.kill(self.process.pid, signal.SIGSTOP)

    def thaw(self):
        os.kill(self.process.pid, signal.SIGCONT)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def stop(self, timeout_s=180):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                self.kill()

    def on_copy(self):
        """The same kind of server on a copy of the data folder as it is now."""
        copy = self.data.with_name(self.data.name + "-killed")
        shutil.rmtree(copy, ignore_errors=True)
        subprocess.run(["cp", "-a", str(self.data), str(copy)], check=True)
        return type(self)(self.binary, copy)


class Varve(ServerProcess):
    name = "varve"

    def flags(self):
        return [f"--storage.path={self.data}", f"--web.listen-address=127.0.0.1:{self.port}",
                "--web.enable-admin-api", "--log.level=warn"]

    def compact(self):
        status, body = self.request("POST", "/api/v1/admin/tsdb/compact")
        if status != 204:
            raise RuntimeError(f"cannot compact varve: {status} {body[:200]!r}, want 204")
        return self.disk_bytes()


class Prometheus(ServerProcess):
    name = "prometheus"

    def flags(self):
        config = self.data.with_name(self.data.name + ".yml")
        config.write_text("global: {}\n")
        return [f"--config.file={config}", f"--storage.tsdb.path={self.data}",
                f"--web.listen-address=127.0.0.1:{self.port}", "--web.enable-remote-write-receiver",
                "--web.enable-admin-api", "--storage.tsdb.retention.time=10y", "--log.level=warn"]

    def compact(self):
        # Its head is not compacted on demand; a snapshot writes everything as blocks, the head too.
        status, body = self.request("POST", "/api/v1/admin/tsdb/snapshot")
        if status != 200:
            raise RuntimeError(f"cannot snapshot prometheus: {status} {body[:200]!r}, want 200")
        size = disk_bytes(self.data / "snapshots")
        shutil.rmtree(self.data / "snapshots")
        return size


class VictoriaMetrics(ServerProcess):
    name = "victoriametrics"
    not_data = ("cache", "tmp")
    # Its answers are cached; the others compute each one.
    query_extra = "&nocache=1"
    ready_path = "/health"

    def flags(self):
        return [f"-storageDataPath={self.data}", f"-httpListenAddr=127.0.0.1:{self.port}",
                "-retentionPeriod=10y", "-loggerLevel=WARN", "-search.latencyOffset=0s"]

    def active_merges(self):
        text = self.request("GET", "/metrics")[1].decode()
        return sum(float(line.rsplit(" ", 1)[1]) for line in text.splitlines()
                   if line.startswith(("vm_active_force_merges", "vm_active_merges")))

    def compact(self):
        self.request("GET", "/internal/force_flush")
        self.request("GET", "/internal/force_merge")
        idle_since = time.monotonic()
        size = self.disk_bytes()
        while time.monotonic() - idle_since < 4:
            time.sleep(0.25)
            now = self.disk_bytes()
            if self.active_merges() > 0 or now != size:
                idle_since, size = time.monotonic(), now
        return size


SERVERS = {server.name: server for server in (Varve, Prometheus, VictoriaMetrics)}


def make_server(name, options):
    """A server by name; `options` are those of `add_server_options`."""
    binary = Path(options.varved) if name == "varve" else fetch_peer(name, options.peers)
    if not binary.exists():
        raise SystemExit(f"cannot start {name}: no {binary}, want a built server (--varved)")
    return SERVERS[name](binary.resolve(), Path(options.work).resolve() / name)


def add_server_options(parser):
    parser.add_argument("--servers", default="varve,prometheus,victoriametrics",
                        help="which servers, in this order (default: %(default)s)")
    parser.add_argument("--varved", default=str(ROOT / "build/release/server/varved"),
                        help="the server built for release (default: %(default)s)")
    parser.add_argument("--tools", default=str(ROOT / "build/release/benchmarks/end_to_end"),
                        help="folder of body_writer and body_sender (default: %(default)s)")
    parser.add_argument("--peers", default=str(ROOT / "build/peers"),
                        help="cache of unpacked peers (default: %(default)s)")
    parser.add_argument("--work", default=str(ROOT / "build/end_to_end"),
                        help="folder of data and bodies (default: %(default)s)")
