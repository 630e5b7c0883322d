import type { TelemetryFilter } from '@comfytrace/client/react';
import { useState } from 'react';
import { Chip } from '../ui/controls.tsx';
import { FacetBox } from '../ui/facets.tsx';
import { Icon } from '../ui/icon.tsx';
import { Menu } from '../ui/menu.tsx';
import { Skeleton } from '../ui/parts.tsx';

/** The filters that a person keeps: use, save, replace, delete. */
export function PresetBar({ held }: { held: TelemetryFilter }) {
  const [name, setName] = useState<string | null>(null);
  const { presets, preset, presetsState, presetsError, active } = held;
  const save = async () => {
    const wanted = name?.trim();
    if (wanted && (await held.savePreset(wanted))) setName(null);
  };
  const replaces = presets.some((each) => each.name === name?.trim());
  return (
    <FacetBox title="Presets">
      {(presetsState === 'idle' || presetsState === 'loading') && presets.length === 0 && <span className="spans" role="group" aria-busy="true" aria-label="Reading presets"><Skeleton width="90px" height={22} /><Skeleton width="70px" height={22} /></span>}
      {presetsState === 'error' && <p className="s12 bad" role="alert">Presets were not read. <button type="button" className="text-btn" onClick={() => void held.loadPresets()}>Retry</button></p>}
      <div className="spans">
        {presets.map((each) => <Chip key={each.name} pressed={each.name === preset} onClick={() => (each.name === preset ? held.reset() : held.applyPreset(each.name))}>{each.name}</Chip>)}
        {presetsState === 'ready' && presets.length === 0 && active === 0 && <p className="t3 s12">Set a filter, then keep it here by a name.</p>}
        {name === null && active > 0 && preset === null && <Chip dashed icon="bookmark" onClick={() => setName('')}>Save</Chip>}
        {presets.length > 0 && (
          <Menu label="Delete a preset" className="btn ghost icon sm" items={presets.map((each) => ({ word: `Delete "${each.name}"`, icon: 'trash-2', danger: true, onSelect: () => void held.deletePreset(each.name) }))}>
            <Icon name="ellipsis" size={13} />
          </Menu>
        )}
      </div>
      {name !== null && (
        <form className="row g6 preset-form" onSubmit={(event) => { event.preventDefault(); void save(); }}>
          <input
            className="inp wide" autoFocus aria-label="Name of the preset" placeholder="Name" value={name} maxLength={100} onChange={(event) => setName(event.target.value)}
            onKeyDown={(event) => event.key === 'Escape' && setName(null)}
          />
          <button type="submit" className="btn sm" disabled={!name.trim()}>{replaces ? 'Replace' : 'Save'}</button>
        </form>
      )}
      {presetsState !== 'error' && presetsError && <p className="s12 bad" role="alert">{presetsError}</p>}
    </FacetBox>
  );
}
