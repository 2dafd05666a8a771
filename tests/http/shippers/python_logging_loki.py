"""python_logging_loki.py URL LINES.json: logs each line through the logging handler for Loki."""
import json
import logging
import sys

import logging_loki

url, lines_path = sys.argv[1:]
handler = logging_loki.LokiHandler(url=url + "/loki/api/v1/push",
                                   tags={"app": "python-logging-loki"}, version="1")
logger = logging.getLogger("shipper")
logger.setLevel(logging.INFO)
logger.addHandler(handler)
with open(lines_path, encoding="utf-8") as lines:
    for line in json.load(lines):
        logger.info("%s", line)
