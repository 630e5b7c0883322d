import type { ViewName } from '../router.tsx';

export interface ViewEntry {
  view: ViewName;
  href: string;
  word: string;
  icon: string;
  /** Behind `g`. */
  key: string;
  /** On the phone: among the tabs, or behind "More". */
  tab: boolean;
}

/** The views in the order of the rail. */
export const kViews: readonly ViewEntry[] = [
  { view: 'live', href: '/', word: 'Live', icon: 'radio', key: 'l', tab: true },
  { view: 'runs', href: '/runs', word: 'Runs', icon: 'rows-3', key: 'r', tab: true },
  { view: 'compare', href: '/compare', word: 'Compare', icon: 'git-compare-arrows', key: 'c', tab: false },
  { view: 'trends', href: '/trends', word: 'Trends', icon: 'chart-spline', key: 't', tab: true },
  { view: 'insights', href: '/insights', word: 'Insights', icon: 'lightbulb', key: 'i', tab: true },
  { view: 'settings', href: '/settings', word: 'Settings', icon: 'settings', key: 's', tab: false },
];

/** The entry that a view belongs to: a run belongs to Runs. */
export function entryOf(view: ViewName): ViewEntry | undefined {
  return kViews.find((entry) => entry.view === (view === 'run' ? 'runs' : view));
}

export interface KeyLine {
  keys: string[];
  does: string;
}

/** Everything the keyboard does, for the sheet behind `?`. */
export const kKeymap: readonly { where: string; lines: readonly KeyLine[] }[] = [
  {
    where: 'Everywhere',
    lines: [
      ...kViews.map((view) => ({ keys: ['g', view.key], does: view.word })),
      { keys: ['/'], does: 'search the history' },
      { keys: ['Esc'], does: 'back, or close what is open' },
      { keys: ['?'], does: 'this list' },
    ],
  },
  {
    where: 'Lists',
    lines: [
      { keys: ['j', 'k'], does: 'next and previous row, or run' },
      { keys: ['Enter'], does: 'open' },
      { keys: ['x'], does: 'select' },
      { keys: ['Shift', 'x'], does: 'select up to here' },
      { keys: ['f'], does: 'filter' },
      { keys: ['c'], does: 'compare what is selected' },
      { keys: ['t'], does: 'tag' },
      { keys: ['e'], does: 'archive' },
    ],
  },
  {
    where: 'A run',
    lines: [
      { keys: ['Space'], does: 'look at what the scene put out' },
      { keys: ['←', '→'], does: 'previous and next picture' },
      { keys: ['[', ']'], does: 'previous and next scene' },
      { keys: ['w', 's'], does: 'zoom the timeline in and out' },
      { keys: ['a', 'd'], does: 'move the timeline' },
      { keys: ['c'], does: 'compare with the newest like run' },
      { keys: ['+', '−', '0'], does: 'zoom the picture that is open' },
      { keys: [',', '.'], does: 'a frame back and on, of a film' },
      { keys: ['b'], does: 'choose badges' },
    ],
  },
  {
    where: 'Compare',
    lines: [
      { keys: ['x'], does: 'swap' },
      { keys: ['n'], does: 'add a run' },
      { keys: ['←', '→'], does: 'move the line between two pictures' },
    ],
  },
  {
    where: 'Charts',
    lines: [
      { keys: ['←', '→'], does: 'one value on' },
      { keys: ['Home', 'End'], does: 'first and last value' },
      { keys: ['Enter'], does: 'open the run' },
    ],
  },
];
