import { useEffect, useId, useLayoutEffect, useRef, useState, type FocusEvent, type KeyboardEvent, type MouseEvent, type ReactNode } from 'react';
import { CheckBox } from './controls.tsx';
import { Icon } from './icon.tsx';
import { useKeys } from './keys.ts';
import { rowInSlot, slotOf } from './list-scale.ts';
import { useLongList } from './long-list.ts';
import { usePhone, useWidth } from './media.ts';
import { Skeleton } from './parts.tsx';
import { PlaceBubble } from './place-bubble.tsx';
import { AbsenceBody, isAbsent, kReady, type PartState } from './states.tsx';
import { TableRow } from './table-row.tsx';

export interface Column<Row> {
  key: string;
  title: string;
  /** A grid track: `78px`, `minmax(180px, 2fr)`. */
  width: string;
  right?: boolean;
  /** What stands in it never is wider, or sees to that itself: to cut a cell off costs each frame of a scroll. */
  fits?: boolean;
  /** Shown only where the table is at least this wide. */
  from?: number;
  /** A head that is not to be read out loud twice, as of pictures. */
  hiddenTitle?: boolean;
  /** The sort that a click on the head asks for, and the one that a second click does. */
  sorts?: readonly [string, string?];
  cell: (row: Row) => ReactNode;
}

export interface DataTableProps<Row> {
  label: string;
  columns: readonly Column<Row>[];
  /** How many rows there are, read or not. */
  count: number;
  /** undefined: not read yet; a skeleton stands there. */
  rowAt: (index: number) => Row | undefined;
  keyOf: (row: Row) => string;
  /** Which rows are in sight, so that they can be read. */
  onLook?: (first: number, last: number) => void;
  state?: PartState;
  sort?: string;
  onSort?: (sort: string) => void;
  selected?: ReadonlySet<string>;
  onSelect?: (selected: ReadonlySet<string>) => void;
  onOpen?: (row: Row) => void;
  /** The row that the keys stand on. */
  onCurrent?: (row: Row | null) => void;
  rowClass?: (row: Row) => string;
  /** Two lines on the phone instead of columns. */
  phoneRow?: (row: Row) => ReactNode;
  /** `page`: keys act wherever the focus is; `focus`: only inside, for a table beside others. */
  keys?: 'page' | 'focus';
  rowPx?: number;
  /** How wide it will be, as far as is known before it stands: which columns it has is not to change once it is seen. */
  firstWidth?: number;
  /** The row that stands first at the beginning. */
  firstRow?: number;
  /** The row that stands first, told when the list has come to rest. */
  onRest?: (firstRow: number) => void;
  /** What is said beside the thumb of row `index` while the list is gone through by leaps. */
  placeOf?: (index: number) => string | null;
  /** A range was chosen of which rows are not read. */
  onUnread?: () => void;
}

const kHeadPx = 28;
const kPhoneRowPx = 60;

