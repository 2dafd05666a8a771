"""The data that `ingest` sends and `query` asks about: how its bodies are made, and in which folder
below the work folder all that belongs to it lies."""

import json
import subprocess
import time
from pathlib import Path

# Bodies end when they were made; after so long they are made anew.
FRESH_S = 3600


def host_command(options):
    command = [f"{options.tools}/body_writer", "--record", options.record]
    command += [f"--{name}={getattr(options, name)}"
                for name in ("series", "samples", "churn", "jitter")]
    return command


def wide_command(options):
    return [f"{options.tools}/wide_body_writer", f"--pods={options.pods}"]


# Of each: its folder below the work folder, and the command that makes its bodies.
DATASETS = {
    # Hosts and servers that are scraped every 15 s for three hours: many samples of each series.
    "hosts": (".", host_command),
    # The pods of a cluster: 200,000 series, few samples, a label of 100,000 values.
    "wide": ("wide", wide_command),
}


def add_dataset_option(parser):
    parser.add_argument("--dataset", choices=DATASETS, default="hosts",
                        help="hosts of many samples, or pods of many series (default: %(default)s)")


def enter_dataset(options):
    """Moves the work folder of `options` to the one of the dataset."""
    options.work = str(Path(options.work) / DATASETS[options.dataset][0])


def write_bodies(options):
    """Makes the bodies anew unless those of the work folder are of this kind and fresh."""
    command = DATASETS[options.dataset][1](options)
    kind = Path(options.work) / "bodies.kind.json"
    if kind.exists() and not options.new_bodies:
        fresh = time.time() - kind.stat().st_mtime < FRESH_S
        if fresh and json.loads(kind.read_text()) == command[1:]:
            return
    Path(options.work).mkdir(parents=True, exist_ok=True)
    kind.unlink(missing_ok=True)
    subprocess.run([*command, "--out", f"{options.work}/bodies"], check=True)
    kind.write_text(json.dumps(command[1:]))
