import type { Run, RunDifference } from '@comfytrace/client';
import { ArtifactCompare } from '../compare/artifact-compare.tsx';
import { CompareClaim } from '../compare/compare-claim.tsx';
import { Differences } from '../compare/differences.tsx';
import { NodeDifferences } from '../compare/node-differences.tsx';
import { Numbers } from '../compare/numbers.tsx';
import { Subject } from '../compare/subject.tsx';
import { difference, ofThree, unlike } from './compare-samples.ts';
import { Part, State } from './part.tsx';
import { film } from './run-samples.ts';
import { Stage } from './stage.tsx';
import '../compare/compare.css';

const nothing = () => undefined;
const runsOf = (answer: RunDifference): Run[] => answer.runs.map(() => film);
const idsOf = (answer: RunDifference) => answer.runs.map((run) => run.runId);

export function CompareParts() {
  return (
    <>
      <Part name="Compare: what differs" min={620}>
        <State name="like for like" wide><CompareClaim answer={difference} caveat={null} /></State>
        <State name="not like for like, not enough data" wide><CompareClaim answer={unlike} caveat={null} /></State>
        <State name="three runs, stale" wide><CompareClaim answer={ofThree} caveat={{ is: 'stale', ageMs: 41_000, detail: 'comfytrace was not reached' }} /></State>
      </Part>
      <Part name="Compare: a run" min={340}>
        <State name="ready"><Stage><Subject at={1} of={2} runId="run-0" run={film} error={null} onReplace={nothing} onRemove={nothing} /></Stage></State>
        <State name="loading"><Stage><Subject at={0} of={2} runId="run-0" run={null} error={null} onReplace={nothing} onRemove={nothing} /></Stage></State>
        <State name="error"><Stage><Subject at={0} of={2} runId="run-0" run={null} error={new Error('there is no run with this id')} onReplace={nothing} onRemove={nothing} /></Stage></State>
      </Part>
      <Part name="Compare: nodes" min={620}>
        <State name="a finding" wide><NodeDifferences answer={difference} /></State>
        <State name="empty: nodes not told"><NodeDifferences answer={unlike} /></State>
        <State name="partial: three runs" wide><NodeDifferences answer={{ ...ofThree, nodesMissing: 'no node times of 1 of 18 scenes' }} /></State>
      </Part>
      <Part name="Compare: measures and parameters" min={560}>
        <State name="measures"><Numbers answer={difference} /></State>
        <State name="measures, too few"><Numbers answer={unlike} /></State>
        <State name="parameters"><Differences answer={difference} runs={runsOf(difference)} row={0} onRow={nothing} /></State>
        <State name="parameters, nothing differs"><Differences answer={{ ...difference, environment: [], scenes: difference.scenes.map((scene) => ({ ...scene, parameters: [] })) }} runs={runsOf(difference)} row={0} onRow={nothing} /></State>
      </Part>
      <Part name="Compare: artifacts" min={620}>
        <State name="a pair under the slider" wide><Stage><ArtifactCompare answer={difference} runs={runsOf(difference)} ids={idsOf(difference)} /></Stage></State>
        <State name="side by side" wide><Stage><ArtifactCompare answer={ofThree} runs={runsOf(ofThree)} ids={idsOf(ofThree)} /></Stage></State>
        <State name="loading"><Stage><ArtifactCompare answer={difference} runs={[undefined, undefined]} ids={idsOf(difference)} /></Stage></State>
        <State name="empty"><Stage><ArtifactCompare answer={unlike} runs={runsOf(unlike)} ids={idsOf(unlike)} /></Stage></State>
      </Part>
    </>
  );
}
