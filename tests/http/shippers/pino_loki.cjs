// pino_loki.cjs URL LINES.json: logs each line through pino's transport to Loki, in batches.
const fs = require("fs");
const pino = require("pino");
const [url, linesPath] = process.argv.slice(2);
const transport = pino.transport({
  target: require.resolve("pino-loki"),
  options: {
    host: url, labels: { app: "pino-loki" }, logFormat: "{msg}", batching: { interval: 0.2 },
  },
});
const logger = pino({ base: null }, transport);
const lines = JSON.parse(fs.readFileSync(linesPath, "utf8"));
transport.on("ready", () => {
  for (const line of lines) logger.info(line);
  transport.end();
});
