import { ApiError } from '@comfytrace/client';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { earlyAnswered } from './ahead/early-answers.ts';
import { App, preloadView } from './app.tsx';
import './main.css';
import { ServicesProvider, makeServices } from './services.tsx';
import { applyKeptTheme } from './theme.ts';
import { mountIcons } from './ui/icon.tsx';

const kPatienceMs = 400;

applyKeptTheme();
mountIcons();

const services = makeServices();
services.live.manager.connect();
window.addEventListener('pagehide', () => services.live.manager.close());
window.addEventListener('pageshow', (event) => {
  if (event.persisted) services.live.manager.connect();
});

const queries = new QueryClient({
  defaultOptions: { queries: { retry: (failures, error) => failures < 1 && !(error instanceof ApiError && error.status >= 400 && error.status < 500), staleTime: 5_000, refetchOnWindowFocus: true } },
});

const show = () => createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <QueryClientProvider client={queries}>
      <ServicesProvider value={services}>
        <App />
      </ServicesProvider>
    </QueryClientProvider>
  </StrictMode>,
);
// The view is on its way already, and so are its rows; to draw the frame without them first would delay all, unless it takes long.
void Promise.race([Promise.all([preloadView(window.location.pathname), earlyAnswered()]), new Promise((done) => setTimeout(done, kPatienceMs))]).then(show);
