import { ApiClient, type SocketLike } from '@comfytrace/client';
import { act, fireEvent, render, screen, waitFor } from '@testing-library/react';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { LiveBadge } from './live-badge.tsx';
import { FailedRuns } from './run-list.tsx';
import { Suggestions } from './suggestions.tsx';
import { followRuns } from './without-react.ts';

const folder = join(import.meta.dirname, '..');

class Socket implements Partial<SocketLike> {
  static made: Socket[] = [];
  onmessage: SocketLike['onmessage'] = null;
  constructor(readonly url: string) {
    Socket.made.push(this);
  }
  send() {}
  close() {}
  say(value: unknown) {
    this.onmessage?.({ data: JSON.stringify(value) });
  }
}
const hello = { type: 'hello', protocol: 1, version: '1', bootId: 'b', serverTimeMs: 0 };
const run = { runId: 'r', title: 'Casting', status: 'failed', error: 'out of memory', createdAtMs: 1 };

function answering(answers: Record<string, unknown>) {
  return new ApiClient({
    fetch: (async (input: RequestInfo | URL) => {
      const answer = answers[new URL(String(input), 'http://x').pathname.replace('/api/v1', '')];
      return answer === undefined ? Response.json({ detail: 'it is resolved' }, { status: 409 }) : Response.json(answer);
    }) as typeof fetch,
  });
}

describe('the examples of the README', () => {
  it('stand there as they are run here', () => {
    const readme = readFileSync(join(folder, 'README.md'), 'utf8');
    const examples = readdirSync(join(folder, 'examples')).filter((name) => !name.includes('.test.'));
    expect(examples.length).toBeGreaterThan(3);
    for (const name of examples) expect(readme, name).toContain(readFileSync(join(folder, 'examples', name), 'utf8'));
  });

  it('show what runs now', () => {
    vi.stubGlobal('WebSocket', Socket);
    render(<LiveBadge url="http://there:8199" />);
    const socket = Socket.made.at(-1)!;
    expect(socket.url).toBe('ws://there:8199/telemetry');
    expect(screen.getByText('connecting')).toBeTruthy();
    act(() => {
      socket.say(hello);
      socket.say({ type: 'snapshot', seq: 1, serverTimeMs: 0, workers: [], recent: [], scenes: [{ kind: 'scene', runId: 'r', sceneId: 's', promptId: 'p', runTitle: 'Casting', status: 'executing', progress: 0.47, nodeTimesKnown: false }] });
    });
    expect(screen.getByText('streaming: Casting, 47 %')).toBeTruthy();
    vi.unstubAllGlobals();
  });

  it('list failed runs', async () => {
    render(<FailedRuns api={answering({ '/runs': { runs: [run], nextCursor: null, total: 1 } })} />);
    expect(await screen.findByText('Casting: out of memory')).toBeTruthy();
  });

  it('dismiss a suggestion, and take that back when it is refused', async () => {
    const suggestion = { id: 'a', rule: 'r', cause: 'c', severity: 'info', message: 'Decode tiled', suggestedAction: null, evidenceRunIds: [], confidence: 1, state: 'open', deferredUntilMs: null, createdAtMs: 1 };
    render(<Suggestions api={answering({ '/recommendations': { recommendations: [suggestion] } })} />);
    fireEvent.click(await screen.findByText('dismiss'));
    expect(screen.queryByText(/Decode tiled/)).toBeNull();
    await waitFor(() => expect(screen.getByRole('alert').textContent).toBe('it is resolved'));
    expect(screen.getByText(/Decode tiled/)).toBeTruthy();
  });

  it('follow runs without React', () => {
    vi.stubGlobal('WebSocket', Socket);
    const lines: string[] = [];
    const stop = followRuns('http://there', (line) => lines.push(line));
    Socket.made.at(-1)!.say(hello);
    Socket.made.at(-1)!.say({ type: 'update', seq: 1, serverTimeMs: 0, updates: [{ kind: 'run', run }] });
    stop();
    vi.unstubAllGlobals();
    expect(lines).toContain('Casting: failed');
  });
});
