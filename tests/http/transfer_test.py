#!/usr/bin/env python3
"""`varve import` and `varve export` against real servers: blocks that a real Prometheus wrote, and
its remote read, end in an empty varved, which then answers the same; so does what varved itself
exports."""
import json
import os
import subprocess
import sys
import time

from prometheus_peer import free_port, start_prometheus
from varved_process import (Varved, end_process, find_binary, get_data, temporary_folder,
                            wait_until)
from wire_format import STALE_NAN_BITS, write_samples

SCRAPES = 12
SCRAPE_TIMEOUT_S = 60
COMMAND_TIMEOUT_S = 120
ALL = "{__name__!=\"\"}"
ODD_SERIES = [
    ({"__name__": "odd", "text": "quote\" back\\ line\n grüße"}, [(1_000, 1.5), (2_000, -0.0)]),
    ({"__name__": "ends"}, [(1_000, 1.0), (61_000, STALE_NAN_BITS)]),
    ({"__name__": "utf8.name", "label with blank": "v"}, [(1_000, 1e-7), (3_599_999, 1e21)]),
    ({"__name__": "long"}, [(i * 1000, float(i * i)) for i in range(7200)]),
]


def varve(*arguments, check=True):
    done = subprocess.run([find_binary("VARVE", "tools/varve"), *arguments], capture_output=True,
                          timeout=COMMAND_TIMEOUT_S, check=False)
    if check and done.returncode != 0:
        raise RuntimeError(f"varve {arguments}: {done.returncode} {done.stderr[-500:]!r}")
    return done


def url_of(server):
    return f"http://{server.address}"


def samples_of(server, end_s, range_text):
    """{labels: values} of everything in a range, as a query answers it; without histograms."""
    data = get_data(server, "/api/v1/query", {"query": f"{ALL}[{range_text}]", "time": str(end_s)})
    return {json.dumps(series["metric"], sort_keys=True): series.get("values", [])
            for series in data["result"] if series.get("values")}


def differences(mine, want):
    """Texts of what is not the same."""
    found = [f"missing {key}" for key in want.keys() - mine.keys()]
    found += [f"unknown {key}" for key in mine.keys() - want.keys()]
    found += [f"{key}: {mine[key][:3]} .. want {want[key][:3]} .." for key in mine.keys() & want
              if mine[key] != want[key]]
    return found


def buckets_of(histogram, side):
    """[(number, count)]: which empty buckets lie between them is up to each server."""
    buckets, counts, number = [], iter(histogram.pop(side + "_counts")), 0
    for offset, length in histogram.pop(side + "_spans"):
        number += offset
        buckets += [(number + i, next(counts)) for i in range(length)]
        number += length
    return [bucket for bucket in buckets if bucket[1] != 0]


def exported(server, start_s, end_s):
    """{labels: samples}, bit by bit, with the ends of series and with histograms. Whether a counter
    was reset is worked out by each server for itself."""
    done = varve("export", "--url", url_of(server), "--start", str(start_s), "--end", str(end_s),
                 "--chunk", "1d")
    series = {}
    for line in done.stdout.splitlines():
        samples = json.loads(line)
        for histogram in samples.get("histograms", ()):
            del histogram["reset_hint"]
            for side in ("positive", "negative"):
                histogram[side] = buckets_of(histogram, side)
        series[json.dumps(samples.pop("metric"), sort_keys=True)] = [samples]
    return series


class Fresh:
    """An empty varved for one import."""

    def __init__(self):
        self.server = Varved(name="transfer")

    def __enter__(self):
        self.server.start()
        return self.server

    def __exit__(self, *_):
        self.server.stop()


def check(name, found):
    print(f"{'FAIL' if found else 'ok'} {name}", *found[:5], sep="\n  ", flush=True)
    return bool(found)


