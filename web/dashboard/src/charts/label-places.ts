export interface LabelPlace {
  x: number;
  /** It stands left of its mark. */
  before: boolean;
  /** How wide it may be; 0: there is no room for it. */
  room: number;
}

const kGapPx = 16;
const kLeastPx = 120;
/** As wide as a label becomes. */
const kMostPx = 360;

/**
 * Where labels of marks at `xs` (ascending) stand between `left` and `right`: right of the mark; left of it where there is more room and too little at the right.
 * Two that would fill one gap share it; where there is no room for all, the newer ones, to the right, have it.
 */
export function labelPlaces(xs: readonly number[], left: number, right: number): LabelPlace[] {
  const isBefore = (x: number) => right - x - kGapPx < kMostPx && x - left > right - x;
  const places: LabelPlace[] = [];
  let free = right;  // what is right of it belongs to newer labels
  for (let at = xs.length - 1; at >= 0; at -= 1) {
    const x = xs[at]!;
    const before = isBefore(x);
    const newest = at === xs.length - 1;
    const older = xs[at - 1] ?? left;
    const gap = x - older;
    const shares = at > 0 && !isBefore(older) && (gap - kGapPx) / 2 >= kLeastPx;
    const start = before ? (shares ? older + gap / 2 : older) : x;
    const end = before ? Math.min(x, free) : free;
    const fits = (before ? x <= free : true) && end - start - kGapPx >= kLeastPx;
    const room = fits ? end - start - kGapPx : newest ? kLeastPx : 0;
    places.unshift({ x, before, room });
    if (room > 0) free = Math.min(free, before ? x - room - kGapPx : x);
  }
  return places;
}
