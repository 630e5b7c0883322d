import { Frame } from '../frame/frame.tsx';
import { CompareParts } from './compare-part.tsx';
import { ComponentParts } from './components-part.tsx';
import { InsightParts, TrendParts } from './found-part.tsx';
import { LiveParts } from './live-part.tsx';
import { PrimitiveParts } from './primitives-part.tsx';
import { RunParts } from './run-part.tsx';
import { SettingsParts } from './settings-part.tsx';

/** Every component in every state, with made-up runs: what the pictures of the tests are taken of. */
export function GalleryView() {
  return (
    <Frame crumb={<><b>Gallery</b><span>every component in every state; the data is made up</span></>}>
      <h1 className="sr">Gallery</h1>
      <div className="gal">
        <ComponentParts />
        <LiveParts />
        <RunParts />
        <CompareParts />
        <TrendParts />
        <InsightParts />
        <SettingsParts />
        <PrimitiveParts />
      </div>
    </Frame>
  );
}
