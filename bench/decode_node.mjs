// The peer of ingest_bench's "decode" case: what a Node program does with the same frames before it can use them.
import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";

const root = process.argv[2] ?? "tests/recordings";
const frames = [];
for (const version of readdirSync(root)) {
  for (const name of readdirSync(join(root, version))) {
    for (const line of readFileSync(join(root, version, name), "utf8").split("\n")) {
      if (!line) continue;
      const entry = JSON.parse(line);
      if (entry.dir === "ws<" && entry.client !== "T" && entry.json) frames.push(Buffer.from(JSON.stringify(entry.json)));
    }
  }
}
const passes = 200;
let bytes = 0;
let checksum = 0;
const cpu = process.cpuUsage();
const began = process.hrtime.bigint();
for (let pass = 0; pass < passes; ++pass) {
  for (const frame of frames) {
    const message = JSON.parse(frame.toString("utf8"));
    checksum += message.type.length;
    bytes += frame.length;
  }
}
const wall = Number(process.hrtime.bigint() - began) / 1e9;
const used = process.cpuUsage(cpu);
console.log(
  JSON.stringify({
    bench: "ingest",
    case: "peer: Node JSON.parse alone",
    events: frames.length * passes,
    eventsPerSecond: Math.round((frames.length * passes) / wall),
    megabytesPerSecond: Math.round(bytes / wall / 1e5) / 10,
    wallSeconds: Math.round(wall * 1e3) / 1e3,
    cpuSeconds: Math.round((used.user + used.system) / 1e3) / 1e3,
    checksum,
  }),
);
