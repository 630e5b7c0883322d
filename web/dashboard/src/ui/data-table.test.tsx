import { fireEvent, render, screen } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { DataTable, type Column } from './data-table.tsx';
import { bubbleTop, isLeap } from './place-bubble.tsx';

interface Row { id: string }
const columns: Column<Row>[] = [{ key: 'id', title: 'Id', width: '1fr', sorts: ['down', 'up'], cell: (row) => row.id }];
const rowAt = (at: number): Row | undefined => (at === 2 ? undefined : { id: `r${at}` });
const table = (more: object = {}) => <DataTable label="Rows" columns={columns} count={1_000_000} rowAt={rowAt} keyOf={(row) => row.id} {...more} />;
const press = (key: string, shiftKey = false) => fireEvent.keyDown(window, { key, shiftKey });

it('draws the rows in sight of a million and says what it looks at', () => {
  const onLook = vi.fn();
  render(table({ onLook }));
  expect(screen.getAllByRole('row').length).toBeLessThan(80);
  expect(screen.getByRole('grid').getAttribute('aria-rowcount')).toBe('1000001');
  expect(onLook).toHaveBeenCalledWith(0, expect.any(Number));
  expect(screen.getByText('row 3 is being read')).toBeTruthy();
});

it('moves, selects a range and opens by keys', () => {
  const onOpen = vi.fn();
  const onSelect = vi.fn();
  const all = { onOpen, onSelect, rowAt: (at: number) => ({ id: `r${at}` }) };
  const { rerender } = render(table({ ...all, selected: new Set() }));
  press('j');
  press('x');
  expect([...onSelect.mock.calls.at(-1)![0]]).toEqual(['r0']);
  rerender(table({ ...all, selected: new Set(['r0']) }));
  for (let times = 0; times < 3; times += 1) press('ArrowDown');
  press('X', true);
  expect([...onSelect.mock.calls.at(-1)![0]]).toEqual(['r0', 'r1', 'r2', 'r3']);
  press('Enter');
  expect(onOpen).toHaveBeenCalledWith({ id: 'r3' });
});

it('asks for the other order on a second click', () => {
  const onSort = vi.fn();
  const { rerender } = render(table({ onSort, sort: 'none' }));
  fireEvent.click(screen.getByRole('button', { name: 'Id' }));
  expect(onSort).toHaveBeenLastCalledWith('down');
  rerender(table({ onSort, sort: 'down' }));
  expect(screen.getByRole('columnheader').getAttribute('aria-sort')).toBe('descending');
  fireEvent.click(screen.getByRole('button', { name: 'Id' }));
  expect(onSort).toHaveBeenLastCalledWith('up');
});

it('stands beside the thumb from top to bottom, and only for those who leap', () => {
  const box = { scrollPx: 15_000_000, viewPx: 700, headPx: 28, bubblePx: 26 };
  expect(bubbleTop({ ...box, scrollTop: 0 })).toBe(0);
  expect(bubbleTop({ ...box, scrollTop: 15_000_000 - 700 })).toBe(646);
  expect(bubbleTop({ ...box, scrollTop: -50, scrollPx: 500 })).toBe(0);
  expect(isLeap(0, 500, 700)).toBe(false);
  expect(isLeap(9_000, 100, 700)).toBe(true);
});

it('refuses a range of which rows are not read', () => {
  const onSelect = vi.fn();
  const onUnread = vi.fn();
  render(table({ onSelect, onUnread, selected: new Set(), rowAt: (at: number) => (at < 100 || at > 999_900 ? { id: `r${at}` } : undefined) }));
  press('j');
  press('x');
  press('End');
  onSelect.mockClear();
  press('X', true);
  expect(onSelect).not.toHaveBeenCalled();
  expect(onUnread).toHaveBeenCalledOnce();
});

it('tells what the keys stand on once a leap has landed at rows that are read', () => {
  const onCurrent = vi.fn();
  const { rerender } = render(table({ onCurrent, rowAt: () => undefined }));
  press('End');
  expect(onCurrent).toHaveBeenLastCalledWith(null);
  rerender(table({ onCurrent, rowAt: (at: number) => ({ id: `r${at}` }) }));
  expect(onCurrent).toHaveBeenLastCalledWith({ id: 'r999999' });
});

it('gives the focus to the list when the row that had it goes', () => {
  const rows = (from: number) => (at: number): Row => ({ id: `r${at + from}` });
  const { rerender } = render(table({ count: 50, selected: new Set(), onSelect: vi.fn(), rowAt: rows(0) }));
  screen.getAllByRole('checkbox', { name: 'Select' })[3]!.focus();
  rerender(table({ count: 50, selected: new Set(), onSelect: vi.fn(), rowAt: rows(0) }));
  expect(document.activeElement?.getAttribute('type')).toBe('checkbox');
  rerender(table({ count: 50, selected: new Set(), onSelect: vi.fn(), rowAt: rows(1_000) }));
  expect(document.activeElement).toBe(screen.getByRole('grid'));
});

it('lets a row keep its focus when others come in above it', () => {
  const rows = (ids: number[]) => (at: number): Row => ({ id: `r${ids[at] ?? at + 100}` });
  const { rerender } = render(table({ count: 50, selected: new Set(), onSelect: vi.fn(), rowAt: rows([0, 1, 2, 3]) }));
  screen.getAllByRole('checkbox', { name: 'Select' })[2]!.focus();
  rerender(table({ count: 52, selected: new Set(), onSelect: vi.fn(), rowAt: rows([8, 9, 0, 1, 2, 3]) }));
  expect(document.activeElement!.closest('[role=row]')!.textContent).toBe('r2');
});
