import { useLayoutEffect, useState, useSyncExternalStore, type RefObject } from 'react';
import { isDragged, kSpareRows, rowWindow, slotOf, stretch, type ListScale, type RowWindow } from './list-scale.ts';
import { useSteadyRows } from './steady-rows.ts';

/** Rows are placed from the beginning of a block of so many, so that their places stay while one scrolls. */
const kBlockRows = 1_000;
const kRestMs = 200;
/** Rows that came in took the places of others; the document is put in their order once none has come for so long. */
const kTidyMs = 1_000;
/** As many pixels may bar and list be apart before they are brought together while the list still moves. */
const kMostDriftPx = 250_000;
const kUnmeasuredPx = 700;
const kFewSpareRows = 2;

export interface ListView extends RowWindow {
  /** See `slotOf`. */
  turn: number;
  slots: number;
  /** Slots that rows stand in, in the order of the document. While the list moves it stays, so that nothing is moved there. */
  order: readonly number[];
  /** Where the layer of rows stands in the box, and what of a row's place in the list its top is measured from. */
  layerTop: number;
  basePx: number;
}

interface Shape {
  count: number;
  rowPx: number;
  headPx: number;
}

/**
 * Rows of one height in a scroller, of which only those in sight are drawn. A wheel moves the list as far as the bar; where
 * the list is higher than a box can be, a drag of the bar moves it further, and at rest bar and list are brought together.
 */
export class LongList {
  private element: HTMLElement | null = null;
  private shape: Shape = { count: 0, rowPx: 30, headPx: 0 };
  private heightPx = kUnmeasuredPx;
  /** Those beyond sight are drawn once those in sight have been seen. */
  private spareRows = kFewSpareRows;
  private scale: ListScale = stretch(0, 1);
  private boxTop = 0;
  /** The list's place is the bar's and this. */
  private shift = 0;
  private movedPx = 0;
  private heardAtMs = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private tidying: ReturnType<typeof setTimeout> | undefined;
  private growing: ReturnType<typeof setTimeout> | undefined;
  private view: ListView = { first: 0, last: -1, turn: 0, slots: 1, order: [], layerTop: 0, basePx: 0 };
  private readonly readers = new Set<() => void>();
  private readonly resters = new Set<() => void>();
  private readonly movers = new Set<() => void>();

  readonly subscribe = (reader: () => void): (() => void) => {
    this.readers.add(reader);
    return () => this.readers.delete(reader);
  };

  readonly get = (): ListView => this.view;

  onRest(rester: () => void): () => void {
    this.resters.add(rester);
    return () => this.resters.delete(rester);
  }

  onMove(mover: () => void): () => void {
    this.movers.add(mover);
    return () => this.movers.delete(mover);
  }

  get boxPx(): number {
    return this.scale.boxPx;
  }

  /** What is seen of it below the head. */
  get viewPx(): number {
    return Math.max(1, this.heightPx - this.shape.headPx);
  }

  /** The bar, without asking the browser, which would have to lay out for it. */
  get bar(): { top: number; boxPx: number; heightPx: number } {
    return { top: this.boxTop, boxPx: this.scale.boxPx, heightPx: this.heightPx };
  }

  get turn(): number {
    return this.view.turn;
  }

  /** While rendering: lets rows that have other numbers now keep their slots. */
  turnTo(turn: number): void {
    clearTimeout(this.tidying);
    // To move most elements in the document for each row that comes costs more than all else that a row does.
    this.tidying = setTimeout(() => {
      this.tidying = undefined;
      this.look();
    }, kTidyMs);
    this.look(false, turn);
  }

  private get slots(): number {
    return Math.ceil(this.viewPx / this.shape.rowPx) + 1 + kSpareRows;
  }

  get top(): number {
    return Math.max(0, Math.min(this.scale.mostList, this.boxTop + this.shift));
  }

  /** While rendering: tells nobody. */
  fit(shape: Shape): void {
    const { count, rowPx, headPx } = this.shape;
    if (count === shape.count && rowPx === shape.rowPx && headPx === shape.headPx) return;
    this.shape = shape;
    this.scale = stretch(shape.count * shape.rowPx, this.viewPx);
    this.look(false);
  }

  /** After a change of shape: the browser moved the bar where the box became lower. */
  fitted(): void {
    const { element } = this;
    // A bar at its beginning stays there: to ask would only make the browser lay out.
    if (!element || this.isMoving || this.boxTop === 0) return;
    const { top } = this;
    this.boxTop = element.scrollTop;
    if (Math.abs(this.boxTop + this.shift - top) >= 1) this.shift = Math.round(top - this.boxTop);
    this.bringTogether();
  }

  attach(element: HTMLElement): () => void {
    this.element = element;
    const measure = () => {
      const height = element.clientHeight || kUnmeasuredPx;
      if (height === this.heightPx) return;
      this.heightPx = height;
      this.scale = stretch(this.shape.count * this.shape.rowPx, this.viewPx);
      this.look();
    };
    // Tells the first size too, once the browser has laid out anyway.
    const observer = new ResizeObserver(measure);
    observer.observe(element);
    element.addEventListener('scroll', this.hear, { passive: true });
    const frame = requestAnimationFrame(() => {
      this.growing = setTimeout(this.grow);
    });
    return () => {
      this.element = null;
      cancelAnimationFrame(frame);
      clearTimeout(this.growing);
      observer.disconnect();
      clearTimeout(this.timer);
      this.timer = undefined;
      clearTimeout(this.tidying);
      this.tidying = undefined;
      element.removeEventListener('scroll', this.hear);
    };
  }

