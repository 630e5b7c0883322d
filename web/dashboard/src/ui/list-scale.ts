/** Browsers draw no box higher than about 17 million pixels (Firefox) or 33 million (Chromium). */
const kTallest = 15_000_000;
/** So near to either end bar and list go together, pixel by pixel. */
const kEndsPx = 1_000_000;

export interface ListScale {
  boxPx: number;
  /** How far the bar goes, and how far the list. */
  mostBox: number;
  mostList: number;
  toList: (boxTop: number) => number;
  toBox: (listTop: number) => number;
}

/** Where the list is when the bar is at `boxTop`, and back. Up to the tallest box they are the same. */
export function stretch(totalPx: number, viewPx: number): ListScale {
  const boxPx = Math.min(totalPx, kTallest);
  const mostBox = Math.max(0, boxPx - viewPx);
  const mostList = Math.max(0, totalPx - viewPx);
  if (totalPx <= kTallest) return { boxPx, mostBox, mostList, toList: (top) => top, toBox: (top) => top };
  const factor = (mostList - 2 * kEndsPx) / (mostBox - 2 * kEndsPx);
  return {
    boxPx, mostBox, mostList,
    toList: (top) => (top <= kEndsPx ? top : top >= mostBox - kEndsPx ? mostList - (mostBox - top) : kEndsPx + (top - kEndsPx) * factor),
    toBox: (top) => (top <= kEndsPx ? top : top >= mostList - kEndsPx ? mostBox - (mostList - top) : kEndsPx + (top - kEndsPx) / factor),
  };
}

/** Whether the bar was dragged: a wheel or a finger does not get so far in a frame, and a thumb moves no less. */
export function isDragged(movedPx: number, { boxPx }: ListScale, viewPx: number): boolean {
  return Math.abs(movedPx) > Math.max(2 * viewPx, boxPx / viewPx / 4);
}

export interface RowWindow {
  first: number;
  /** The last one; before `first` where there is none. */
  last: number;
}

/** Rows drawn beyond those in sight. */
export const kSpareRows = 18;
const kLeastRows = 4;
/** Frames for which the rows ahead last. */
const kFramesAhead = 4;

/** The rows to draw: most of the spare ones lie where it goes. `movedPx`: in the last frame, 0 at rest. */
export function rowWindow({ listTop, viewPx, rowPx, count, movedPx, spareRows = kSpareRows }: { listTop: number; viewPx: number; rowPx: number; count: number; movedPx: number; spareRows?: number }): RowWindow {
  const seen = Math.ceil(viewPx / rowPx) + 1;
  const ahead = movedPx === 0 ? spareRows / 2 : Math.min(spareRows - 2, Math.max(kLeastRows * 2, Math.ceil((Math.abs(movedPx) * kFramesAhead) / rowPx)));
  const above = movedPx < 0 ? ahead : spareRows - ahead;
  const most = Math.min(count, seen + spareRows);
  const first = Math.max(0, Math.min(count - most, Math.floor(listTop / rowPx) - above));
  return { first, last: first + most - 1 };
}

/** The place in a ring of `size` in which row `index` stands: rows that come take the places of those that went. */
export function slotOf(index: number, size: number, turn = 0): number {
  return (((index + turn) % size) + size) % size;
}

/** Which row of the window stands in a slot; null: none. */
export function rowInSlot(slot: number, { first, last }: RowWindow, size: number, turn = 0): number | null {
  const index = first + ((slot - slotOf(first, size, turn) + size) % size);
  return index <= last ? index : null;
}
