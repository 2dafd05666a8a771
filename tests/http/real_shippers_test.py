#!/usr/bin/env python3
"""Real log shippers send lines to varved, and each line comes back once, byte for byte: npm's
pino-loki (JSON) and winston-loki (protobuf in snappy), PyPI's python-logging-loki and OpenTelemetry
SDK (OTLP), and Debian's syslog-ng with its http destination.

They are fetched into build/peers and kept there. One that cannot be had is left out, and the test
is skipped when none can."""
import collections
import json
import os
import random
import shutil
import subprocess
import sys
import time

from varved_process import (PEERS_FOLDER, REPOSITORY, Varved, end_process, end_with_parent, skip,
                            start_process, temporary_folder, wait_until)

SHIPPERS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "shippers")
FETCH_TIMEOUT_S = 300
SHIP_TIMEOUT_S = 60
# Longer than any wait between two attempts of a shipper: a line sent twice would be seen.
SETTLE_S = 1.5
NPM_PACKAGES = ("pino@9", "pino-loki@3", "winston@3", "winston-loki@6")
PINO_LOKI_NODE_MIN = 20
OTEL_PACKAGES = ("opentelemetry-sdk>=1.30,<2", "opentelemetry-exporter-otlp-proto-http>=1.30,<2")
SYSLOG_NG_PACKAGES = ("syslog-ng-core", "syslog-ng-mod-http", "libivykis0", "libnet1", "libwrap0",
                      "libjson-c5", "libglib2.0-0", "libpcre3", "libnsl2", "libtirpc3")
SYSLOG_NG_LIBRARIES = ("usr/lib/syslog-ng", "usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu")
PROBLEMS_SHOWN = 10

LINES = (
    "plain",
    "level=error msg=\"payment failed\" order=4711",
    "{\"level\":\"info\",\"nested\":{\"a\":[1,2,{\"b\":null}]},\"text\":\"with \\\"quotes\\\"\"}",
    "unicode: grüße, Ελλάδα, 日本語, עברית, 🎉🏳️‍🌈, e\u0301 \u200b\u2028\u2029\ufeff",
    "quotes: \" ' ` \"\" ''",
    "backslashes: \\ \\\\ \\n \\u0041 \\x41 C:\\Temp\\new",
    "ansi: \x1b[31mred\x1b[0m \x1b[1;32mgreen\x1b[0m",
    "tabs:\ta\t\tb\t.",
    "control: \x01\x02\x07\x08\x0b\x0c\x1f\x7f.",
    "html: <b>&amp;</b> <script>alert(1)</script>",
    "percent: %s %d %% 100% %(name)s",
    "template: {{.x}} ${HOST} $MSG $(echo) @x@",
    "long: " + "0123456789 äöü \\\" " * 4000,
    "x",
    ".",
    "  leading blanks",
    "\U0010ffff \ud7ff \ue000 \ufffd",
)
# What a shipper of a file's lines cannot have as one line.
OTHER_LINES = ("", " ", "two\nlines", "three\r\n\r\nlines", "trailing blank ", "nul \0 byte", "\n")


def random_lines(chance, count):
    alphabet = "abc \"\\'{}[]=,:/\t<>&%$üß漢🎈\x1b"
    # Numbered: two equal lines within one millisecond are one line to a store of logs.
    return [f"random {i} {''.join(chance.choices(alphabet, k=chance.randrange(80)))}."
            for i in range(count)]


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, timeout=FETCH_TIMEOUT_S,
                          check=False, preexec_fn=end_with_parent, **options)


class Missing(Exception):
    """A shipper cannot be had here."""


def node_modules():
    folder = os.path.join(PEERS_FOLDER, "npm")
    modules = os.path.join(folder, "node_modules")
    if not shutil.which("npm") or not shutil.which("node"):
        raise Missing("npm is not installed")
    if not all(os.path.isdir(os.path.join(modules, name.split("@")[0])) for name in NPM_PACKAGES):
        os.makedirs(folder, exist_ok=True)
        done = run(["npm", "install", "--no-audit", "--no-fund", "--no-save", "--prefix", folder,
                    *NPM_PACKAGES], cwd=folder)
        if done.returncode != 0:
            raise Missing("npm install failed: " + done.stderr[-300:])
    return modules


def run_shipper(command, environment):
    done = subprocess.run(command, capture_output=True, text=True, timeout=SHIP_TIMEOUT_S,
                          check=False, preexec_fn=end_with_parent,
                          env={**os.environ, **environment})
    if done.returncode != 0 or done.stderr.strip():
        raise ValueError(f"exit {done.returncode}: {done.stderr[-1500:]}")


def write_lines(folder, lines):
    path = os.path.join(folder, "lines.json")
    with open(path, "w", encoding="utf-8") as file:
        json.dump(lines, file)
    return path


def ship_with_node(script, url, folder, lines):
    modules = node_modules()
    run_shipper(["node", os.path.join(SHIPPERS, script), url, write_lines(folder, lines)],
                {"NODE_PATH": modules})


def ship_pino(url, folder, lines):
    node_modules()
    major = int(run(["node", "--version"]).stdout.lstrip("v").split(".")[0])
    if major < PINO_LOKI_NODE_MIN:
        raise Missing(f"Node {major}, pino-loki wants {PINO_LOKI_NODE_MIN}")
    ship_with_node("pino_loki.cjs", url, folder, lines)


def ship_winston(url, folder, lines):
    ship_with_node("winston_loki.cjs", url, folder, lines)


