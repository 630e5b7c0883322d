interface Armed {
  timer: ReturnType<typeof setTimeout>;
  firesMs: number;
  dueMs: number;
  then: () => void;
}

/** Timers by name, one each. Those that every frame of a stream puts off are not set anew each time: they look when they fire. */
export class Timers<Name extends string> {
  private readonly armed = new Map<Name, Armed>();

  has(name: Name): boolean {
    return this.armed.has(name);
  }

  arm(name: Name, afterMs: number, then: () => void): void {
    const dueMs = performance.now() + afterMs;
    const before = this.armed.get(name);
    if (before && before.firesMs <= dueMs) return void Object.assign(before, { dueMs, then });
    this.clear(name);
    this.armed.set(name, { timer: this.wait(name, afterMs), firesMs: dueMs, dueMs, then });
  }

  clear(name: Name): void {
    clearTimeout(this.armed.get(name)?.timer);
    this.armed.delete(name);
  }

  clearAll(): void {
    for (const name of [...this.armed.keys()]) this.clear(name);
  }

  private wait(name: Name, ms: number): ReturnType<typeof setTimeout> {
    return setTimeout(() => {
      const mine = this.armed.get(name)!;
      const leftMs = mine.dueMs - performance.now();
      if (leftMs > 0) {
        mine.firesMs = mine.dueMs;
        mine.timer = this.wait(name, leftMs);
        return;
      }
      this.armed.delete(name);
      mine.then();
    }, ms);
  }
}
