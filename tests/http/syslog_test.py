#!/usr/bin/env python3
"""Syslog over TCP and UDP: raw messages in both framings, util-linux's logger, and Debian's rsyslog
that forwards a file. Every message comes back once, in its stream, also after kill -9."""
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import unittest

from varved_process import (PEERS_FOLDER, REPOSITORY, Varved, end_process, start_process,
                            temporary_folder, wait_until)

WAIT_S = 30
FETCH_TIMEOUT_S = 300
RSYSLOG_PACKAGES = ("rsyslog", "libestr0", "libfastjson4", "liblognorm5")
RSYSLOG_CONFIG = """
global(workDirectory="@FOLDER@" maxMessageSize="64k" parser.permitSlashInProgramName="on")
module(load="@MODULES@/imfile" mode="inotify")
input(type="imfile" file="@FOLDER@/lines" tag="forwarded:" facility="local5" severity="warning"
      freshStartTail="off" escapeLF="off")
action(type="omfwd" target="127.0.0.1" port="@PORT@" protocol="tcp" tcp_framing="@FRAMING@"
       template="@TEMPLATE@")
"""


class SyslogCase(unittest.TestCase):
    """A server that takes syslog, and what a test asks it."""
    FLAGS = ()

    @classmethod
    def setUpClass(cls):
        cls.server = Varved("--syslog.listen-address.tcp=127.0.0.1:0",
                            "--syslog.listen-address.udp=127.0.0.1:0", "--syslog.timezone=UTC",
                            *cls.FLAGS, name="syslog")
        cls.start()

    @classmethod
    def start(cls):
        log_from = (os.path.getsize(cls.server.log_path)
                    if os.path.exists(cls.server.log_path) else 0)
        cls.server.start()

        def ports():
            with open(cls.server.log_path, errors="replace") as log:
                log.seek(log_from)
                return re.findall(r'msg="taking syslog".*address="?(\w+)://127.0.0.1:(\d+)',
                                  log.read())

        wait_until(lambda: len(ports()) == 2, WAIT_S, "syslog is taken")
        cls.ports = {protocol: int(port) for protocol, port in ports()}

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def query(self, selector):
        """[(labels, line)] in the order of time."""
        data = self.server.get_json("/loki/api/v1/query_range", {
            "query": selector, "limit": "5000", "direction": "forward",
            "start": str(time.time_ns() - 3600 * 10**9), "end": str(time.time_ns() + 600 * 10**9)})
        lines = [(int(at), stream["stream"], line) for stream in data["result"]
                 for at, line in stream["values"]]
        return [(labels, line) for _, labels, line in sorted(lines, key=lambda entry: entry[0])]

    def wait_for(self, selector, count):
        wait_until(lambda: len(self.query(selector)) >= count, WAIT_S, f"{count} of {selector}")
        found = self.query(selector)
        self.assertEqual(len(found), count)
        return found

    def count(self, selector):
        data = self.server.get_json("/loki/api/v1/query", {
            "query": f"sum(count_over_time({selector}[1h]))", "time": str(time.time() + 5)})
        return int(data["result"][0]["value"][1]) if data["result"] else 0

    def metric(self, name):
        for line in self.server.get("/metrics")[2].decode().splitlines():
            if line.startswith(name + " "):
                return float(line.split()[-1])
        self.fail(f"no metric {name}")

    def tcp(self):
        return socket.create_connection(("127.0.0.1", self.ports["tcp"]), timeout=10)

    def send_udp(self, *messages):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            for message in messages:
                udp.sendto(message, ("127.0.0.1", self.ports["udp"]))


class BoundedBufferTest(SyslogCase):
    """Senders that are faster than the disk."""
    FLAGS = ("--syslog.max-source-buffer=64KB", "--syslog.max-buffer=128KB")
    COUNT = 50_000

    def test_a_connection_waits_and_loses_nothing(self):
        lines = b"".join(b"<13>waits: %d %s\n" % (i, b"x" * 100) for i in range(self.COUNT))
        with self.tcp() as connection:
            connection.sendall(lines)
        wait_until(lambda: self.count('{app="waits"}') >= self.COUNT, WAIT_S, "all are stored")
        self.assertEqual(self.count('{app="waits"}'), self.COUNT)

    def test_datagrams_that_have_no_room_are_counted(self):
        messages = [b"<13>drops: %d %s" % (i, b"x" * 500) for i in range(self.COUNT)]
        self.send_udp(*messages)
        received = 'varve_syslog_messages_total{protocol="udp"}'
        dropped = 'varve_syslog_dropped_total{protocol="udp",reason="buffer_full"}'

        def settled():
            return self.metric(received) == self.metric(dropped) + self.count('{app="drops"}')
        wait_until(lambda: self.metric("varve_syslog_waiting_bytes") == 0, WAIT_S, "none wait")
        wait_until(settled, WAIT_S, "every datagram is stored or counted")
        self.assertGreater(self.count('{app="drops"}'), 0)


