#!/usr/bin/env python3
"""Runs the conformance kit that lies beside the repository against varved, over HTTP, and fails
when fewer cases pass than have to. Skipped where there is no kit.

The runners' whole output goes to $VARVE_CONFORMANCE_LOGS, by default a temporary folder."""
import os
import re
import subprocess
import sys
import tempfile

from varved_process import PLAIN_FLAGS, REPOSITORY, Varved, end_with_parent, find_binary, skip

KIT = os.path.join(os.path.dirname(REPOSITORY), "shared", "conformance")
RUNNER_TIMEOUT_S = 600

PROMQL_PASSED_MIN = 2186
LOGQL_PASSED_MIN = 278
LOGQLTEST_PASSED_MIN = 1091


def run_kit(name, arguments, passed_min, logs):
    """True when enough cases passed."""
    log_path = os.path.join(logs, f"conformance-{name}.txt")
    with open(log_path, "w") as log:
        subprocess.run([sys.executable, os.path.join(KIT, f"{name}.py"), *arguments], stdout=log,
                       stderr=subprocess.STDOUT, timeout=RUNNER_TIMEOUT_S, check=False,
                       preexec_fn=end_with_parent)
    with open(log_path, errors="replace") as log:
        lines = log.read().splitlines()
    last = lines[-1] if lines else ""
    found = re.match(r"(\d+) passed", last)
    passed = int(found.group(1)) if found else 0
    enough = passed >= passed_min
    print(f"{name}: {last} (want at least {passed_min} passed)", flush=True)
    if not enough:
        print("\n".join(lines[-60:]), flush=True)
    return enough


def run_against_server(name, passed_min, logs):
    server = Varved(name="conformance")
    server.start()
    enough = run_kit(name, [server.url], passed_min, logs)
    alive = server.is_alive()
    if not alive:
        print(f"varved died: {server.log_tail()}", flush=True)
    return enough and alive and server.stop() == 0


def main():
    if not os.path.isdir(KIT):
        skip(f"no conformance kit at {KIT}")
    logs = os.environ.get("VARVE_CONFORMANCE_LOGS") or tempfile.mkdtemp(prefix="varve-conformance-")
    print(f"cases are listed in {logs}", flush=True)
    results = [
        # This runner starts the server itself, anew for each `clear`.
        run_kit("check_promql",
                ["--", find_binary("VARVED", "server/varved"),
                 "--web.listen-address=127.0.0.1:{port}", "--storage.path={dir}/data",
                 "--enable-feature=promql-delayed-name-removal,use-start-timestamps", *PLAIN_FLAGS],
                PROMQL_PASSED_MIN, logs),
        run_against_server("check_logql", LOGQL_PASSED_MIN, logs),
        run_against_server("check_logqltest", LOGQLTEST_PASSED_MIN, logs),
    ]
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
