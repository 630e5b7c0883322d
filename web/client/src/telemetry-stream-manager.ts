import { UpdateQueue } from './coalesce.ts';
import { decodePreview } from './preview-frame.ts';
import type { Preview, SceneUpdate, ServerMessage, SnapshotMessage, TelemetryUpdate } from './live-types.ts';
import { StallLimit } from './stall-limit.ts';
import { Timers } from './timers.ts';
import type { ConnectionState, RunSummary, WorkerState } from './types.ts';

export interface StreamStatus {
  state: ConnectionState;
  /** How data comes at present. */
  transport: 'websocket' | 'polling' | 'none';
  /** Failed tries in a row. */
  attempt: number;
  nextTryAtMs: number | null;
  /** When anything last came, by this page's clock. */
  lastUpdateAtMs: number | null;
  /** When it was last seen, by a frame or a probe, that the server is there. */
  aliveAtMs: number | null;
  /** How far probes of a silent stream are apart. */
  probeMs: number;
  lastError: string | null;
  bootId: string | null;
  version: string | null;
  /** Add to this page's clock to get the server's. */
  serverOffsetMs: number;
}

export interface PolledState {
  workers: WorkerState[];
  scenes: SceneUpdate[];
  recent: RunSummary[];
}

export interface StreamEvents {
  status: (status: StreamStatus) => void;
  snapshot: (snapshot: SnapshotMessage) => void;
  updates: (updates: TelemetryUpdate[]) => void;
  preview: (preview: Preview) => void;
}

/** The part of WebSocket that is used, so that tests and other hosts can bring their own. */
export interface SocketLike {
  binaryType: string;
  readyState: number;
  onopen: ((event: unknown) => void) | null;
  onmessage: ((event: { data: unknown }) => void) | null;
  onclose: ((event: { code: number; reason: string }) => void) | null;
  onerror: ((event: unknown) => void) | null;
  send(data: string): void;
  close(code?: number, reason?: string): void;
}

export interface StreamOptions {
  /** ws:// or wss:// address of `/telemetry`, without a query. */
  url: string;
  bufferMs?: number;
  previews?: boolean;
  /** Waits before the first tries to reconnect; afterwards `steadyDelayMs`, for ever. */
  delaysMs?: readonly number[];
  steadyDelayMs?: number;
  /** Part of a wait that is random: 0.2 gives 80 % to 120 %. */
  jitter?: number;
  /**
   * Nodes are told and nothing came for so long: stalled. A class of node that was silent for longer before, and went
   * on, is given more.
   */
  stallMs?: number;
  /** No `hello` for so long after the try began: the try has failed. */
  helloTimeoutMs?: number;
  /** Listeners hear updates at most this often, the first one at once. */
  notifyMs?: number;
  /** Asked when the stream is silent; a rejection means that the socket is dead though it looks open. */
  probe?: () => Promise<unknown>;
  probeMs?: number;
  /** The way without WebSocket. Used from the second failed try on, until one succeeds. */
  poll?: () => Promise<PolledState>;
  pollMs?: number;
  makeSocket?: (url: string) => SocketLike;
  random?: () => number;
  now?: () => number;
}

const kNoClock = ['state', 'transport', 'attempt', 'nextTryAtMs', 'probeMs', 'lastError', 'bootId', 'version'] as const;
const kDelaysMs = [1_000, 2_000, 4_000, 8_000, 16_000] as const;

/**
 * The live stream of one comfytrace server: connects, resumes where it left, never gives up. `close()` is final until
 * `connect()`. Handlers are called from timers and socket events, one at a time.
 */
export class TelemetryStreamManager {
  private readonly options: Required<Omit<StreamOptions, 'probe' | 'poll'>> & Pick<StreamOptions, 'probe' | 'poll'>;
  private readonly listeners: { [K in keyof StreamEvents]: Set<StreamEvents[K]> } = {
    status: new Set(), snapshot: new Set(), updates: new Set(), preview: new Set(),
  };
  private current: StreamStatus = {
    state: 'disconnected', transport: 'none', attempt: 0, nextTryAtMs: null, lastUpdateAtMs: null, aliveAtMs: null,
    probeMs: Number.POSITIVE_INFINITY, lastError: null, bootId: null, version: null, serverOffsetMs: 0,
  };
  private socket: SocketLike | null = null;
  private wanted = false;
  private greeted = false;
  private seq: number | null = null;
  private readonly stall: StallLimit;
  private queue = new UpdateQueue();
  private lastNotifyMs = Number.NEGATIVE_INFINITY;
  private clockMoved = false;
  private readonly timers = new Timers<'reconnect' | 'hello' | 'stall' | 'notify' | 'poll' | 'probe'>();
  private polling = false;

