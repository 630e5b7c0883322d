import { Frame } from '../frame/frame.tsx';
import { AboutPanel } from './about-panel.tsx';
import { AccessPanel } from './access-panel.tsx';
import { AlertsPanel } from './alerts-panel.tsx';
import { BrowserPanel } from './browser-panel.tsx';
import { HistoryPanel } from './history-panel.tsx';
import { WorkersPanel } from './workers-panel.tsx';
import './settings.css';

/** What a person chooses for this browser, and how this comfytrace is set up. */
export function SettingsView() {
  return (
    <Frame crumb={<><h1 className="crumb-h">Settings</h1><span className="el">of this browser, and how this comfytrace is set up</span></>}>
      <div className="settings">
        <div className="stack"><BrowserPanel /><HistoryPanel /></div>
        <div className="stack"><WorkersPanel /><AlertsPanel /></div>
        <div className="stack"><AccessPanel /><AboutPanel /></div>
      </div>
    </Frame>
  );
}
