// winston_loki.cjs URL LINES.json: logs each line through winston's transport to Loki, which sends
// protobuf in snappy.
const fs = require("fs");
const winston = require("winston");
const LokiTransport = require("winston-loki");
const [url, linesPath] = process.argv.slice(2);
const transport = new LokiTransport({
  host: url, labels: { app: "winston-loki" }, interval: 1, gracefulShutdown: false,
  format: winston.format.printf((info) => info.message),
  onConnectionError: (error) => { console.error(error); process.exitCode = 1; },
});
const logger = winston.createLogger({ transports: [transport] });
for (const line of JSON.parse(fs.readFileSync(linesPath, "utf8"))) logger.info({ message: line });
transport.on("finish", () => transport.flush().then(() => process.exit()));
logger.end();
