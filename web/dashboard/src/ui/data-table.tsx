import { memo, useEffect, useId, useLayoutEffect, useRef, useState, type KeyboardEvent, type MouseEvent, type ReactNode } from 'react';
import { formatCount } from '../format.ts';
import { CheckBox } from './controls.tsx';
import { Icon } from './icon.tsx';
import { useKeys } from './keys.ts';
import { useLongList } from './long-list.ts';
import { usePhone, useWidth } from './media.ts';
import { Skeleton } from './parts.tsx';
import { PlaceBubble } from './place-bubble.tsx';
import { useSteadyRows } from './steady-rows.ts';
import { AbsenceBody, isAbsent, kReady, type PartState } from './states.tsx';

export interface Column<Row> {
  key: string;
  title: string;
  /** A grid track: `78px`, `minmax(180px, 2fr)`. */
  width: string;
  right?: boolean;
  /** Shown only where the table is at least this wide. */
  from?: number;
  /** A head that is not to be read out loud twice, as of pictures. */
  hiddenTitle?: boolean;
  /** The sort that a click on the head asks for, and the one that a second click does. */
  sorts?: readonly [string, string?];
  cell: (row: Row, index: number) => ReactNode;
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
const kRestMs = 250;

/** A list of any length: head that stays, keys, selection, sort; rows that are not read yet are skeletons. */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { label, columns, count, rowAt, keyOf, onLook, state = kReady, sort, onSort, selected, onSelect, onOpen, onCurrent, rowClass, phoneRow, keys = 'page', rowPx = 30, firstRow = 0, onRest, placeOf, onUnread } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const id = useId();
  const phone = usePhone() && phoneRow !== undefined;
  const width = useWidth(scroller);
  const [current, setCurrent] = useState<{ at: number; key: string } | null>(null);
  const anchor = useRef<number | null>(null);
  const absent = isAbsent(state);
  const height = phone ? kPhoneRowPx : rowPx;
  const list = useLongList({ count: absent ? 0 : count, rowPx: height, headPx: phone ? 0 : kHeadPx, scroller });
  useEffect(() => list.measure(), [height]);
  const first = list.items[0]?.index ?? 0;
  const last = list.items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (!absent && count > 0) onLook?.(first, last);
  }, [absent, count, first, last, onLook]);
  const placed = useRef(firstRow === 0);
  useLayoutEffect(() => {
    if (placed.current || absent || count === 0) return;
    placed.current = true;
    list.scrollToRow(Math.min(firstRow, count - 1));
  });
  const top = Math.floor(list.top() / height);
  useEffect(() => {
    if (absent || count === 0 || !placed.current) return undefined;
    const timer = setTimeout(() => onRest?.(top), kRestMs);
    return () => clearTimeout(timer);
  }, [top, absent, count === 0, onRest]);

  // A row that came in above must not move the keys to another run.
  const here = current === null ? -1 : keyAt(current.at) === current.key ? current.at : list.items.find((item) => keyAt(item.index) === current.key)?.index ?? current.at;
  function keyAt(index: number): string | null {
    const row = rowAt(index);
    return row === undefined ? null : keyOf(row);
  }

  // A leap ends at rows that are not read yet.
  const landed = current !== null && current.key === '' ? keyAt(current.at) : null;
  useEffect(() => {
    if (landed === null || current === null) return;
    setCurrent({ at: current.at, key: landed });
    onCurrent?.(rowAt(current.at) ?? null);
  }, [landed]);

  useSteadyRows({ rowPx: height, keyAt: (index) => (index >= 0 && index < count ? keyAt(index) : null), listTop: list.top, scrollBy: list.scrollBy });

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
  const page = Math.max(1, Math.floor(((scroller.current?.clientHeight ?? 600) - kHeadPx) / height) - 1);
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
  const held = list.items.flatMap((item) => keyAt(item.index) ?? []);
  const allSelected = selected !== undefined && held.length > 0 && held.every((key) => selected.has(key));
  return (
    <div
      ref={scroller} role="grid" className="dt" tabIndex={0} aria-label={label} aria-rowcount={count + 1} aria-multiselectable={selected !== undefined || undefined}
      aria-activedescendant={here >= 0 && list.items.some((item) => item.index === here) ? `${id}-${here}` : undefined} aria-busy={state.is === 'loading'} onKeyDown={hearFocused}
    >
      {placeOf && !absent && <PlaceBubble scroller={scroller} headPx={phone ? 0 : kHeadPx} placeAt={() => placeOf(Math.floor(list.top() / height))} />}
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
        <div role="rowgroup" className="dt-all" style={{ height: list.boxPx }}>
          <div role="presentation" className="dt-layer" style={{ transform: `translateY(${list.layerTop}px)` }}>
          {list.items.map((item) => {
            const row = rowAt(item.index);
            const key = row === undefined ? null : keyOf(row);
            return (
              <TableRow
                key={key ?? `row ${item.index}`} id={`${id}-${item.index}`} row={row} index={item.index} columns={shown} tracks={tracks} top={list.topOf(item.start)} height={height} phoneRow={phone ? phoneRow : undefined}
                current={item.index === here} selected={selected === undefined || key === null ? undefined : selected.has(key)} className={row === undefined ? '' : (rowClass?.(row) ?? '')}
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

interface RowProps<Row> {
  id: string; row: Row | undefined; index: number; columns: readonly Column<Row>[]; tracks: string | undefined; top: number; height: number; phoneRow: ((row: Row) => ReactNode) | undefined;
  current: boolean; selected: boolean | undefined; className: string; opens: boolean;
  onOpen: (event: MouseEvent, index: number) => void; onSelect: (index: number, range: boolean) => void;
}

function PlainRow<Row>({ id, row, index, columns, tracks, top, height, phoneRow, current, selected, className, opens, onOpen, onSelect }: RowProps<Row>) {
  return (
    <div
      id={id} role="row" aria-rowindex={index + 2} aria-selected={selected} aria-current={current || undefined}
      className={`dt-row ${opens ? 'go' : ''} ${current ? 'cur' : ''} ${selected ? 'sel' : ''} ${className}`} style={{ transform: `translateY(${top}px)`, height, gridTemplateColumns: tracks }}
      onClick={(event) => onOpen(event, index)}
    >
      {row === undefined ? <span role="gridcell" className="dt-bone"><Skeleton width="70px" /><Skeleton width={`${28 + ((index * 17) % 34)}%`} /><Skeleton width="18%" /><span className="sr">row {formatCount(index + 1)} is being read</span></span>
        : phoneRow ? <span role="gridcell" className="dt-phone">{phoneRow(row)}</span> : (
          <>
            {selected !== undefined && <span role="gridcell"><CheckBox label="Select" checked={selected} onChange={(_, { shiftKey }) => onSelect(index, shiftKey)} /></span>}
            {columns.map((column) => <span role="gridcell" key={column.key} className={`${column.right ? 'r' : ''} dc-${column.key}`}>{column.cell(row, index)}</span>)}
          </>
        )}
    </div>
  );
}

const TableRow = memo(PlainRow, (a, b) =>
  a.row === b.row && a.index === b.index && a.columns.length === b.columns.length && a.columns.every((column, at) => column === b.columns[at]) && a.tracks === b.tracks && a.top === b.top &&
  a.height === b.height && a.current === b.current && a.selected === b.selected && a.className === b.className && !a.phoneRow === !b.phoneRow,
) as typeof PlainRow;

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
