import { Frame } from '../frame/frame.tsx';
import { usePref } from '../prefs.ts';
import { toggleTheme, useTheme } from '../theme.ts';
import { Toggle } from '../ui/controls.tsx';
import { kSingleKeys } from '../ui/keys.ts';
import { Panel } from '../ui/parts.tsx';

const kNone: string[] = [];

/** What a person chooses for this browser. */
export function SettingsView() {
  const theme = useTheme();
  const [single, setSingle] = usePref(kSingleKeys, true);
  const [hidden, setHidden] = usePref('hiddenBadges', kNone);
  return (
    <Frame crumb={<b>Settings</b>}>
      <Panel label="This browser" title="This browser" about="kept here, not on the server">
        <div className="pb stack settings">
          <Toggle label="Light theme" on={theme === 'light'} onChange={toggleTheme} />
          <Toggle label="Single keys" on={single} onChange={setSingle} hint="j, k, x, / and others act wherever nothing is typed into." />
          <Toggle label="Show every badge" on={hidden.length === 0} disabled={hidden.length === 0} onChange={() => setHidden(kNone)} hint={hidden.length === 0 ? undefined : `${hidden.length} hidden`} />
        </div>
      </Panel>
    </Frame>
  );
}
