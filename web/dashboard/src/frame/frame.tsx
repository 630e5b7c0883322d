import { useQuery } from '@tanstack/react-query';
import { useState, type ReactNode } from 'react';
import { Link, goBack, navigate, useAddress } from '../router.tsx';
import { toggleTheme, useTheme } from '../theme.ts';
import { useServices } from '../services.tsx';
import { Icon } from '../ui/icon.tsx';
import { useKeys } from '../ui/keys.ts';
import { AboutBox, KeySheet } from './boxes.tsx';
import { LinkBanner } from './link-banner.tsx';
import { SearchBox } from './search-box.tsx';
import { StatusBar } from './status-bar.tsx';

const kViews = [
  { href: '/', word: 'Live', icon: 'radio', owns: (path: string) => path === '/' || path === '/live' },
  { href: '/runs', word: 'Runs', icon: 'rows-3', owns: (path: string) => path.startsWith('/runs') },
];

export function useHealth() {
  const { api } = useServices();
  return useQuery({ queryKey: ['health'], queryFn: ({ signal }) => api.health(signal), refetchInterval: 5_000 });
}

/** Rail, top bar, status bar; below 720 px tabs at the bottom instead. */
export function Frame({ crumb, actions, parent, children }: {
  crumb: ReactNode; actions?: ReactNode; parent?: string; children: ReactNode;
}) {
  const [box, setBox] = useState<'about' | 'keys' | null>(null);
  const { path } = useAddress();
  const theme = useTheme();
  useKeys({
    'g l': () => navigate('/'),
    'g r': () => navigate('/runs'),
    '/': () => document.querySelector<HTMLInputElement>('.search input')?.focus(),
    '?': () => setBox('keys'),
    ...(parent ? { Escape: () => goBack(parent) } : {}),
  });
  const links = kViews.map((view) => (
    <Link key={view.href} href={view.href} aria-current={view.owns(path) ? 'page' : undefined}>
      <Icon name={view.icon} size={18} />
      {view.word}
    </Link>
  ));
  return (
    <div className="app">
      <a className="skip" href="#main">Skip to content</a>
      <nav className="rail" aria-label="Views">
        <span className="logo"><Icon name="logo" size={28} /></span>
        {links}
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
      <main className="main" id="main" tabIndex={-1}>
        <LinkBanner />
        {children}
      </main>
      <StatusBar onKeys={() => setBox('keys')} onAbout={() => setBox('about')} />
      <nav className="tabs" aria-label="Views, phone">
        {links}
        <button type="button" onClick={() => setBox('about')}>
          <Icon name="shield-check" size={18} />
          About
        </button>
      </nav>
      {box === 'about' && <AboutBox onClose={() => setBox(null)} />}
      {box === 'keys' && <KeySheet onClose={() => setBox(null)} />}
    </div>
  );
}
