import type { ComponentType } from 'react';
import { Frame } from '../frame/frame.tsx';
import { navigate, useAddress } from '../router.tsx';
import { Tabs } from '../ui/controls.tsx';
import { CompareParts } from './compare-part.tsx';
import { ComponentParts } from './components-part.tsx';
import { InsightParts, TrendParts } from './found-part.tsx';
import { LiveParts } from './live-part.tsx';
import { PrimitiveParts } from './primitives-part.tsx';
import { RunParts } from './run-part.tsx';
import { RunWhole } from './run-whole.tsx';
import { RunsParts } from './runs-part.tsx';
import { SettingsParts } from './settings-part.tsx';

export const kShelves: readonly { value: string; word: string; Parts: ComponentType }[] = [
  { value: 'components', word: 'Components', Parts: ComponentParts }, { value: 'live', word: 'Live', Parts: LiveParts }, { value: 'runs', word: 'Runs', Parts: RunsParts }, { value: 'viewer', word: 'ArtifactViewer', Parts: RunWhole }, { value: 'run', word: 'Run, in parts', Parts: RunParts }, { value: 'compare', word: 'Compare', Parts: CompareParts },
  { value: 'trends', word: 'Trends', Parts: TrendParts }, { value: 'insights', word: 'Insights', Parts: InsightParts }, { value: 'settings', word: 'Settings', Parts: SettingsParts }, { value: 'primitives', word: 'Primitives, tables, charts', Parts: PrimitiveParts },
];

/** Every component in every state, with made-up runs: what the pictures of the tests are taken of. `?of=run` names the shelf. */
export function GalleryView() {
  const asked = new URLSearchParams(useAddress().query).get('of');
  const { value, Parts } = kShelves.find((shelf) => shelf.value === asked) ?? kShelves[0]!;
  return (
    <Frame crumb={<><b>Gallery</b><span>every component in every state; the data is made up</span></>}>
      <h1 className="sr">Gallery</h1>
      <div className="gal">
        <div className="gal-shelves"><Tabs label="Shelf" value={value} choices={kShelves} onChange={(next) => navigate(`/gallery?of=${next}`, { replace: true })} /></div>
        <Parts key={value} />
      </div>
    </Frame>
  );
}
