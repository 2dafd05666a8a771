"""Figures of one benchmark run, beside each other with their ratios and goals."""

import json
import os
import platform
import subprocess
from pathlib import Path


def machine():
    """One line that names where the figures were taken."""
    model = "unknown processor"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.partition(":")[2].strip()
            break
    gib = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} x {model}, {gib:.0f} GiB, Linux {platform.release()}"


def load():
    """How busy the machine was when the run began."""
    return f"load average {os.getloadavg()[0]:.1f}"


def about_bodies(options, name="bodies"):
    return json.loads((Path(options.work) / f"{name}.json").read_text())


def send_bodies(options, port, bodies, *flags):
    """Sends a file of bodies; returns what body_sender says of it."""
    command = [f"{options.tools}/body_sender", str(bodies), f"--port={port}",
               f"--connections={options.connections}", *flags]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True)
    if not done.stdout:
        raise SystemExit(f"cannot send {bodies}: body_sender exit {done.returncode}")
    return json.loads(done.stdout)


def table(head, rows):
    """Text of a Markdown table, the first column to the left, the others to the right."""
    widths = [max(len(str(row[i])) for row in [head, *rows]) for i in range(len(head))]
    lines = []
    for number, row in enumerate([head, *rows]):
        cells = [str(cell).ljust(width) if i == 0 else str(cell).rjust(width)
                 for i, (cell, width) in enumerate(zip(row, widths))]
        lines.append("| " + " | ".join(cells) + " |")
        if number == 0:
            rule = ["-" * widths[0]] + ["-" * (width - 1) + ":" for width in widths[1:]]
            lines.append("| " + " | ".join(rule) + " |")
    return "\n".join(lines)


def ratio(ours, theirs):
    return f"{ours / theirs:.3f}" if ours is not None and theirs else "-"
