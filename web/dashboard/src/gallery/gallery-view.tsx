import { Frame } from '../frame/frame.tsx';
import { ComponentParts } from './components-part.tsx';
import { PrimitiveParts } from './primitives-part.tsx';

/** Every component in every state, with made-up runs: what the pictures of the tests are taken of. */
export function GalleryView() {
  return (
    <Frame crumb={<><b>Gallery</b><span>every component in every state; the data is made up</span></>}>
      <h1 className="sr">Gallery</h1>
      <div className="gal">
        <ComponentParts />
        <PrimitiveParts />
      </div>
    </Frame>
  );
}
