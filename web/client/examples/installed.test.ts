import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

// A React program of somebody else, with the package as it is published: packed, and installed from the tarball.
const client = join(import.meta.dirname, '..');
const modules = join(client, '../node_modules');
const program = mkdtempSync(join(tmpdir(), 'comfytrace-consumer-'));
const run = (command: string, args: readonly string[], cwd = program) => execFileSync(command, args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });

// The browser that the program runs in: a page, a socket and a server that say what a test wants.
const kRunner = `
import { JSDOM } from 'jsdom';
const { window } = new JSDOM('<div id="root"></div>', { url: 'http://elsewhere/' });
Object.assign(globalThis, { window, document: window.document, IS_REACT_ACT_ENVIRONMENT: true });
Object.defineProperty(globalThis, 'navigator', { value: window.navigator, configurable: true });
const sockets = [];
globalThis.WebSocket = class { constructor(url) { this.url = url; sockets.push(this); } send() {} close() {} };
const asked = [];
globalThis.fetch = async (url) => {
  asked.push(String(url));
  return Response.json({ runs: [{ runId: 'r0', title: 'Harbour', status: 'success', createdAtMs: 1, durationMs: 48000 }], nextCursor: null, total: 1 });
};
const { act, createElement } = await import('react');
const { createRoot } = await import('react-dom/client');
const { Board } = await import('./out/board.js');
const say = (value) => sockets.at(-1).onmessage({ data: JSON.stringify(value) });
await act(async () => createRoot(document.getElementById('root')).render(createElement(Board)));
await act(async () => {
  say({ type: 'hello', protocol: 1, version: '1', bootId: 'b', serverTimeMs: 0 });
  say({ type: 'snapshot', seq: 1, serverTimeMs: 0, workers: [], recent: [], scenes: [{ kind: 'scene', runId: 'r', sceneId: 's', promptId: 'p', runTitle: 'Casting', status: 'executing', nodeTimesKnown: false }] });
});
console.log(JSON.stringify({ socket: sockets[0].url, asked: asked[0], text: [...document.querySelectorAll('li')].map((each) => each.textContent) }));
process.exit(0);
`;

beforeAll(() => {
  run('npm', ['pack', '--pack-destination', program], client);
  const tarball = readdirSync(program).find((name) => name.endsWith('.tgz'))!;
  mkdirSync(join(program, 'node_modules/@comfytrace/client'), { recursive: true });
  run('tar', ['-xzf', tarball, '-C', 'node_modules/@comfytrace/client', '--strip-components=1']);
  for (const name of ['react', 'react-dom', 'scheduler', 'jsdom', '@types', 'csstype']) symlinkSync(join(modules, name), join(program, 'node_modules', name));
  mkdirSync(join(program, 'src'));
  for (const name of readdirSync(join(client, 'examples'))) if (!name.includes('.test.')) cpSync(join(client, 'examples', name), join(program, 'src', name));
  writeFileSync(join(program, 'package.json'), JSON.stringify({ type: 'module' }));
  writeFileSync(join(program, 'run.mjs'), kRunner);
  writeFileSync(join(program, 'tsconfig.json'), JSON.stringify({
    compilerOptions: { target: 'ES2022', module: 'ESNext', moduleResolution: 'bundler', strict: true, jsx: 'react-jsx', outDir: 'out', rootDir: 'src', lib: ['ES2022', 'DOM'], types: [] },
    include: ['src'],
  }));
}, 180_000);

afterAll(() => rmSync(program, { recursive: true, force: true }));

it('examples compile against the installed package, and a program has live telemetry and history by two imports', () => {
  run(join(modules, '.bin/tsc'), ['-p', '.']);
  const told = JSON.parse(run('node', ['run.mjs'])) as { socket: string; asked: string; text: string[] };
  expect(told.socket).toBe('ws://127.0.0.1:8199/telemetry');
  expect(told.asked).toMatch(/^http:\/\/127\.0\.0\.1:8199\/api\/v1\/runs/);
  expect(told.text).toEqual(['Casting: executing', 'Harbour: 48000 ms']);
}, 180_000);
