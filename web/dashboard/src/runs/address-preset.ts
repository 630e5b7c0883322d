import { filterOfQuery, filterQuery, type FilterPreset } from '@comfytrace/client';
import type { TelemetryFilter } from '@comfytrace/client/react';
import { useEffect } from 'react';
import { navigate, useAddress } from '../router.tsx';

export type AddressPreset = { is: 'none' } | { is: 'waiting'; name: string } | { is: 'known'; query: string } | { is: 'unknown'; name: string };

/** What `preset=` in an address means: the preset's criteria, in whose place those beside it stand. */
export function presetOf(query: string, presets: readonly FilterPreset[] | null): AddressPreset {
  const params = new URLSearchParams(query);
  const name = params.get('preset');
  if (name === null) return { is: 'none' };
  if (presets === null) return { is: 'waiting', name };
  const preset = presets.find((each) => each.name === name);
  if (!preset) return { is: 'unknown', name };
  const merged = filterQuery({ ...filterOfQuery(preset.query), ...filterOfQuery(query) });
  for (const [key, value] of params) if (key === 'sort') merged.set(key, value);
  return { is: 'known', query: merged.toString() };
}

/** Opens a link that names a preset: its criteria come to stand in the address. */
export function useAddressPreset(held: TelemetryFilter): AddressPreset {
  const { path, query } = useAddress();
  const ready = held.presetsState === 'ready' ? held.presets : held.presetsState === 'error' ? [] : null;
  const preset = presetOf(query, ready);
  const target = preset.is === 'known' ? preset.query : null;
  useEffect(() => {
    if (target !== null) navigate(target ? `${path}?${target}` : path, { replace: true });
  }, [target, path]);
  return preset;
}