def real_prometheus():
    """A Prometheus that scrapes itself, with native histograms."""
    port = free_port()
    config = ("global: {scrape_interval: 250ms}\n"
              "scrape_configs: [{job_name: self, static_configs: "
              f"[{{targets: ['127.0.0.1:{port}']}}]}}]\n")
    folder = temporary_folder("prometheus")
    peer, process = start_prometheus(folder, port, config, "--web.enable-admin-api",
                                     "--enable-feature=native-histograms")
    wait_until(lambda: scrapes(peer) >= SCRAPES, SCRAPE_TIMEOUT_S, "scrapes", pause_s=0.2)
    return folder, peer, process


def scrapes(peer):
    result = get_data(peer, "/api/v1/query", {"query": "count_over_time(up[1h])"})["result"]
    return int(result[0]["value"][1]) if result else 0


def import_blocks(folder, peer):
    end_s = int(time.time())
    status, _, body = peer.request("POST", "/api/v1/admin/tsdb/snapshot")
    if status != 200:
        return [f"snapshot: {status} {body!r}"]
    snapshot = os.path.join(folder, "data/snapshots", json.loads(body)["data"]["name"])
    with Fresh() as server:
        varve("import", snapshot, "--url", url_of(server))
        mine, want = (exported(one, end_s - 3600, end_s) for one in (server, peer))
        histograms = sum("histograms" in samples for samples, in want.values())
        return (differences(samples_of(server, end_s, "1h"), samples_of(peer, end_s, "1h"))
                + differences(mine, want) + ([] if histograms else ["no histogram was moved"]))


def export_and_import(source, form, start_s, end_s):
    path = os.path.join(temporary_folder("export"), "file")
    varve("export", "--url", url_of(source), "--start", str(start_s), "--end", str(end_s),
          "--chunk", "10m", "--format", form, "--file", path)
    with Fresh() as server:
        varve("import", path, "--url", url_of(server), "--batch", "1000")
        range_text = f"{end_s - start_s + 1}s"
        found = differences(samples_of(server, end_s, range_text),
                            samples_of(source, end_s, range_text))
        if form != "openmetrics":  # which has no ends of series and no histograms
            found += differences(exported(server, start_s, end_s),
                                 exported(source, start_s, end_s))
        return found


def interrupted_import(source_path, samples):
    """Killed in the middle, then resumed: everything is there once."""
    with Fresh() as server:
        process = subprocess.Popen(
            [find_binary("VARVE", "tools/varve"), "import", source_path, "--url", url_of(server),
             "--batch", "20"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        state = source_path + ".varve-import"
        wait_until(lambda: os.path.exists(state) or process.poll() is not None, 60, "a state")
        process.kill()
        process.wait(10)
        resumed = os.path.exists(state)
        varve("import", source_path, "--url", url_of(server), *(["--resume"] if resumed else []))
        count = get_data(server, "/api/v1/query", {
            "query": f"sum(count_over_time({ALL}[10d]))", "time": "800000"})["result"]
        return [] if count[0]["value"][1] == str(samples) and not os.path.exists(state) else [count]


def main():
    failed = False
    folder, peer, process = real_prometheus()
    failed |= check("blocks of a real Prometheus", import_blocks(folder, peer))
    end_s = int(time.time()) - 1
    for form in ("jsonl", "openmetrics", "remote-read"):
        failed |= check(f"{form} of a real Prometheus",
                        export_and_import(peer, form, end_s - 600, end_s))
    end_process(process)

    path = os.path.join(temporary_folder("lines"), "lines")
    with open(path, "w") as file:
        for i in range(60_000):
            file.write(f"line{{i=\"{i % 7}\"}} {i} {i}\n")
        file.write("# EOF\n")
    failed |= check("an import that was killed", interrupted_import(path, 60_000))

    with Fresh() as source:
        write_samples(source, ODD_SERIES)
        for form in ("jsonl", "openmetrics", "remote-read"):
            failed |= check(f"{form} of varved", export_and_import(source, form, 0, 7200))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
