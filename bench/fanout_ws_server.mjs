// The peer of fanout_bench: what a Node program with the `ws` library does for the same pages.
import { createRequire } from "node:module";

const require = createRequire(new URL("../web/package.json", import.meta.url));
const { WebSocketServer } = require("ws");
const [port, perSecond] = process.argv.slice(2).map(Number);
const server = new WebSocketServer({ host: "127.0.0.1", port, path: "/telemetry", perMessageDeflate: false });
server.on("connection", (socket) => socket.on("error", () => {}));
let step = 0;
setInterval(() => {
  // The fields of the hub's own scene update.
  const frame = JSON.stringify({
    type: "update", seq: ++step, serverTimeMs: Date.now(),
    updates: [{
      kind: "scene", runId: "5a9d9065-2d02-44a9-a186-d576f96c817f", sceneId: "scene-004",
      promptId: "256a7630-06e1-47ea-9039-22eb842f41a5", workerId: "9b2e1a94-52a6-5a51-b7a0-5c2d9f6f3a11",
      runTitle: "Keyframes to video", sceneTitle: "", status: "executing", outcome: "executing", exitReason: null, attempts: 1,
      timestamp: Date.now(), duration: 12.3, elapsedMs: 12345, queuedAtMs: null, startedAtMs: 1795376385872, finishedAtMs: null,
      queueNumber: null, nodeCount: 16, nodesDone: 12, nodeTimesKnown: true,
      node: { nodeId: "10", classType: "KSampler", title: "", progressValue: step % 1000, progressMax: 1000, startedAtMs: 1795376395872 },
      progress: 0.78, gpuVramFree: null, gpuUtilization: null, eta: null,
    }],
  });
  for (const client of server.clients) client.send(frame);
}, 1000 / perSecond);
