#!/usr/bin/env python3
"""`varve logs` and its subcommands against a real varved: following through a kill of the server,
context, templates, statistics, import of a compressed web log, export and import without loss,
each interrupted and resumed."""
import gzip
import json
import os
import re
import subprocess
import sys
import threading
import time
import unittest

from varved_process import (Varved, end_process, find_binary, start_process, temporary_folder,
                            wait_until)

WAIT_S = 30
NOW_S = int(time.time())


def varve(server, *arguments, check=True, **options):
    done = subprocess.run(
        [find_binary("VARVE", "tools/varve"), *arguments, "--url", server.url, "--utc"],
        capture_output=True, timeout=120, check=False, **options)
    if check and done.returncode != 0:
        raise RuntimeError(f"varve {arguments}: {done.returncode} {done.stderr[-500:]!r}")
    return done


class LogsCommandTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = Varved(name="logs-command")
        cls.server.start()

    @classmethod
    def tearDownClass(cls):
        cls.server.stop()

    def push(self, app, lines, begin_ns=None, server=None):
        """One line a millisecond."""
        begin_ns = begin_ns or (NOW_S - 600) * 10**9
        body = json.dumps({"streams": [{"stream": {"app": app}, "values": [
            [str(begin_ns + i * 10**6), line] for i, line in enumerate(lines)]}]})
        status, _, answer = (server or self.server).post("/loki/api/v1/push", body.encode(),
                                                         "application/json")
        self.assertEqual(status, 204, answer)

    def lines(self, *arguments):
        return varve(self.server, "logs", *arguments).stdout.decode().splitlines()

    def test_context(self):
        self.push("context", [f"line {i}" for i in range(20)])
        self.assertEqual(
            self.lines('{app="context"} |~ "line (5|15)$"', "--context", "2", "-o", "raw"),
            [f"line {i}" for i in (3, 4, 5, 6, 7, 13, 14, 15, 16, 17)])

    def test_template(self):
        self.push("template", ["level=warn n=1", "level=info n=2"])
        self.assertEqual(
            self.lines('{app="template"} | logfmt', "-o", "template", "--template",
                       '{{.app}} {{.level | upper}} {{add (int .n) 1}} {{.line}}'),
            ["template WARN 2 level=warn n=1", "template INFO 3 level=info n=2"])

    def test_what_a_new_user_gets_wrong(self):
        query = '{app="mistakes"}'
        for arguments, code, text in (
                ([], 2, "no query was given, want QUERY"),
                (["{"], 1, "400 Bad Request: parse error at line 1, col 2: syntax error"),
                ([query, "--bogus"], 2, "The following argument was not expected: --bogus"),
                ([query, "--since", "zz"], 2, 'cannot read duration "zz", want e.g. 15s'),
                ([query, "-o", "json"], 2,
                 '--output: found "json", want default, jsonl, raw or template; see varve --help'),
                (["stats", query, "-o", "xml"], 2, '--output: found "xml", want csv, json or table'),
                (["import", "x", "--format", "csv"], 2, '--format: found "csv", want auto, jsonl or '),
                ([query, "--template", "{{.line"], 2, "unclosed action"),
                (["delete", query], 2, "cannot delete: no range of time, want --since or --from"),
                (["import", "/no/such/file", "--label", "a=b"], 1, "no such file")):
            with self.subTest(arguments):
                done = varve(self.server, "logs", *arguments, check=False)
                self.assertEqual((done.returncode, done.stdout), (code, b""), done.stderr)
                self.assertIn(text, done.stderr.decode())
        done = subprocess.run([find_binary("VARVE", "tools/varve"), "logs", query, "--url",
                               "http://127.0.0.1:1"], capture_output=True, check=False, timeout=60)
        self.assertEqual((done.returncode, done.stderr),
                         (1, b"varve: cannot reach http://127.0.0.1:1: Connection refused\n"))

    def test_a_reader_that_leaves_early_is_no_error(self):
        self.push("pipe", [f"line {i} " + "x" * 1000 for i in range(3000)])
        command = [find_binary("VARVE", "tools/varve"), "logs", '{app="pipe"}', "--url",
                   self.server.url, "-o", "raw", "--limit", "5000"]
        head = subprocess.run(["sh", "-c", '"$@" | head -n 2', "sh", *command], capture_output=True,
                              check=False, timeout=60)
        self.assertEqual(head.stdout.decode().count("line "), 2)
        self.assertEqual(head.stderr, b"")

    def test_statistics(self):
        self.push("numbers", [f'{{"status":{200 + i % 3},"user":"u{i % 2}"}}' for i in range(30)])
        rows = json.loads(varve(self.server, "logs", "stats", '{app="numbers"}', "-o",
                                "json").stdout)
        self.assertEqual((rows[0]["streams"], rows[0]["entries"]), (1, 30))
        volume = self.lines("volume", '{app="numbers"}', "--by", "app", "-o", "csv")
        self.assertIn("numbers", volume[1])
        fields = self.lines("fields", '{app="numbers"}', "-o", "csv")
        self.assertIn("status,int,3,json", fields)
        self.assertEqual(self.lines("fields", '{app="numbers"}', "user", "-o", "csv"),
                         ["user", "u0", "u1"])

    def need(self, path):
        """Skips the test where the server has no such endpoint."""
        if self.server.get(path)[0] == 404:
            self.skipTest(f"no {path}")

    def test_patterns(self):
        self.need("/loki/api/v1/patterns")
        self.push("patterns", [f"user {i} logged in from 10.0.0.{i % 200} after {i * 7} ms"
                               for i in range(300)] + [f"cache {i:08x} evicted" for i in range(90)])
        rows = [row.split(",", 1) for row in self.lines("patterns", '{app="patterns"}', "-o", "csv")]
        self.assertEqual(rows[0], ["lines", "pattern"])
        self.assertEqual([count for count, _ in rows[1:]], ["300", "90"])
        self.assertIn("logged in from", rows[1][1])
        self.assertIn("<_>", rows[1][1])

    def test_delete_list_and_cancel(self):
        self.need("/loki/api/v1/delete")
        self.push("gone", [f"{'secret' if i % 3 == 0 else 'public'} {i}" for i in range(30)])
        selector = '{app="gone"}'
        varve(self.server, "logs", "delete", selector + ' |= "secret"', "--since", "1h")
        left = self.lines(selector, "-o", "raw")
        self.assertEqual(len(left), 20)
        self.assertFalse([line for line in left if "secret" in line])
        requests = json.loads(varve(self.server, "logs", "delete", "--list", "-o", "json").stdout)
        self.assertEqual([(one["query"], one["status"]) for one in requests],
                         [(selector + ' |= "secret"', "received")])
        varve(self.server, "logs", "delete", "--cancel", requests[0]["id"])
        self.assertEqual(len(self.lines(selector, "-o", "raw")), 30)
        self.assertEqual(varve(self.server, "logs", "delete", "--cancel", "unknown",
                               check=False).returncode, 1)

    def follow(self, selector, *arguments):
        folder = temporary_folder("follow")
        out, log = os.path.join(folder, "out"), os.path.join(folder, "log")
        with open(out, "wb") as output:
            process = subprocess.Popen(
                [find_binary("VARVE", "tools/varve"), "logs", selector, "--follow", "-o", "raw",
                 "--url", self.server.url, *arguments], stdout=output, stderr=open(log, "wb"))

        def read(path):
            with open(path, encoding="utf-8", errors="replace") as file:
                return file.read().splitlines()
        return process, lambda: read(out), lambda: read(log)

    def test_follow(self):
        self.push("follow", ["before 1", "before 2"])
        process, out, log = self.follow('{app="follow"} != "secret"', "--since", "1h")
        try:
            wait_until(lambda: len(out()) == 2, WAIT_S, "the lines from before")
            for i in range(50):
                self.push("follow", [f"new {i}", "secret"], time.time_ns())
            wait_until(lambda: len(out()) == 52, WAIT_S, "the new lines")
            self.assertEqual(out(), ["before 1", "before 2", *(f"new {i}" for i in range(50))])
            self.assertEqual(log(), [])
        finally:
            process.kill()
            process.wait()

    def test_follow_of_a_wrong_query_or_an_absent_server_fails_at_once(self):
        done = varve(self.server, "logs", "{", "--follow", check=False)
        self.assertEqual(done.returncode, 1)
        self.assertIn(b"parse error", done.stderr)
        done = subprocess.run([find_binary("VARVE", "tools/varve"), "logs", "{a=\"b\"}", "--follow",
                               "--url", "http://127.0.0.1:9"], capture_output=True, timeout=60,
                              check=False)
        self.assertEqual(done.returncode, 1)

    def test_import_of_a_web_log(self):
        folder = temporary_folder("weblog")
        path = os.path.join(folder, "access.log.gz")
        stamp = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(NOW_S - 1800))
        lines = [f'10.0.0.{i % 256} - - [{stamp}] "GET /{i % 5} HTTP/1.1" 200 17'
                 for i in range(25_000)]
        with gzip.open(path, "wt") as file:
            file.write("\n".join(lines) + "\n")
        done = varve(self.server, "logs", "import", path, "--label", "app=web", "--label",
                     "host=web1")
        self.assertIn(b"sent 25,000 lines", done.stderr)
        exported = varve(self.server, "logs", "export", '{app="web"}').stdout.decode().splitlines()
        self.assertEqual([json.loads(line)["line"] for line in exported], lines)
        # Once more: the same lines at the same times are there once.
        varve(self.server, "logs", "import", path, "--label", "app=web", "--label", "host=web1")
        data = self.server.get_json("/loki/api/v1/query", {
            "query": 'sum(count_over_time({app="web"}[2h]))', "time": str(NOW_S)})
        self.assertEqual(data["result"][0]["value"][1], "25000")

    def test_export_and_import_without_loss_through_interruptions(self):
        source, target = self.server, Varved(name="logs-import")
        target.start()
        lines = [f"{i} " + "\u00e4\n\"<>\\" * (i % 40) + "x" * (i % 997) for i in range(40_000)]
        for at in range(0, len(lines), 5000):
            self.push("moved", lines[at:at + 5000], (NOW_S - 3000) * 10**9 + at * 10**6)
        folder = temporary_folder("moved")
        path = os.path.join(folder, "moved.jsonl")
        arguments = ["logs", "export", '{app="moved"}', "--from", str(NOW_S - 3600), "--to",
                     str(NOW_S), "--file", path]
        whole = varve(source, *arguments[:-2]).stdout
        # Interrupted after the first page, which is complete in the file, with more behind it.
        state = path + ".varve-export"
        process = start_process([find_binary("VARVE", "tools/varve"), *arguments, "--url",
                                 source.url], os.path.join(folder, "log"))
        wait_until(lambda: os.path.exists(state) or process.poll() is not None, WAIT_S, "a page",
                   pause_s=0.001)
        process.kill()
        process.wait()
        if os.path.exists(state):
            with open(path, "ab") as file:
                file.write(b'{"timestamp":"torn')
            varve(source, *arguments, "--resume")
        with open(path, "rb") as file:
            self.assertEqual(file.read(), whole)
        self.assertFalse(os.path.exists(state))
        process = start_process([find_binary("VARVE", "tools/varve"), "logs", "import", path,
                                 "--batch", "500", "--url", target.url],
                                os.path.join(folder, "log"))
        time.sleep(0.3)
        process.kill()
        process.wait()
        varve(target, "logs", "import", path, "--resume")
        self.assertEqual(varve(target, *arguments[:-2]).stdout, whole)
        self.assertEqual([json.loads(line)["line"] for line in whole.decode().splitlines()], lines)
        target.stop()


    def test_follow_tells_what_was_left_out(self):
        log_path = os.path.join(temporary_folder("follow-slow"), "err")
        self.push("slow", ["begin"])
        with open(log_path, "wb") as log:
            process = subprocess.Popen(
                [find_binary("VARVE", "tools/varve"), "logs", '{app="slow"}', "--follow", "-o",
                 "raw", "--url", self.server.url], stdout=subprocess.PIPE, stderr=log)
        try:
            self.assertEqual(process.stdout.readline(), b"begin\n")
            line = "x" * 250_000
            sent = 200
            for i in range(sent):  # nobody reads what it prints meanwhile
                self.push("slow", [f"{i} {line}"], time.time_ns())
            printed = [0]

            def read():
                for _ in process.stdout:
                    printed[0] += 1
            reader = threading.Thread(target=read, daemon=True)
            reader.start()

            def left_out():
                with open(log_path) as file:
                    return sum(int(text.replace(",", "")) for text in
                               re.findall(r"varve: ([0-9,]+) lines? w", file.read()))
            wait_until(lambda: printed[0] + left_out() == sent, WAIT_S, "all are accounted for")
            self.assertGreater(left_out(), 0)
        finally:
            process.kill()
            process.wait()
            process.stdout.close()

    def test_follow_goes_on_behind_a_kill(self):
        server = Varved(name="follow-kill", folder=temporary_folder("follow-kill"))
        server.start()
        port = server.address.split(":")[1]
        self.push("kill", ["1", "2"], time.time_ns(), server)
        out_path = os.path.join(server.folder, "out")
        log_path = os.path.join(server.folder, "err")
        with open(out_path, "wb") as out, open(log_path, "wb") as log:
            process = subprocess.Popen(
                [find_binary("VARVE", "tools/varve"), "logs", '{app="kill"}', "--follow", "-o",
                 "raw", "--url", server.url], stdout=out, stderr=log)

        def printed():
            with open(out_path) as file:
                return file.read().split()
        try:
            wait_until(lambda: printed() == ["1", "2"], WAIT_S, "the first lines")
            server.kill()
            # On the same port, as a service that is started again.
            server.flags = (*server.flags, f"--web.listen-address=127.0.0.1:{port}")
            restarted = start_process([server.binary, f"--storage.path={server.data}",
                                       *server.flags], server.log_path)
            server.address = f"127.0.0.1:{port}"
            server.local = threading.local()

            def ready():
                try:
                    return server.get("/-/ready")[0] == 200
                except OSError:
                    return False
            wait_until(ready, WAIT_S, "varved is back")
            self.push("kill", ["3"], time.time_ns(), server)
            wait_until(lambda: len(printed()) >= 3, WAIT_S, "the line behind the kill")
            self.push("kill", ["4"], time.time_ns(), server)
            wait_until(lambda: len(printed()) >= 4, WAIT_S, "the next one")
            self.assertEqual(printed(), ["1", "2", "3", "4"])
            with open(log_path) as file:
                text = file.read()
            self.assertIn("trying again in", text)
            self.assertIn("connected again", text)
            end_process(restarted)
        finally:
            process.kill()
            process.wait()


if __name__ == "__main__":
    sys.exit(0 if unittest.main(exit=False).result.wasSuccessful() else 1)
