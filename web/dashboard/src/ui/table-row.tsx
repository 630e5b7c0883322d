import { memo, useRef, type MouseEvent, type ReactNode } from 'react';
import { formatCount } from '../format.ts';
import type { Column } from './data-table.tsx';

export interface RowProps<Row> {
  id: string;
  /** undefined: not read yet; the list's own skeleton shows through. */
  row: Row | undefined;
  index: number;
  columns: readonly Column<Row>[];
  tracks: string | undefined;
  top: number;
  height: number;
  phoneRow: ((row: Row) => ReactNode) | undefined;
  current: boolean;
  selects: boolean;
  /** undefined: there is nothing to select. */
  selected: boolean | undefined;
  className: string;
  opens: boolean;
  onOpen: (event: MouseEvent, index: number) => void;
  onSelect: (index: number, range: boolean) => void;
}

/**
 * An element of the document shows one row after another: what a cell remembers of a row must go by the row's key. The
 * cells of the row before stay, unseen, until the next one is read: to make them anew is what costs most.
 */
function PlainRow<Row>({ id, row: read, index, columns, tracks, top, height, phoneRow, current, selects, selected, className, opens, onOpen, onSelect }: RowProps<Row>) {
  const held = useRef(read);
  if (read !== undefined) held.current = read;
  const row = held.current;
  const unread = read === undefined;
  const word = `row ${formatCount(index + 1)} is being read`;
  const name = `dt-row ${opens ? 'go' : ''} ${current ? 'cur' : ''} ${selected ? 'sel' : ''} ${!unread ? className : row === undefined ? 'unread' : 'unread stale'}`;
  return (
    <div
      id={id} role="row" aria-rowindex={index + 2} aria-selected={selected} aria-current={current || undefined} aria-busy={unread || undefined} aria-label={unread && row !== undefined ? word : undefined}
      className={name} style={{ top, height, gridTemplateColumns: tracks }} onClick={(event) => onOpen(event, index)}
    >
      {row === undefined ? <span role="gridcell" className="dt-bone"><span className="sr">{word}</span></span>
        : phoneRow ? <span role="gridcell" className="dt-phone">{phoneRow(row)}</span> : (
          <>
            {selects && (
              <span role="gridcell" className="fits">
                <label className="check"><input type="checkbox" aria-label="Select" checked={selected === true} onChange={({ nativeEvent }) => onSelect(index, (nativeEvent as globalThis.MouseEvent).shiftKey === true)} /></label>
              </span>
            )}
            <Cells row={row} columns={columns} />
          </>
        )}
    </div>
  );
}

function PlainCells<Row>({ row, columns }: { row: Row; columns: readonly Column<Row>[] }): ReactNode {
  return columns.map((column) => <span role="gridcell" key={column.key} className={`${column.right ? 'r ' : ''}${column.fits ? 'fits ' : ''}dc-${column.key}`}>{column.cell(row)}</span>);
}

const sameColumns = (a: readonly unknown[], b: readonly unknown[]) => a.length === b.length && a.every((column, at) => column === b[at]);

/** A row that only has another number now, as each below one that came, keeps what it shows. */
const Cells = memo(PlainCells, (a, b) => a.row === b.row && sameColumns(a.columns, b.columns)) as typeof PlainCells;

export const TableRow = memo(PlainRow, (a, b) =>
  a.row === b.row && a.index === b.index && sameColumns(a.columns, b.columns) && a.tracks === b.tracks && a.top === b.top &&
  a.height === b.height && a.current === b.current && a.selected === b.selected && a.className === b.className && a.selects === b.selects && !a.phoneRow === !b.phoneRow,
) as typeof PlainRow;
