import { describe, expect, it } from 'vitest';
import { RunPages } from './run-pages.ts';
import type { RunSummary } from './types.ts';

const kSize = 10;
const run = (at: number): RunSummary => ({ runId: `r${at}`, createdAtMs: at }) as RunSummary;

/** A list of runs, newest first, and pages that read it as a server would answer. */
function list(count: number) {
  let rows = Array.from({ length: count }, (_, at) => run((count - at) * 10));
  const pages = new RunPages();
  const answer = (start: number, limit = kSize) => ({ runs: rows.slice(start, start + limit), nextCursor: start + limit < rows.length ? rows[start + limit - 1]!.runId : null, total: rows.length });
  return {
    pages, answer,
    read: (start: number, limit = kSize) => pages.put(start, answer(start, limit)),
    /** Asks for what is missing until nothing is, as often as that is allowed to take. */
    fill: (first: number, last: number) => {
      for (let times = 0; times < 10; times += 1) {
        const [question] = pages.missing(first, last, kSize, []);
        if (!question) return times;
        const start = question.cursor === null ? question.start : rows.findIndex((each) => each.runId === question.cursor) + 1;
        pages.put(question.start, answer(start, question.limit));
      }
      throw new Error('asks for ever');
    },
    come: (at: number) => {
      rows = [...rows, run(at)].sort((a, b) => b.createdAtMs - a.createdAtMs);
    },
    go: (index: number) => {
      const [gone] = rows.splice(index, 1);
      return gone!.runId;
    },
    agrees: () => rows.every((each, at) => {
      const held = pages.rowAt(at);
      return held === undefined || held.runId === each.runId;
    }),
  };
}

describe('pages of a long list', () => {
  it('stand where they were read, anywhere, and know how long the list is', () => {
    const { pages, read } = list(1_000);
    read(0);
    read(500);
    expect(pages.count).toBe(1_000);
    expect(pages.rowAt(503)?.runId).toBe('r4970');
    expect(pages.rowAt(300)).toBeUndefined();
    expect(pages.held()).toHaveLength(20);
  });

  it('go on by cursor where rows are held, and by place where none are', () => {
    const { pages, read } = list(1_000);
    read(0);
    expect(pages.missing(5, 14, kSize, [])).toEqual([{ start: 10, cursor: 'r9910', limit: 10, near: true }]);
    expect(pages.missing(500, 504, kSize, [])).toEqual([{ start: 498, cursor: null, limit: 10, near: false }]);
    read(500);
    expect(pages.missing(495, 504, kSize, [])).toEqual([{ start: 490, cursor: null, limit: 10, near: true }]);
  });

  it('ask no row twice, held or on its way', () => {
    const { pages, read } = list(1_000);
    read(0);
    read(14);
    expect(pages.missing(0, 20, kSize, [])).toEqual([{ start: 10, cursor: 'r9910', limit: 4, near: true }]);
    expect(pages.missing(30, 45, kSize, [{ start: 28, limit: 10 }]).map(({ start, limit }) => [start, limit])).toEqual([[38, 10]]);
    expect(pages.missing(995, 2_000, kSize, []).map(({ start, limit }) => [start, limit])).toEqual([[993, 10]]);
  });

  it('fill what is looked at, wherever one jumps', () => {
    const { pages, read, fill, agrees } = list(237);
    read(0);
    for (const at of [0, 230, 100, 95, 110, 3, 180, 229, 60, 70, 80, 90]) {
      fill(at, Math.min(236, at + 12));
      for (let row = at; row <= Math.min(236, at + 12); row += 1) expect(pages.rowAt(row)).toBeDefined();
    }
    expect(agrees()).toBe(true);
    expect(pages.count).toBe(237);
  });

  it('take a new run in where rows are held', () => {
    const { pages, read, come, agrees } = list(100);
    read(0);
    read(50);
    for (const at of [5_000, 5_005, 995, 455, 485]) {
      come(at);
      expect(pages.insert(run(at))).toBe(true);
      expect(agrees()).toBe(true);
    }
    expect(pages.count).toBe(105);
    expect(pages.rowAt(0)?.runId).toBe('r5005');
    expect(pages.insert(run(700))).toBe(false);
    expect(pages.insert(run(5))).toBe(false);
    expect(pages.count).toBe(105);
  });

  it('let a run that was deleted go, and move up what comes after', () => {
    const { pages, read, go, agrees } = list(100);
    read(0);
    read(10);
    read(50);
    expect(pages.remove(go(3))).toBe(true);
    expect(agrees()).toBe(true);
    expect(pages.count).toBe(99);
    expect(pages.remove('nobody')).toBe(false);
  });

  it('find by what two answers have in common that the list has moved between them', () => {
    const { pages, read, come, agrees } = list(100);
    read(50);
    come(9_000);
    come(9_001);
    read(45);
    expect(agrees()).toBe(true);
    expect(new Set(pages.held().map((each) => each.runId)).size).toBe(pages.held().length);
  });

  it('of any number hold only those near what is looked at', () => {
    const { pages, read } = list(1_000);
    for (let start = 0; start < 1_000; start += 10) read(start);
    expect(pages.letGo(505, 6)).toBe(true);
    expect(pages.heldPages).toBe(6);
    expect(pages.rowAt(505)).toBeDefined();
    expect(pages.rowAt(0)).toBeUndefined();
    expect(pages.letGo(505, 6)).toBe(false);
  });

  it('do not grow without end while runs come', () => {
    const { pages, read, come, agrees } = list(1_000);
    read(0, 100);
    for (let at = 10_010; at < 15_000; at += 10) {
      come(at);
      pages.insert(run(at));
      pages.letGo(0, 3);
    }
    expect(pages.held().length).toBeLessThan(700);
    expect(agrees()).toBe(true);
    expect(pages.count).toBe(1_499);
  });

  it('tell whether a run stands among rows that were not read', () => {
    const { pages, read } = list(100);
    read(0);
    read(50);
    expect(pages.isBetween(2_000)).toBe(false);
    expect(pages.isBetween(955)).toBe(false);
    expect(pages.isBetween(700)).toBe(true);
    expect(pages.isBetween(455)).toBe(false);
    expect(pages.isBetween(5)).toBe(true);
  });

  it('end where the server says that nothing comes behind', () => {
    const { pages, read } = list(25);
    read(0);
    read(20);
    expect(pages.count).toBe(25);
    expect(pages.missing(20, 40, kSize, [])).toEqual([]);
  });
});
