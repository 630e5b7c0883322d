import type { LiveState } from '@comfytrace/client';
import { useQuery } from '@tanstack/react-query';
import { createContext, useContext, useEffect, useRef, useState, type ReactNode } from 'react';
import { formatCount } from '../format.ts';
import { Link, goBack, navigate, routeOf, useAddress, type ViewName } from '../router.tsx';
import { toggleTheme, useTheme } from '../theme.ts';
import { useLivePart, useOpenRecommendations, useServices, useWarnings } from '../services.tsx';
import { Icon } from '../ui/icon.tsx';
import { useKeys } from '../ui/keys.ts';
import { AboutBox, KeySheet, MoreBox } from './boxes.tsx';
import { LinkBanner } from './link-banner.tsx';
import { SearchBox } from './search-box.tsx';
import { StatusBar } from './status-bar.tsx';
import { entryOf, kViews } from './views.ts';

export function useHealth() {
  const { api } = useServices();
  return useQuery({ queryKey: ['health'], queryFn: ({ signal }) => api.health(signal), refetchInterval: 5_000 });
}

let anyView = false;

/** Whoever goes to another view by a key or a link has left the focus in what is no longer there: it goes to the content. */
function useFocusOfView() {
  const main = useRef<HTMLElement>(null);
  useEffect(() => {
    if (anyView && document.activeElement === document.body) main.current?.focus({ preventScroll: true });
    anyView = true;
  }, []);
  return main;
}

interface FrameProps {
  crumb: ReactNode;
  actions?: ReactNode;
  parent?: string;
  children: ReactNode;
  /** Of the browser's tab, before the program's name; the view's word if left out. */
  title?: string;
}

/** In it a view is drawn without its frame: in the gallery, which has one already. */
export const Frameless = createContext(false);

/** Rail, top bar, status bar; below 720 px tabs at the bottom instead. */
export function Frame(props: FrameProps) {
  return useContext(Frameless) ? <><LinkBanner />{props.children}</> : <WholeFrame {...props} />;
}

function WholeFrame({ crumb, actions, parent, title, children }: FrameProps) {
  const [box, setBox] = useState<'about' | 'keys' | 'more' | null>(null);
  const { path } = useAddress();
  const { view } = routeOf(path);
  const counts = useCounts();
  const main = useFocusOfView();
  const tabTitle = title || (view === 'run' ? 'Run' : (entryOf(view)?.word ?? (view === 'gallery' ? 'Gallery' : 'Not found')));
  useEffect(() => {
    document.title = `${tabTitle} · comfytrace`;
  }, [tabTitle]);
  const theme = useTheme();
  useKeys({
    ...Object.fromEntries(kViews.map(({ key, href }) => [`g ${key}`, () => navigate(href)])),
    '/': () => document.querySelector<HTMLInputElement>('.search input')?.focus(),
    '?': () => setBox('keys'),
    ...(parent ? { Escape: () => goBack(parent) } : {}),
  });
  const here = entryOf(view)?.view;
  const link = (entry: (typeof kViews)[number]) => (
    <Link key={entry.href} href={entry.href} aria-current={entry.view === here ? 'page' : undefined}>
      <Icon name={entry.icon} size={18} />
      {entry.word}
      <Count count={counts[entry.view]} />
    </Link>
  );
  return (
    <div className="app">
      <a className="skip" href="#main">Skip to content</a>
      <nav className="rail" aria-label="Views">
        <span className="logo"><Icon name="logo" size={28} /></span>
        {kViews.map(link)}
        <span className="sp" />
        <button type="button" className="rail-btn" onClick={() => setBox('about')} title="About: nothing leaves your machine">
          <Icon name="shield-check" size={18} />
          About
        </button>
      </nav>
      <header className="top">
        {parent && (
          <button type="button" className="btn ghost icon back" aria-label="Back" onClick={() => goBack(parent)}>
            <Icon name="chevron-left" size={18} />
          </button>
        )}
        <div className="crumb">{crumb}</div>
        <span className="sp" />
        {actions}
        <SearchBox />
        <button
          type="button" className="btn ghost icon" onClick={toggleTheme}
          aria-label={theme === 'dark' ? 'Light theme' : 'Dark theme'} title={theme === 'dark' ? 'Light theme' : 'Dark theme'}
        >
          <Icon name={theme === 'dark' ? 'sun' : 'moon'} size={15} />
        </button>
        <button type="button" className="btn ghost icon keys-btn" onClick={() => setBox('keys')} aria-label="Keyboard shortcuts" title="Keyboard shortcuts (?)">
          <Icon name="keyboard" size={15} />
        </button>
      </header>
      <main className="main" id="main" tabIndex={-1} ref={main}>
        <LinkBanner />
        {children}
      </main>
      <StatusBar onKeys={() => setBox('keys')} onAbout={() => setBox('about')} />
      <nav className="tabs" aria-label="Views, phone">
        {kViews.filter((entry) => entry.tab).map(link)}
        <button type="button" onClick={() => setBox('more')} aria-haspopup="dialog" className={kViews.some((entry) => !entry.tab && entry.view === here) ? 'on' : undefined}>
          <Icon name="ellipsis" size={18} />
          More
        </button>
      </nav>
      {box === 'about' && <AboutBox onClose={() => setBox(null)} />}
      {box === 'keys' && <KeySheet onClose={() => setBox(null)} />}
      {box === 'more' && <MoreBox onClose={() => setBox(null)} onAbout={() => setBox('about')} />}
    </div>
  );
}

const runningOf = ({ scenes }: LiveState) => scenes.filter((scene) => scene.status === 'executing').length;

interface Counted {
  value: number;
  /** What is counted, for those who hear it. */
  word: string;
  /** Where one of them is an alert. */
  tone?: 'warn' | 'bad';
}

function useCounts(): Partial<Record<ViewName, Counted>> {
  const running = useLivePart(runningOf);
  const open = useOpenRecommendations();
  const wrong = useWarnings().open;
  return {
    live: { value: running, word: 'running' },
    insights: { value: open + wrong.length, word: 'open', ...(wrong.length > 0 ? { tone: wrong[0]!.severity === 'critical' ? 'bad' as const : 'warn' as const } : {}) },
  };
}

function Count({ count }: { count: Counted | undefined }) {
  if (!count || count.value === 0) return null;
  return <em className={count.tone}><span className="sr">, </span>{count.value > 99 ? '99+' : formatCount(count.value)}<span className="sr"> {count.word}</span></em>;
}