class SyslogTest(SyslogCase):
    FLAGS = ("--syslog.max-message-size=16KB", "--syslog.max-connections=5")

    def test_framings_and_fields(self):
        now = time.strftime("%Y-%m-%dT%H:%M:%S.000001Z", time.gmtime())
        old = time.strftime("%b %d %H:%M:%S", time.gmtime())
        new = (f'<165>1 {now} web1 raw 77 ID1 [ex@1 iut="3" q="\\"a\\]"] '.encode() +
               b"\xef\xbb\xbftwo\nlines \xc3\xa4")
        with self.tcp() as connection:
            connection.sendall(str(len(new)).encode() + b" " + new[:20])
            time.sleep(0.05)
            connection.sendall(new[20:] + f"<13>{old} web1 raw[78]: line one\n".encode())
            connection.sendall(f"<14>{old} web1 raw[78]: without its end".encode())
        self.send_udp(f"<11>{old} web1 raw: by datagram\n".encode())
        found = self.wait_for('{app="raw"}', 4)
        by_line = {line: labels for labels, line in found}
        self.assertEqual(by_line["two\nlines ä"], {
            "app": "raw", "facility": "local4", "host": "web1", "job": "syslog", "msgid": "ID1",
            "procid": "77", "sd_ex_1_iut": "3", "sd_ex_1_q": '"a]', "severity": "notice"})
        self.assertEqual(by_line["line one"]["procid"], "78")
        self.assertEqual(by_line["without its end"]["severity"], "informational")
        self.assertEqual(by_line["by datagram"]["severity"], "error")

    def test_nothing_malformed_is_lost(self):
        before = self.metric("varve_syslog_malformed_total")
        odd = [b"no priority at all", b"<34>1 broken header", b"<999>x", b"\xff\xfe bytes \x01",
               b"<34>1 - h a - - [x a=\"open] text"]
        with self.tcp() as connection:
            connection.sendall(b"\n".join(odd) + b"\n")
        self.send_udp(*odd)
        wait_until(lambda: self.count('{host="127.0.0.1", app=""}') >= 2 * len(odd), WAIT_S, "odd")
        self.assertEqual(self.metric("varve_syslog_malformed_total") - before, 2 * len(odd))
        lines = [line for _, line in self.query('{host="127.0.0.1", app=""}')]
        for message in odd:
            self.assertEqual(lines.count(message.decode(errors="replace")), 2, message)

    def test_a_message_that_is_too_long_keeps_its_beginning(self):
        text = "x" * 40_000
        with self.tcp() as connection:
            connection.sendall(f"<13>long: {text}\n<13>long: next\n".encode())
            message = f"<13>long: {text}".encode()
            connection.sendall(str(len(message)).encode() + b" " + message + b"<13>long: last\n")
        found = [line for _, line in self.wait_for('{app="long"}', 4)]
        self.assertEqual(sorted(map(len, found)), [4, 4, 16_384 - 10, 16_384 - 10])

    def test_connections_have_a_limit(self):
        before = self.metric("varve_syslog_connections_refused_total")
        connections = [self.tcp() for _ in range(5)]
        with self.tcp() as refused:
            self.assertEqual(refused.recv(10), b"")
        self.assertEqual(self.metric("varve_syslog_connections"), 5)
        for i, connection in enumerate(connections):
            connection.sendall(f"<13>many: {i}\n".encode())
            connection.close()
        self.wait_for('{app="many"}', 5)
        wait_until(lambda: self.metric("varve_syslog_connections") == 0, WAIT_S, "all are closed")
        self.assertEqual(self.metric("varve_syslog_connections_refused_total") - before, 1)

    def test_a_burst_of_equal_lines_is_kept_whole_through_a_kill(self):
        count = 20_000
        old = time.strftime("%b %d %H:%M:%S", time.gmtime())
        line = f"<13>{old} web2 burst[1]: the same again\n".encode()
        with self.tcp() as connection:
            connection.sendall(line * count)
        wait_until(lambda: self.count('{app="burst"}') >= count, WAIT_S, "the burst is seen")
        # Entries are seen a moment before they are durable; what waits is let go after that.
        wait_until(lambda: self.metric("varve_syslog_waiting_bytes") == 0, WAIT_S,
                   "the burst is stored")
        self.server.kill()
        self.start()
        self.assertEqual(self.count('{app="burst"}'), count)

    def test_an_orderly_stop_stores_what_was_sent(self):
        with self.tcp() as connection:
            connection.sendall(b"<13>stop: x\n" * 5000)
            wait_until(lambda: self.count('{app="stop"}') > 0, WAIT_S, "the first is stored")
            self.assertEqual(self.server.stop(), 0)
        self.start()
        self.assertEqual(self.count('{app="stop"}'), 5000)

    def logger(self, *arguments):
        protocol = "tcp" if "--tcp" in arguments else "udp"
        done = subprocess.run(["logger", "--server", "127.0.0.1", "--port",
                               str(self.ports[protocol]), *arguments],
                              capture_output=True, timeout=30, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)

    @unittest.skipUnless(shutil.which("logger"), "no logger")
    def test_logger_of_util_linux(self):
        sent = []
        for protocol in ("--tcp", "--udp"):
            for style in (("--rfc3164",), ("--rfc5424",), ("--rfc5424=notime,notq,nohost",),
                          ("--rfc5424", "--octet-count")):
                if "--octet-count" in style and protocol == "--udp":
                    continue
                message = f"by {protocol} {style} grüße \"quoted\" [x] a: b"
                self.logger(protocol, *style, "--tag", "from-logger", "--priority",
                            "local3.warning", "--id=4242", message)
                sent.append(message)
        self.logger("--tcp", "--rfc5424", "--tag", "from-logger", "--priority", "local3.warning",
                    "--id=4242", "--msgid", "M1", "--sd-id", "zoo@1", "--sd-param",
                    'tiger="hungry"', "with data")
        found = self.wait_for('{app="from-logger"}', len(sent) + 1)
        self.assertEqual(sorted(line for _, line in found), sorted([*sent, "with data"]))
        for labels, line in found:
            self.assertEqual((labels["facility"], labels["severity"], labels["procid"]),
                             ("local3", "warning", "4242"), line)
        data = [labels for labels, line in found if line == "with data"][0]
        self.assertEqual((data["msgid"], data["sd_zoo_1_tiger"]), ("M1", "hungry"))
        self.assertIn("sd_timeQuality_isSynced", data)

    def test_rsyslog_forwards_a_file(self):
        root = os.path.join(PEERS_FOLDER, "rsyslog")
        done = subprocess.run([os.path.join(REPOSITORY, "tools/fetch_peer"), root,
                               *RSYSLOG_PACKAGES], capture_output=True, text=True,
                              timeout=FETCH_TIMEOUT_S, check=False)
        if done.returncode != 0:
            self.skipTest("rsyslog cannot be had: " + done.stderr[-300:])
        libraries = ":".join(os.path.join(root, path) for path in (
            "usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu"))
        modules = os.path.join(root, "usr/lib/x86_64-linux-gnu/rsyslog")
        lines = [f"line {i} grüße: \"q\" [b] {'y' * (i % 300)}." for i in range(2000)]
        for framing, template in (("traditional", "RSYSLOG_ForwardFormat"),
                                  ("octet-counted", "RSYSLOG_SyslogProtocol23Format"),
                                  ("octet-counted", "RSYSLOG_TraditionalForwardFormat")):
            folder = temporary_folder("rsyslog")
            marked = [f"{framing} {template} {line}" for line in lines]
            with open(os.path.join(folder, "lines"), "w", encoding="utf-8") as file:
                file.write("".join(line + "\n" for line in marked))
            config = RSYSLOG_CONFIG
            for name, value in (("FOLDER", folder), ("MODULES", modules), ("FRAMING", framing),
                                ("TEMPLATE", template), ("PORT", str(self.ports["tcp"]))):
                config = config.replace(f"@{name}@", value)
            config_path = os.path.join(folder, "rsyslog.conf")
            with open(config_path, "w") as file:
                file.write(config)
            process = start_process(
                [os.path.join(root, "usr/sbin/rsyslogd"), "-n", "-f", config_path, "-i",
                 os.path.join(folder, "pid"), "-M", modules], os.path.join(folder, "log"),
                env={**os.environ, "LD_LIBRARY_PATH": libraries})
            selector = f'{{app="forwarded"}} |= "{framing} {template} "'
            try:
                wait_until(lambda: process.poll() is not None or
                           len(self.query(selector)) >= len(lines), WAIT_S, "rsyslog forwards")
            except TimeoutError:
                pass  # the comparison says which are missing
            end_process(process)
            with open(os.path.join(folder, "log"), errors="replace") as log:
                text = log.read()
            found = self.query(selector)
            self.assertEqual([line for _, line in found], marked, text[-1500:])
            self.assertEqual(found[0][0]["facility"], "local5")
            self.assertEqual(found[0][0]["severity"], "warning")


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False).result.wasSuccessful() else 1)