  /** Brings a row to the top, below the head. */
  toRow(index: number): void {
    this.to(index * this.shape.rowPx);
  }

  /** Brings a row into sight, moving no more than is needed. */
  reveal(index: number): void {
    const { rowPx } = this.shape;
    const viewPx = Math.max(rowPx, this.viewPx);
    if (index * rowPx < this.top) this.to(index * rowPx);
    else if ((index + 1) * rowPx > this.top + viewPx) this.to((index + 1) * rowPx - viewPx);
  }

  /** Moves list and bar alike, as where rows came in above. */
  by(px: number): void {
    if (this.element) this.put(this.top + px, this.boxTop + px);
  }

  private to(listTop: number): void {
    const wanted = Math.max(0, Math.min(this.scale.mostList, listTop));
    this.settleLater();
    this.put(wanted, this.scale.toBox(wanted));
  }

  private readonly grow = (): void => {
    this.spareRows = kSpareRows;
    this.look();
  };

  private put(listTop: number, boxTop: number): void {
    if (!this.element) return;
    this.element.scrollTop = boxTop;
    this.boxTop = this.element.scrollTop;
    this.shift = Math.round(listTop - this.boxTop);
    this.look();
    for (const each of [...this.movers]) each();
  }

  private get isMoving(): boolean {
    return this.timer !== undefined;
  }

  private readonly hear = (): void => {
    const top = this.element!.scrollTop;
    const movedPx = top - this.boxTop;
    if (movedPx === 0) return;
    this.spareRows = kSpareRows;
    this.settleLater();
    this.boxTop = top;
    const dragged = isDragged(movedPx, this.scale, this.viewPx);
    if (dragged) this.shift = Math.round(this.scale.toList(top) - top);
    this.movedPx = dragged ? 0 : movedPx;
    const atEnd = (top <= 0 && this.top > 0) || (top >= this.scale.mostBox && this.top < this.scale.mostList);
    if (atEnd || Math.abs(this.scale.toList(top) - this.top) > kMostDriftPx) this.bringTogether();
    this.look();
    for (const each of [...this.movers]) each();
  };

  private settleLater(): void {
    this.heardAtMs = performance.now();
    if (this.timer !== undefined) return;
    const wait = () => {
      const left = this.heardAtMs + kRestMs - performance.now();
      this.timer = left > 1 ? setTimeout(wait, left) : undefined;
      if (this.timer === undefined) this.settle();
    };
    this.timer = setTimeout(wait, kRestMs);
  }

  private settle(): void {
    this.movedPx = 0;
    this.bringTogether();
    this.look();
    for (const each of [...this.resters]) each();
  }

  /** Moves the bar to where it belongs, and the rows against it: nothing is seen to move. */
  private bringTogether(): void {
    const by = Math.round(this.scale.toBox(this.top) - this.boxTop);
    if (this.element && by !== 0) this.put(this.top, this.boxTop + by);
  }

  private look(tell = true, turn = this.view.turn): void {
    const { rowPx, count } = this.shape;
    const { view, slots } = this;
    const wanted = rowWindow({ listTop: this.top, viewPx: this.viewPx, rowPx, count, movedPx: this.movedPx, spareRows: this.spareRows });
    const basePx = Math.floor(wanted.first / kBlockRows) * kBlockRows * rowPx;
    const ordered = inOrder(wanted, slots, turn);
    const order = this.mayStay(view.order, ordered) ? view.order : ordered;
    const next = { ...wanted, turn, slots, order, layerTop: basePx - this.shift, basePx };
    if ((Object.keys(next) as (keyof ListView)[]).every((key) => next[key] === view[key])) return;
    this.view = next;
    if (tell) for (const reader of [...this.readers]) reader();
  }

  /** Whether the document's order may stay. Whoever is in a row with the focus keeps it: what is moved in the document loses it. */
  private mayStay(order: readonly number[], ordered: readonly number[]): boolean {
    if (order.length !== ordered.length) return false;
    if (order[0] === ordered[0]) return order.at(-1) === ordered.at(-1);
    if (order.length < this.slots) return false;
    const focused = document.activeElement;
    return this.isMoving || this.tidying !== undefined || (focused !== null && focused !== this.element && this.element?.contains(focused) === true);
  }
}

function inOrder({ first, last }: RowWindow, slots: number, turn: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, at) => slotOf(first + at, slots, turn));
}

/** `keyAt` tells the rows apart: null where none is held. */
export function useLongList({ scroller, keyAt, ...shape }: Shape & { scroller: RefObject<HTMLElement | null>; keyAt: (index: number) => string | null }): { list: LongList; view: ListView } {
  const [list] = useState(() => new LongList());
  list.fit(shape);
  useSteadyRows(list, shape.rowPx, keyAt);
  const view = useSyncExternalStore(list.subscribe, list.get);
  useLayoutEffect(() => list.attach(scroller.current!), [list, scroller]);
  useLayoutEffect(() => list.fitted(), [list, shape.count, shape.rowPx, shape.headPx]);
  return { list, view };
}
