import { usePref } from '../prefs.ts';
import { toggleTheme, useTheme } from '../theme.ts';
import { CheckBox, NumberInput, Tabs, Toggle } from '../ui/controls.tsx';
import { kSingleKeys } from '../ui/keys.ts';
import { Panel } from '../ui/parts.tsx';
import { usePriceSetting } from './price.ts';

const kNone: string[] = [];

/** The badges of a run, by the names under which TelemetryBadges hides them. */
export const kBadges: readonly { key: string; word: string }[] = [
  { key: 'status', word: 'status' }, { key: 'verdict', word: 'against like runs' }, { key: 'took', word: 'took' }, { key: 'attempts', word: 'attempts' }, { key: 'gpu', word: 'GPU' }, { key: 'vram', word: 'VRAM peak' },
  { key: 'change', word: 'VRAM change' }, { key: 'post', word: 'post-execution' }, { key: 'waited', word: 'waited' }, { key: 'fallbacks', word: 'fallbacks' },
];

/** What a person chooses for this browser. */
export function BrowserPanel() {
  const theme = useTheme();
  const [single, setSingle] = usePref(kSingleKeys, true);
  const [hidden, setHidden] = usePref('hiddenBadges', kNone);
  const [price, setPrice] = usePriceSetting();
  return (
    <Panel label="This browser" title="This browser" about="kept here, not on the server">
      <div className="pb settings-rows">
        <div className="set-row">
          <span className="set-word">Theme</span>
          <Tabs label="Theme" value={theme} choices={[{ value: 'dark', word: 'Dark' }, { value: 'light', word: 'Light' }]} onChange={(next) => next !== theme && toggleTheme()} />
        </div>
        <div className="set-row">
          <span className="set-word">Keyboard</span>
          <Toggle label="Single keys" on={single} onChange={setSingle} hint="j, k, x, / and others act wherever nothing is typed into; ? lists them. Off: only Esc, Enter, arrows and Tab act." />
        </div>
        <div className="set-row">
          <span className="set-word">Badges of a run</span>
          <div className="col set-col">
            <div className="set-badges">{kBadges.map(({ key, word }) => <CheckBox key={key} label={word} checked={!hidden.includes(key)} onChange={(on) => setHidden(on ? hidden.filter((each) => each !== key) : [...hidden, key])}>{word}</CheckBox>)}</div>
            {hidden.length > 0 && <button type="button" className="text-btn s12" onClick={() => setHidden(kNone)}>Show all</button>}
          </div>
        </div>
        <div className="set-row">
          <span className="set-word">GPU time costs</span>
          <div className="col set-col">
            <div className="row g6 price">
              <NumberInput label="Price of an hour of GPU time" value={price.perHour > 0 ? price.perHour : undefined} placeholder="no price" onChange={(perHour) => setPrice({ ...price, perHour: perHour ?? 0 })} />
              <input className="inp currency" aria-label="Currency" value={price.currency} maxLength={8} onChange={(event) => setPrice({ ...price, currency: event.target.value })} />
              <span className="t3">an hour</span>
            </div>
            <span className="t3 s11">With a price, statistics and trends also say what runs cost. A run's time is taken as GPU time.</span>
          </div>
        </div>
      </div>
    </Panel>
  );
}
