#!/usr/bin/env python3
"""Checks /api/v1/openapi.yaml with a validator of others, and asks every GET it describes."""
import json
import os
import subprocess
import sys

from varved_process import PEERS_FOLDER, Varved, query_string, skip

PACKAGES = ("openapi-spec-validator", "PyYAML")
INSTALL_TIMEOUT_S = 300
# Enough to be no bad request.
VALUES = {"query": "1", "start": "0", "end": "60", "step": "15", "match[]": "up", "name": "job",
          "label": "job", "search[]": "j"}
# Where a query is one of logs.
LOG_QUERY_PATHS = ("/api/v1/export/logs",)


def install_validator():
    target = os.path.join(PEERS_FOLDER, "openapi")
    if not os.path.isdir(os.path.join(target, "openapi_spec_validator")):
        done = subprocess.run([sys.executable, "-m", "pip", "install", "--quiet", "--target", target,
                               *PACKAGES], capture_output=True, text=True,
                              timeout=INSTALL_TIMEOUT_S, check=False)
        if done.returncode != 0:
            skip("the validator cannot be installed: " + done.stderr[-300:])
    sys.path.insert(0, target)


def parameters_of(path, operation, place):
    values = {**VALUES, "query": '{job="j"}'} if path in LOG_QUERY_PATHS else VALUES
    return {parameter["name"]: values[parameter["name"]]
            for parameter in operation.get("parameters", ())
            if parameter["in"] == place and parameter["required"]}


def ask_all(server, description):
    """Failures of GETs: the status is one of those described, and JSON has the envelope."""
    failures = []
    for path, operations in description["paths"].items():
        operation = operations.get("get")
        if operation is None:
            continue
        target = path
        for name, value in parameters_of(path, operation, "path").items():
            target = target.replace("{" + name + "}", value)
        target += query_string(parameters_of(path, operation, "query"))
        status, headers, body = server.get(target)
        described = operation["responses"].get(str(status))
        if described is None:
            failures.append((target, status, body[:200]))
            continue
        media = list(described.get("content", {}))
        content_type = (headers.get("Content-Type") or "").split(";")[0]
        if media and path != "/version" and content_type not in media:
            failures.append((target, content_type, media))
        if media == ["application/json"] and path != "/version":
            if json.loads(body).get("status") != "success":
                failures.append((target, body[:200]))
    return failures


def main():
    install_validator()
    import yaml
    from openapi_spec_validator import validate
    server = Varved(name="openapi")
    server.start()
    failures = []
    for version in ("", "3.1", "3.2"):
        status, headers, body = server.get("/api/v1/openapi.yaml",
                                           {"openapi_version": version} if version else None)
        if status != 200 or not headers["Content-Type"].startswith("application/yaml"):
            failures.append((version, status, headers["Content-Type"]))
        description = yaml.safe_load(body)
        if not description["openapi"].startswith(version or "3.1"):
            failures.append((version, description["openapi"]))
        if not version.startswith("3.2"):  # which no validator knows yet
            validate(description)
            paths = len(description["paths"])
            failures += ask_all(server, description)
    for failure in failures:
        print("FAIL", failure)
    print(f"{paths} paths described, {len(failures)} failures", flush=True)
    return 1 if failures or server.stop() != 0 else 0


if __name__ == "__main__":
    sys.exit(main())