/** A list of any length: head that stays, keys, selection, sort; rows that are not read yet are skeletons. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, columns, count, rowAt, keyOf, onLook, state = kReady, sort, onSort, selected, onSelect, onOpen, onCurrent, rowClass, phoneRow, keys = 'page', rowPx = 30, firstWidth, firstRow = 0, onRest, placeOf, onUnread } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const id = useId();
  const phone = usePhone() && phoneRow !== undefined;
  const width = useWidth(scroller, firstWidth);
  const [current, setCurrent] = useState<{ at: number; key: string } | null>(null);
  const anchor = useRef<number | null>(null);
  const absent = isAbsent(state);
  const height = phone ? kPhoneRowPx : rowPx;
  const { list, view } = useLongList({ count: absent ? 0 : count, rowPx: height, headPx: phone ? 0 : kHeadPx, scroller, keyAt });
  const { first, last, slots, turn } = view;
  useEffect(() => {
    if (!absent && count > 0) onLook?.(first, last);
  }, [absent, count, first, last, onLook]);
  const placed = useRef(firstRow === 0);
  useLayoutEffect(() => {
    if (placed.current || absent || count === 0) return;
    placed.current = true;
    list.toRow(Math.min(firstRow, count - 1));
  });
  const isThere = !absent && count > 0;
  useEffect(() => (isThere ? list.onRest(() => onRest?.(Math.floor(list.top / height))) : undefined), [list, height, isThere, onRest]);

  // A row that came in above must not move the keys to another run.
  const here = current === null ? -1 : keyAt(current.at) === current.key ? current.at : inWindow((index) => keyAt(index) === current.key) ?? current.at;
  function keyAt(index: number): string | null {
    const row = index >= 0 && index < count ? rowAt(index) : undefined;
    return row === undefined ? null : keyOf(row);
  }
  function inWindow(is: (index: number) => boolean): number | undefined {
    for (let index = first; index <= last; index += 1) if (is(index)) return index;
    return undefined;
  }
  const focus = useKeptFocus(keyAt);

  // A leap ends at rows that are not read yet.
  const landed = current !== null && current.key === '' ? keyAt(current.at) : null;
  useEffect(() => {
    if (landed === null || current === null) return;
    setCurrent({ at: current.at, key: landed });
    onCurrent?.(rowAt(current.at) ?? null);
  }, [landed]);

  const go = (index: number) => {
    if (count === 0) return false;
    const at = Math.max(0, Math.min(count - 1, index));
    setCurrent({ at, key: keyAt(at) ?? '' });
    onCurrent?.(rowAt(at) ?? null);
    list.reveal(at);
    return true;
  };
  const select = (index: number, range: boolean) => {
    const key = keyAt(index);
    if (!onSelect || !selected || key === null) return false;
    const next = new Set(selected);
    const from = range && anchor.current !== null ? anchor.current : index;
    const on = range ? true : !next.has(key);
    for (let at = Math.min(from, index); at <= Math.max(from, index); at += 1) {
      const each = keyAt(at);
      // Half a range would pass for the whole.
      if (each === null && range && at !== index) return void onUnread?.();
      if (each !== null) if (on) next.add(each); else next.delete(each);
    }
    anchor.current = index;
    onSelect(next);
    return true;
  };
  const page = Math.max(1, Math.floor(list.viewPx / height) - 1);
  const acts: Record<string, () => unknown> = {
    j: () => go(here + 1), k: () => go(here < 0 ? 0 : here - 1), ArrowDown: () => go(here + 1), ArrowUp: () => go(here < 0 ? 0 : here - 1),
    PageDown: () => go(here + page), PageUp: () => go(here - page), Home: () => go(0), End: () => go(count - 1),
    x: () => here >= 0 && select(here, false), 'Shift+x': () => here >= 0 && select(here, true),
    Enter: () => {
      const focused = document.activeElement;
      const row = here >= 0 ? rowAt(here) : undefined;
      if (focused?.matches('a, button, summary, input') || row === undefined || !onOpen) return false;
      onOpen(row);
      return true;
    },
  };
  useKeys(keys === 'page' && !absent ? acts : {});
  const hearFocused = (event: KeyboardEvent) => {
    const act = acts[event.shiftKey && event.key.length === 1 ? `Shift+${event.key.toLowerCase()}` : event.key];
    if (keys !== 'focus' || !act || act() === false) return;
    event.preventDefault();
    event.stopPropagation();
  };

  const open = (event: MouseEvent, index: number) => {
    if ((event.target as HTMLElement).closest('a, button, input, label')) return;
    const row = rowAt(index);
    setCurrent({ at: index, key: keyAt(index) ?? '' });
    if (row !== undefined) onOpen?.(row);
  };
  const latest = useRef({ open, select });
  latest.current = { open, select };
  const [stable] = useState(() => ({
    open: (event: MouseEvent, index: number) => latest.current.open(event, index),
    select: (index: number, range: boolean) => void latest.current.select(index, range),
  }));
  const shown = columns.filter((column) => (column.from ?? 0) <= width);
  const tracks = phone ? undefined : [selected ? '30px' : '', ...shown.map((column) => column.width)].filter(Boolean).join(' ');
  const held = selected === undefined ? [] : Array.from({ length: last - first + 1 }, (_, at) => keyAt(first + at) ?? []).flat();
  const allSelected = selected !== undefined && held.length > 0 && held.every((key) => selected.has(key));
  return (
    <div
      ref={scroller} role="grid" className="dt" tabIndex={0} aria-label={label} aria-rowcount={count + 1} aria-multiselectable={selected !== undefined || undefined}
      aria-activedescendant={here >= first && here <= last ? `${id}-${slotOf(here, slots, turn)}` : undefined} aria-busy={state.is === 'loading'} onKeyDown={hearFocused} onFocus={focus.hear} onBlur={focus.forget}
    >
      {placeOf && !absent && <PlaceBubble list={list} headPx={phone ? 0 : kHeadPx} placeAt={() => placeOf(Math.floor(list.top / height))} />}
      {!phone && (
        <div role="rowgroup" className="dt-head">
          <div role="row" aria-rowindex={1} className="dt-row" style={{ gridTemplateColumns: tracks }}>
            {selected && (
              <span role="columnheader">
                <CheckBox
                  label={allSelected ? 'Select none of the rows in sight' : 'Select the rows in sight'} checked={allSelected} mixed={!allSelected && held.some((key) => selected.has(key))}
                  onChange={() => onSelect?.(allSelected ? new Set([...selected].filter((key) => !held.includes(key))) : new Set([...selected, ...held]))}
                />
              </span>
            )}
            {shown.map((column) => <Head key={column.key} column={column} sort={sort} onSort={onSort} />)}
          </div>
        </div>
      )}
      {absent ? <TableAbsence state={state} rows={Math.min(24, Math.ceil(600 / height))} rowPx={height} /> : (
        <div role="rowgroup" className="dt-all" style={{ height: list.boxPx, backgroundSize: `70px ${height}px, 34% ${height}px`, backgroundPositionY: (view.layerTop - view.basePx) % height }}>
          <div role="presentation" className="dt-layer" style={{ top: view.layerTop }}>
            {view.order.map((slot) => {
              const index = rowInSlot(slot, view, view.slots, view.turn);
              if (index === null) return null;
              const row = rowAt(index);
              return (
                <TableRow
                  key={slot} id={`${id}-${slot}`} row={row} index={index} columns={shown} tracks={tracks} top={index * height - view.basePx} height={height} phoneRow={phone ? phoneRow : undefined}
                  current={index === here} selects={selected !== undefined} selected={selected === undefined || row === undefined ? undefined : selected.has(keyOf(row))} className={row === undefined ? '' : (rowClass?.(row) ?? '')}
                  onOpen={stable.open} onSelect={stable.select} opens={onOpen !== undefined}
                />
              );
            })}
          </div>
        </div>
      )}
    </div>
  );
}

function Head<Row>({ column, sort, onSort }: { column: Column<Row>; sort: string | undefined; onSort: ((sort: string) => void) | undefined }) {
  const [down, up] = column.sorts ?? [];
  const on = sort !== undefined && (sort === down || sort === up);
  const word = column.hiddenTitle ? <span className="sr">{column.title}</span> : column.title;
  return (
    <span role="columnheader" className={column.right ? 'r' : ''} aria-sort={on ? (sort === down ? 'descending' : 'ascending') : undefined}>
      {down && onSort ? (
        <button type="button" className={`head-btn ${on ? 'on' : ''}`} onClick={() => onSort(sort === down && up ? up : down)}>
          {word}{on && <Icon name={sort === down ? 'arrow-down' : 'arrow-up'} size={11} />}
        </button>
      ) : word}
    </span>
  );
}

/** Where the focus is in a row, the focus must not come to be in another one that takes its element: then it goes to the list. */
function useKeptFocus(keyAt: (index: number) => string | null) {
  const held = useRef<{ row: Element; key: string | null; list: HTMLElement } | null>(null);
  const keyOfRow = (row: Element) => keyAt(Number(row.getAttribute('aria-rowindex')) - 2);
  useLayoutEffect(() => {
    const focused = held.current;
    if (!focused || (focused.row.isConnected && keyOfRow(focused.row) === focused.key)) return;
    held.current = null;
    focused.list.focus({ preventScroll: true });
  });
  return {
    hear: (event: FocusEvent<HTMLElement>) => {
      const row = (event.target as Element).closest('.dt-layer>[role=row]');
      held.current = row ? { row, key: keyOfRow(row), list: event.currentTarget } : null;
    },
    forget: () => {
      held.current = null;
    },
  };
}

function TableAbsence({ state, rows, rowPx }: { state: PartState; rows: number; rowPx: number }) {
  if (!isAbsent(state)) return null;
  if (state.is !== 'loading') return <div role="row" className="dt-void"><div role="gridcell"><AbsenceBody state={state} /></div></div>;
  return (
    <div role="row" className="dt-bones"><div role="gridcell">
      {Array.from({ length: rows }, (_, at) => (
        <div key={at} className="dt-bone" style={{ height: rowPx }}><Skeleton width="70px" /><Skeleton width={`${28 + ((at * 17) % 34)}%`} /><Skeleton width="18%" /></div>
      ))}
      <span className="sr">Reading</span>
    </div></div>
  );
}
