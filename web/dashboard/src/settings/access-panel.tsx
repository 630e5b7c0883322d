import type { Setup } from '@comfytrace/client';
import { useHealth } from '../frame/frame.tsx';
import { Icon } from '../ui/icon.tsx';
import { stateOf, StatePanel } from '../ui/states.tsx';

const kLoopback = /^(127(\.\d+){3}|::1|localhost)$/;

/** Who can reach the server: `machine`, or `network`. */
export function reachOf({ listenHost }: Pick<Setup, 'listenHost'>): 'machine' | 'network' {
  return kLoopback.test(listenHost) ? 'machine' : 'network';
}

/** From where this comfytrace can be asked, whether a token must be shown, and where its settings stand. */
export function AccessPanel() {
  const health = useHealth();
  const setup = health.data?.setup;
  const wide = setup && reachOf(setup) === 'network';
  const rows: [string, string][] = setup ? [
    ['Listens on', `${setup.listenHost.includes(':') ? `[${setup.listenHost}]` : setup.listenHost}:${setup.listenPort}`],
    ['Access token', setup.tokenNeeded ? 'asked of everybody' : 'not asked: not needed on this machine alone'],
    ['Configuration', setup.configFile ?? 'no file was read; flags and defaults'],
  ] : [];
  return (
    <StatePanel
      label="Access" title="Access" minHeight={112} lines={4} state={stateOf(health, setup !== undefined)}
      foot={wide ? <>The token of this server is made anew by <code className="mono">comfytrace token</code>; browsers then have to show the new one.</> : <>Others reach it by <code className="mono">comfytrace serve --listen 0.0.0.0:8199</code>, which needs a token: <code className="mono">comfytrace token</code>.</>}
    >
      {setup && (
        <div className="pb stack">
          <p className="note"><Icon name={wide ? 's-info' : 'shield-check'} size={14} className={wide ? 'acc' : 'ok'} /><span><b>{wide ? 'Who reaches this machine over the network and has the token can look.' : 'Only programs on this machine can look.'}</b></span></p>
          <dl className="pairs">{rows.map(([key, value]) => <div key={key}><dt>{key}</dt><dd className="breaks">{value}</dd></div>)}</dl>
        </div>
      )}
    </StatePanel>
  );
}