  constructor(options: StreamOptions) {
    this.options = {
      bufferMs: 200, previews: false, delaysMs: kDelaysMs, steadyDelayMs: 30_000, jitter: 0.2, stallMs: 20_000,
      helloTimeoutMs: 10_000, notifyMs: 100, probeMs: 15_000, pollMs: 3_000,
      makeSocket: (url) => new WebSocket(url) as unknown as SocketLike, random: Math.random, now: Date.now, ...options,
    };
    this.stall = new StallLimit(this.options.stallMs);
    if (this.options.probe) this.current = { ...this.current, probeMs: this.options.probeMs };
  }

  get status(): StreamStatus {
    return this.current;
  }

  on<K extends keyof StreamEvents>(event: K, listener: StreamEvents[K]): () => void {
    this.listeners[event].add(listener);
    return () => this.listeners[event].delete(listener);
  }

  /** Begins, or does nothing if it has begun. */
  connect(): void {
    if (this.wanted) return;
    this.wanted = true;
    this.open();
  }

  /** Tries at once instead of waiting for the next try. */
  connectNow(): void {
    this.wanted = true;
    if (this.socket) return;
    this.open();
  }

  /** Ends for good: nothing reconnects until `connect()`. What was received still reaches the listeners. */
  close(): void {
    this.wanted = false;
    this.timers.clearAll();
    this.polling = false;
    this.flush();
    this.dropSocket(1000, 'closed by the page');
    this.set({ state: 'disconnected', transport: 'none', attempt: 0, nextTryAtMs: null });
  }

  subscribe(change: { bufferMs?: number; previews?: boolean }): void {
    if (change.bufferMs !== undefined) this.options.bufferMs = change.bufferMs;
    if (change.previews !== undefined) this.options.previews = change.previews;
    if (this.greeted) this.sendSubscription();
  }

  private open(): void {
    this.timers.clear('reconnect');
    this.greeted = false;
    if (this.current.transport !== 'polling') this.set({ state: 'connecting', nextTryAtMs: null });
    const address = this.address();
    let socket: SocketLike;
    try {
      socket = this.options.makeSocket(address);
    } catch {
      this.lost('this browser did not open a WebSocket');
      return;
    }
    this.socket = socket;
    socket.binaryType = 'arraybuffer';
    socket.onmessage = (event) => {
      if (socket === this.socket) this.receive(event.data);
    };
    socket.onclose = (event) => {
      if (socket !== this.socket) return;
      this.socket = null;
      this.lost(closeSentence(event.code, event.reason, this.greeted));
    };
    socket.onerror = () => undefined;  // a close always follows and tells more
    this.timers.arm('hello', this.options.helloTimeoutMs, () => {
      this.dropSocket(4000, 'no hello');
      this.lost('comfytrace did not answer in time');
    });
  }

  private address(): string {
    if (this.seq === null || this.current.bootId === null) return this.options.url;
    return `${this.options.url}?since=${this.seq}&boot=${encodeURIComponent(this.current.bootId)}`;
  }

  private receive(data: unknown): void {
    if (typeof data !== 'string') {
      const preview = data instanceof ArrayBuffer ? decodePreview(data) : null;
      if (preview) this.emit('preview', preview);
      return;
    }
    let message: ServerMessage;
    try {
      message = JSON.parse(data) as ServerMessage;
    } catch {
      return;  // one broken frame is not worth a reconnect
    }
    const now = this.options.now();
    switch (message.type) {
      case 'hello': {
        this.timers.clear('hello');
        this.stopPolling();
        if (message.bootId !== this.current.bootId) this.seq = null;
        this.greeted = true;
        this.sendSubscription();
        this.set({
          attempt: 0, nextTryAtMs: null, lastError: null, transport: 'websocket', bootId: message.bootId,
          version: message.version, serverOffsetMs: message.serverTimeMs - now, lastUpdateAtMs: now, aliveAtMs: now,
        });
        break;
      }
      case 'snapshot':
        this.seq = message.seq;
        this.takeSnapshot(message);
        break;
      case 'update':
        if (this.seq !== null && message.seq <= this.seq) return;  // already had before the reconnect
        this.seq = message.seq;
        if (this.current.lastUpdateAtMs !== null) this.stall.endedSilence(now - this.current.lastUpdateAtMs);
        for (const update of message.updates) {
          this.follow(update);
          this.queue.push(update);
        }
        break;
      default:
        return;  // a newer server may say more
    }
    this.alive(now, message.serverTimeMs);
    if (this.queue.size > 0) this.scheduleNotify();
  }

  private takeSnapshot(snapshot: SnapshotMessage): void {
    this.queue.take();  // the snapshot is newer than whatever waited
    this.stall.clear();
    for (const scene of snapshot.scenes) this.follow(scene);
    this.emit('snapshot', snapshot);
  }

  private follow(update: TelemetryUpdate): void {
    if (update.kind === 'runDeleted') this.stall.forget(update.runId);
    if (update.kind === 'scene') this.stall.follow(update);
  }

