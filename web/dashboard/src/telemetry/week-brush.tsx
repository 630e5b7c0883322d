import { useState, type PointerEvent } from 'react';
import { formatCount } from '../format.ts';

export interface Week {
  fromMs: number;
  runs: number;
}

const kWeek = 7 * 86_400_000;
const kHeight = 30;

function dayOf(ms: number): string {
  const at = new Date(ms);
  return `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, '0')}-${String(at.getDate()).padStart(2, '0')}`;
}

/** A time that a filter says, in epoch milliseconds, as far as it can be read here. */
export function momentOf(text: string | undefined, nowMs: number): number | null {
  if (!text) return null;
  const back = /^-(\d+)([wdhm])$/.exec(text);
  if (back) return nowMs - Number(back[1]) * { w: kWeek, d: 86_400_000, h: 3_600_000, m: 60_000 }[back[2] as 'w' | 'd' | 'h' | 'm'];
  if (/^\d+$/.test(text)) return Number(text);
  const day = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00`) : Date.parse(text);
  return Number.isNaN(day) ? null : day;
}

/** Runs per week; drag over them to choose a time. The two dates above do the same by keyboard. */
export function WeekBrush({ weeks, from, to, onChange }: { weeks: readonly Week[]; from: string | undefined; to: string | undefined; onChange: (from: string, to: string) => void }) {
  const [drag, setDrag] = useState<[number, number] | null>(null);
  const shown = weeks.slice(-52);
  const most = Math.max(1, ...shown.map((week) => week.runs));
  const now = Date.now();
  const start = momentOf(from, now);
  const end = momentOf(to, now);
  const chosen = (at: number) => {
    if (drag) return at >= Math.min(...drag) && at <= Math.max(...drag);
    const week = shown[at]!.fromMs;
    return (start === null || week + kWeek > start) && (end === null || week < end);
  };
  const indexOf = (event: PointerEvent<HTMLElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    return Math.max(0, Math.min(shown.length - 1, Math.floor(((event.clientX - box.left) / Math.max(1, box.width)) * shown.length)));
  };
  return (
    <div
      className="weeks" role="img" aria-label={`Runs per week: ${formatCount(shown.reduce((sum, week) => sum + week.runs, 0))} in ${shown.length} weeks`}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture?.(event.pointerId);
        setDrag([indexOf(event), indexOf(event)]);
      }}
      onPointerMove={(event) => drag && setDrag([drag[0], indexOf(event)])}
      onPointerUp={() => {
        if (!drag) return;
        setDrag(null);
        onChange(dayOf(shown[Math.min(...drag)]!.fromMs), dayOf(shown[Math.max(...drag)]!.fromMs + kWeek));
      }}
      onPointerCancel={() => setDrag(null)}
    >
      {shown.map((week, at) => <i key={week.fromMs} className={chosen(at) ? 'on' : ''} style={{ height: week.runs === 0 ? 1 : Math.max(2, (week.runs / most) * kHeight) }} />)}
    </div>
  );
}
