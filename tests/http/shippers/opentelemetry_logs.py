"""opentelemetry_logs.py URL LINES.json: logs each line through OpenTelemetry's SDK, as OTLP over
HTTP (protobuf, gzip)."""
import json
import logging
import sys
import warnings

warnings.filterwarnings("ignore")
# The logs part of the SDK still has an underscore in its name.
from opentelemetry.exporter.otlp.proto.http import Compression  # noqa: E402
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter  # noqa: E402
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler  # noqa: E402
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor  # noqa: E402
from opentelemetry.sdk.resources import Resource  # noqa: E402

url, lines_path = sys.argv[1:]
provider = LoggerProvider(resource=Resource.create({"service.name": "opentelemetry"}))
exporter = OTLPLogExporter(endpoint=url + "/otlp/v1/logs", compression=Compression.Gzip)
provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
logger = logging.getLogger("shipper")
logger.setLevel(logging.INFO)
logger.addHandler(LoggingHandler(level=logging.INFO, logger_provider=provider))
with open(lines_path, encoding="utf-8") as lines:
    for line in json.load(lines):
        logger.info("%s", line)
provider.shutdown()
