import { AboutPanel } from '../settings/about-panel.tsx';
import { AccessPanel } from '../settings/access-panel.tsx';
import { AlertsPanel } from '../settings/alerts-panel.tsx';
import { BrowserPanel } from '../settings/browser-panel.tsx';
import { HistoryPanel } from '../settings/history-panel.tsx';
import { WorkersPanel } from '../settings/workers-panel.tsx';
import { health, rule } from './found-samples.ts';
import { kGone, kStock, sampleWorker } from './live-samples.ts';
import { Part, State } from './part.tsx';
import { Stage, type Answers } from './stage.tsx';
import '../settings/settings.css';

const told: Answers = { '/health': health, '/alert-rules': { rules: [rule] } };
const silent: Answers = { '/health': { ...health, status: 'degraded', history: null, writer: { pending: 12, failing: true, lastError: 'No space left on device' } } };
const unsafe: Answers = { '/health': { ...health, setup: { ...health.setup, listenHost: '0.0.0.0', tokenNeeded: true, configFile: null, retention: { days: null, maxBytes: null } }, alerts: { open: 0, sinks: [] } } };

export function SettingsParts() {
  return (
    <>
      <Part name="Settings: history" min={420}>
        <State name="with retention"><Stage answers={told}><HistoryPanel /></Stage></State>
        <State name="kept for good"><Stage answers={unsafe}><HistoryPanel /></Stage></State>
        <State name="partial: it cannot be written"><Stage answers={{ '/health': { ...health, status: 'degraded', writer: { pending: 12, failing: true, lastError: 'No space left on device' } } }}><HistoryPanel /></Stage></State>
        <State name="it does not answer"><Stage answers={silent}><HistoryPanel /></Stage></State>
        <State name="loading"><Stage answers="never"><HistoryPanel /></Stage></State>
        <State name="error"><Stage answers="refused"><HistoryPanel /></Stage></State>
      </Part>
      <Part name="Settings: access, workers" min={420}>
        <State name="this machine alone"><Stage answers={told}><AccessPanel /></Stage></State>
        <State name="wider, with a token"><Stage answers={unsafe}><AccessPanel /></Stage></State>
        <State name="access, loading"><Stage answers="never"><AccessPanel /></Stage></State>
        <State name="access, error"><Stage answers="refused"><AccessPanel /></Stage></State>
        <State name="workers"><Stage live={{ workers: [sampleWorker('atlas'), sampleWorker('borealis', { ...kStock, state: 'connected' }), sampleWorker('cinder', kGone)] }}><WorkersPanel /></Stage></State>
        <State name="workers, empty"><Stage><WorkersPanel /></Stage></State>
        <State name="workers, loading"><Stage live={{ known: false }}><WorkersPanel /></Stage></State>
      </Part>
      <Part name="Settings: alerts, about, this browser" min={420}>
        <State name="alerts"><Stage answers={told}><AlertsPanel /></Stage></State>
        <State name="alerts, no sink"><Stage answers={unsafe}><AlertsPanel /></Stage></State>
        <State name="alerts, loading"><Stage answers="never"><AlertsPanel /></Stage></State>
        <State name="alerts, error"><Stage answers="refused"><AlertsPanel /></Stage></State>
        <State name="about"><Stage answers={told}><AboutPanel /></Stage></State>
        <State name="this browser"><Stage><BrowserPanel /></Stage></State>
      </Part>
    </>
  );
}
