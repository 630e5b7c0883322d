import { freshnessOf, isOpen, type Run, type RunComparison, type RunPatch } from '@comfytrace/client';
import { Suspense, lazy, useState, type ReactNode } from 'react';
import { comparePath, navigate } from '../router.tsx';
import { useLive, useNow, useServices } from '../services.tsx';
import { badgeFactsOf } from '../telemetry/badge-facts.ts';
import { TelemetryBadges } from '../telemetry/telemetry-badges.tsx';
import { Icon } from '../ui/icon.tsx';
import { useKeys } from '../ui/keys.ts';
import { Menu } from '../ui/menu.tsx';
import { Badge, statusTone } from '../ui/parts.tsx';

const DeleteDialog = lazy(async () => ({ default: (await import('./delete-dialog.tsx')).DeleteDialog }));

const kMostTitle = 500;
const kMostTag = 100;

/** What the run is, its facts, what can be done with it; below, the claim. */
export function RunHead({ run, comparison, claim, onChange, saving, failed }: {
  run: Run; comparison: RunComparison | null; claim: ReactNode; onChange: (patch: RunPatch) => void; saving: boolean; failed: string | null;
}) {
  const { workers, link } = useLive();
  const now = useNow();
  const workerId = run.scenes.flatMap((scene) => scene.attempts)[0]?.workerId;
  const device = workers.find((state) => state.worker.workerId === workerId)?.worker.devices[0];
  const open = isOpen(run.status);
  const facts = badgeFactsOf(run, device ? (device.type === 'cpu' ? 'CPU' : device.name) : null, run.status === 'success' ? comparison?.duration : null);
  const [adding, setAdding] = useState(false);
  useKeys({
    t: () => setAdding(true),
    e: () => onChange({ archived: !run.archived }),
    b: () => document.querySelector<HTMLElement>('.rh .badges-eye')?.click(),
  });
  return (
    <header className="rh">
      <div className="rh-top">
        <div className="row wrap rh-name">
          <Icon name={`s-${run.status}`} size={20} className={statusTone(run.status)} />
          <Title title={run.title} onChange={(title) => onChange({ title })} />
          {run.storyTitle && run.storyTitle !== run.title && <span className="tag">{run.storyTitle}</span>}
          <Tags tags={run.tags} adding={adding} onAdding={setAdding} onChange={(tags) => onChange({ tags })} />
          {run.archived && <Badge icon="archive">archived</Badge>}
          {saving && <span className="t3 s11" role="status">saving</span>}
          {failed && <span className="bad s12" role="alert">not saved: {failed}</span>}
        </div>
        <Actions run={run} likeId={comparison?.cohort.runIds[0] ?? null} onChange={onChange} />
      </div>
      <div role="group" aria-label="Facts of the run">
        <TelemetryBadges facts={facts} {...(open ? { freshness: freshnessOf(link, now) } : {})} />
      </div>
      {claim}
    </header>
  );
}

function Actions({ run, likeId, onChange }: { run: Run; likeId: string | null; onChange: (patch: RunPatch) => void }) {
  const { workers } = useLive();
  const { api } = useServices();
  const [asking, setAsking] = useState(false);
  const open = isOpen(run.status);
  const worker = workers.find((state) => state.worker.workerId === run.scenes.flatMap((scene) => scene.attempts).at(-1)?.workerId)?.worker;
  const compare = () => navigate(comparePath(likeId === null ? [run.runId] : [likeId, run.runId]));
  useKeys({ c: compare });
  return (
    <div className="row rh-acts">
      <button type="button" className="btn" onClick={compare} title={likeId === null ? 'Choose a run to compare with' : 'With the newest like run (c)'}>
        <Icon name="git-compare-arrows" size={13} />Compare
      </button>
      <button type="button" className="btn" onClick={() => window.print()}><Icon name="file-text" size={13} />Print</button>
      {worker && <a className="btn" href={worker.url} target="_blank" rel="noreferrer"><Icon name="external-link" size={13} />Open {worker.name}</a>}
      <Menu
        label="More for this run"
        items={[
          { word: 'Copy as JSON', icon: 'copy', onSelect: () => void navigator.clipboard?.writeText(JSON.stringify(run, null, 2)) },
          { word: 'Record as JSON', icon: 'braces', onSelect: () => window.open(`${api.artifactUrl(run.runId, 0).replace(/\/artifacts\/0$/, '')}`, '_blank', 'noreferrer') },
          { word: run.archived ? 'Unarchive' : 'Archive', icon: 'archive', hint: 'e', onSelect: () => onChange({ archived: !run.archived }) },
          { word: open ? 'Delete: not while it is open' : 'Delete', icon: 'trash-2', danger: true, disabled: open, onSelect: () => setAsking(true) },
        ]}
      >
        <Icon name="ellipsis" size={15} />
      </Menu>
      {asking && <Suspense><DeleteDialog run={run} onClose={() => setAsking(false)} /></Suspense>}
    </div>
  );
}

function Title({ title, onChange }: { title: string; onChange: (title: string) => void }) {
  const [draft, setDraft] = useState<string | null>(null);
  if (draft === null) {
    return (
      <h1 className="title-h">
        <button type="button" className="title-btn" onClick={() => setDraft(title)} title="Rename">{title || 'Untitled'}</button>
      </h1>
    );
  }
  const done = () => {
    if (draft.trim() && draft.trim() !== title) onChange(draft.trim());
    setDraft(null);
  };
  return (
    <input
      className="inp title-inp" aria-label="Title" value={draft} autoFocus maxLength={kMostTitle} onChange={(event) => setDraft(event.target.value)} onBlur={done}
      onKeyDown={(event) => {
        if (event.key === 'Enter') done();
        if (event.key === 'Escape') setDraft(null);
      }}
    />
  );
}

function Tags({ tags, adding, onAdding, onChange }: { tags: string[]; adding: boolean; onAdding: (adding: boolean) => void; onChange: (tags: string[]) => void }) {
  const [draft, setDraft] = useState('');
  const end = (keep: boolean) => {
    const word = draft.replace(/,/g, ' ').trim();
    if (keep && word && !tags.includes(word)) onChange([...tags, word]);
    setDraft('');
    onAdding(false);
  };
  return (
    <>
      {tags.map((tag) => (
        <span className="tag" key={tag}>
          {tag}
          <button type="button" className="tag-x" aria-label={`Remove tag ${tag}`} onClick={() => onChange(tags.filter((each) => each !== tag))}><Icon name="x" size={11} /></button>
        </span>
      ))}
      {!adding ? (
        <button type="button" className="btn ghost sm" onClick={() => onAdding(true)}><Icon name="plus" size={12} />tag</button>
      ) : (
        <input
          className="inp tag-inp" aria-label="New tag" value={draft} autoFocus maxLength={kMostTag} onChange={(event) => setDraft(event.target.value)} onBlur={() => end(true)}
          onKeyDown={(event) => {
            if (event.key === 'Enter') end(true);
            if (event.key === 'Escape') end(false);
          }}
        />
      )}
    </>
  );
}