  private alive(now: number, serverTimeMs: number): void {
    this.set({
      state: this.stall.busy ? 'streaming' : 'connected', lastUpdateAtMs: now, aliveAtMs: now, serverOffsetMs: serverTimeMs - now,
    });
    const limitMs = this.stall.limitMs();
    if (limitMs === null) this.timers.clear('stall');
    else this.timers.arm('stall', limitMs, () => this.set({ state: 'stalled' }));
    this.armProbe();
  }

  private armProbe(): void {
    const probe = this.options.probe;
    if (!probe) return;
    this.timers.arm('probe', this.options.probeMs, () => {
      const socket = this.socket;
      const giveUp = () => {
        if (!socket || socket !== this.socket) return;
        this.dropSocket(4001, 'silent');
        this.lost('comfytrace stopped answering');
      };
      const limit = setTimeout(giveUp, this.options.helloTimeoutMs);
      probe().then(
        () => {
          clearTimeout(limit);
          if (!socket || socket !== this.socket || !this.greeted) return;
          this.set({ aliveAtMs: this.options.now() });
          this.armProbe();
        },
        () => {
          clearTimeout(limit);
          giveUp();
        },
      );
    });
  }

  private sendSubscription(): void {
    this.socket?.send(JSON.stringify({ type: 'subscribe', bufferMs: this.options.bufferMs, previews: this.options.previews }));
  }

  // Throttled, not debounced: a stream that never pauses still reaches its listeners every notifyMs.
  private scheduleNotify(): void {
    if (this.timers.has('notify')) return;
    const wait = this.lastNotifyMs + this.options.notifyMs - this.options.now();
    if (wait <= 0) this.flush();
    else this.timers.arm('notify', wait, () => this.flush());
  }

  private flush(): void {
    this.timers.clear('notify');
    if (this.queue.size === 0 && !this.clockMoved) return;
    this.tellStatus();
    if (this.queue.size === 0) return;
    this.lastNotifyMs = this.options.now();
    this.emit('updates', this.queue.take());
  }

  private lost(sentence: string): void {
    for (const name of ['hello', 'stall', 'probe'] as const) this.timers.clear(name);
    this.greeted = false;
    if (!this.wanted) return;
    const failed = this.current.attempt;
    const base = this.options.delaysMs[failed] ?? this.options.steadyDelayMs;
    const wait = Math.round(base * (1 + this.options.jitter * (2 * this.options.random() - 1)));
    const keepsPolling = this.current.transport === 'polling';
    this.set({
      attempt: failed + 1, nextTryAtMs: this.options.now() + wait, lastError: sentence,
      ...(keepsPolling ? {} : { state: 'disconnected', transport: 'none' }),
    });
    this.timers.arm('reconnect', wait, () => this.open());
    if (failed + 1 >= 2) this.startPolling();
  }

  private startPolling(): void {
    if (this.polling || !this.options.poll) return;
    this.polling = true;
    void this.pollOnce();
  }

  private stopPolling(): void {
    this.polling = false;
    this.timers.clear('poll');
  }

  private async pollOnce(): Promise<void> {
    try {
      const polled = await this.options.poll!();
      if (!this.polling) return;
      const now = this.options.now();
      this.seq = null;  // after polling only a fresh snapshot is sure to be whole
      this.takeSnapshot({ type: 'snapshot', seq: 0, serverTimeMs: now, ...polled });
      this.set({ state: 'connected', transport: 'polling', lastUpdateAtMs: now, aliveAtMs: now });
    } catch {
      if (!this.polling) return;
      this.set({ state: 'disconnected', transport: 'none' });
    }
    this.timers.arm('poll', this.options.pollMs, () => void this.pollOnce());
  }

  private dropSocket(code: number, reason: string): void {
    const socket = this.socket;
    this.socket = null;
    this.greeted = false;
    try {
      socket?.close(code, reason);
    } catch {
      // closing a socket that is not open yet may throw; it is let go of either way
    }
  }

  /** Each frame moves the clocks of the status; listeners hear of that as seldom as of updates, of the rest at once. */
  private set(change: Partial<StreamStatus>): void {
    const before = this.current;
    this.current = { ...before, ...change };
    this.clockMoved = true;
    if (kNoClock.some((name) => before[name] !== this.current[name])) this.tellStatus();
    else this.scheduleNotify();
  }

  private tellStatus(): void {
    if (!this.clockMoved) return;
    this.clockMoved = false;
    this.emit('status', this.current);
  }

  private emit<K extends keyof StreamEvents>(event: K, ...values: Parameters<StreamEvents[K]>): void {
    for (const listener of [...this.listeners[event]]) (listener as (...all: unknown[]) => void)(...values);
  }
}

function closeSentence(code: number, reason: string, greeted: boolean): string {
  if (reason) return `comfytrace closed the connection: ${reason}`;
  if (code === 1013) return 'the page could not keep up and was let go';
  if (code === 1001) return 'comfytrace is going away';
  return greeted ? 'the connection to comfytrace broke' : 'comfytrace was not reached';
}
