"""A real Prometheus beside varved: fetched into build/peers, never installed."""
import os
import socket
import subprocess

from varved_process import (PEERS_FOLDER, REPOSITORY, RemoteServer, skip, start_process, wait_until)

START_TIMEOUT_S = 30
FETCH_TIMEOUT_S = 300


def fetch_prometheus():
    folder = os.path.join(PEERS_FOLDER, "prometheus")
    done = subprocess.run([os.path.join(REPOSITORY, "tools/fetch_peer"), "--suite", "sid", folder,
                           "prometheus"], capture_output=True, text=True, timeout=300, check=False)
    binary = os.path.join(folder, "usr/bin/prometheus")
    if done.returncode != 0 or not os.access(binary, os.X_OK):
        skip(f"Prometheus cannot be had: {done.stderr.strip()[-300:]}")
    return binary


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_prometheus(folder, port, config, *flags):
    """(RemoteServer, process). Skips the test where there is none."""
    binary = fetch_prometheus()
    config_path = os.path.join(folder, "prometheus.yml")
    with open(config_path, "w") as file:
        file.write(config)
    log_path = os.path.join(folder, "prometheus.log")
    process = start_process(
        [binary, f"--config.file={config_path}", f"--storage.tsdb.path={folder}/data",
         f"--web.listen-address=127.0.0.1:{port}",
         "--enable-feature=promql-experimental-functions", *flags], log_path)
    peer = RemoteServer(f"127.0.0.1:{port}")

    def is_ready():
        if process.poll() is not None:
            with open(log_path) as log:
                raise RuntimeError("Prometheus exited: " + log.read()[-2000:])
        try:
            return peer.get("/-/ready")[0] == 200
        except OSError:
            return False

    wait_until(is_ready, START_TIMEOUT_S, "Prometheus is ready", pause_s=0.1)
    return peer, process