def ship_with_python(script, module, packages, url, folder, lines):
    target = os.path.join(PEERS_FOLDER, os.path.splitext(script)[0])
    if not os.path.isdir(os.path.join(target, module)):
        done = run([sys.executable, "-m", "pip", "install", "--quiet", "--no-warn-script-location",
                    "--target", target, *packages])
        if done.returncode != 0:
            raise Missing("pip install failed: " + done.stderr[-300:])
    run_shipper([sys.executable, os.path.join(SHIPPERS, script), url, write_lines(folder, lines)],
                {"PYTHONPATH": target, "NO_PROXY": "127.0.0.1"})


def ship_python(url, folder, lines):
    ship_with_python("python_logging_loki.py", "logging_loki", ("python-logging-loki==0.3.1",),
                     url, folder, lines)


def ship_opentelemetry(url, folder, lines):
    ship_with_python("opentelemetry_logs.py", "opentelemetry", OTEL_PACKAGES, url, folder, lines)


def ship_syslog_ng(url, folder, lines):
    root = os.path.join(PEERS_FOLDER, "syslog-ng")
    done = run([os.path.join(REPOSITORY, "tools/fetch_peer"), root, *SYSLOG_NG_PACKAGES])
    if done.returncode != 0:
        raise Missing("syslog-ng cannot be had: " + done.stderr[-300:])
    modules = [entry.path for entry in os.scandir(os.path.join(root, "usr/lib/syslog-ng"))
               if entry.is_dir()][0]
    lines_path = os.path.join(folder, "lines.log")
    with open(lines_path, "wb") as file:
        file.write("".join(line + "\n" for line in lines).encode())
    config_path = os.path.join(folder, "syslog-ng.conf")
    with open(os.path.join(SHIPPERS, "syslog_ng.conf")) as template, open(config_path, "w") as out:
        out.write(template.read().replace("@LINES@", lines_path).replace("@URL@", url))
    log_path = os.path.join(folder, "syslog-ng.log")
    libraries = ":".join(os.path.join(root, path) for path in SYSLOG_NG_LIBRARIES)
    process = start_process(
        [os.path.join(root, "usr/sbin/syslog-ng"), "--foreground", "--no-caps", "--stderr",
         f"--cfgfile={config_path}", f"--persist-file={folder}/persist", f"--pidfile={folder}/pid",
         f"--control={folder}/control", f"--module-path={modules}"],
        log_path, env={**os.environ, "LD_LIBRARY_PATH": libraries})
    try:
        count = len(lines)
        wait_until(lambda: process.poll() is not None or lines_stored("syslog-ng") >= count,
                   SHIP_TIMEOUT_S, "syslog-ng sends its lines", pause_s=0.2)
    except TimeoutError:
        pass  # the comparison says which are missing
    with open(log_path, errors="replace") as log:
        text = log.read()
    if process.poll() is not None or "rror" in text:
        raise ValueError("syslog-ng: " + text[-1500:])
    time.sleep(SETTLE_S)
    end_process(process)


# (service_name, how to ship, what it can ship beside lines of a file); winston drops empty lines.
ALL = (
    ("pino-loki", ship_pino, OTHER_LINES),
    ("winston-loki", ship_winston, OTHER_LINES[1:]),
    ("python-logging-loki", ship_python, OTHER_LINES),
    ("opentelemetry", ship_opentelemetry, OTHER_LINES),
    ("syslog-ng", ship_syslog_ng, ()),
)
server = Varved(plain=False, name="shippers")


def stored_lines(app):
    data = server.get_json("/loki/api/v1/query_range", {
        "query": f'{{service_name="{app}"}}', "limit": "5000", "direction": "forward",
        "start": str(time.time_ns() - 3600 * 10**9), "end": str(time.time_ns() + 3600 * 10**9)})
    return [line for stream in data["result"] for _, line in stream["values"]]


def lines_stored(app):
    return len(stored_lines(app))


def check(app, lines):
    """What is wrong."""
    want, got = collections.Counter(lines), collections.Counter(stored_lines(app))
    problems = [f"lost {count} x {line[:120]!r}" for line, count in (want - got).items()]
    problems += [f"not sent {count} x {line[:120]!r}" for line, count in (got - want).items()]
    print(f"{app}: {sum(want.values())} lines sent, {sum(got.values())} came back, "
          f"{len(problems)} problems", flush=True)
    return [f"{app}: {problem}" for problem in problems[:PROBLEMS_SHOWN]]


def main():
    seed = int(os.environ.get("VARVE_SHIPPERS_SEED", str(time.time_ns() % 10**9)))
    print(f"seed {seed}", flush=True)
    chance = random.Random(seed)
    server.start()
    failures, shipped, missing = [], {}, []
    for app, ship, other_lines in ALL:
        lines = [*LINES, *other_lines, *random_lines(chance, 150)]
        folder = temporary_folder(app)
        try:
            ship(server.url, folder, lines)
            time.sleep(SETTLE_S)
            failures += check(app, lines)
            shipped[app] = lines
        except Missing as reason:
            missing.append(f"{app}: {reason}")
            print(f"left out: {missing[-1]}", flush=True)
        except (ValueError, subprocess.TimeoutExpired) as error:
            failures.append(f"{app}: {error}")
    if not shipped and not failures:
        skip("no shipper can be had")
    # Once more, from the parts that an orderly stop writes.
    if server.stop() != 0:
        failures.append(f"varved did not stop well: {server.log_tail()}")
    server.start()
    for app, lines in shipped.items():
        failures += check(app, lines)
    server.stop()
    for failure in failures:
        print("FAIL", failure)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
