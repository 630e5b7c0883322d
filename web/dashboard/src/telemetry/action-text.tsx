import { useQuery } from '@tanstack/react-query';
import { Fragment } from 'react';
import { formatWhen, unbroken } from '../format.ts';
import { Link, runPath } from '../router.tsx';
import { useNow, useServices } from '../services.tsx';

const kUuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/i;

/** A sentence cut at the ids of runs that it names: every second part is an id. */
export function cutAtRuns(text: string, runIds: readonly string[]): string[] {
  const known = runIds.filter((id) => id.length > 3 && text.includes(id)).map((id) => id.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return text.split(new RegExp(`((?:${[...known, kUuid.source].join('|')}))`, 'i'));
}

/** The same for where nothing can be opened: a run is called by its first letters. */
export function withoutIds(text: string): string {
  return text.replace(new RegExp(kUuid.source, 'gi'), (id) => id.slice(0, 8));
}

/** What is suggested. A run that it names is called by its title and can be opened: an id says nothing. */
export function ActionText({ text, runIds = [] }: { text: string; runIds?: readonly string[] }) {
  return <>{cutAtRuns(text, runIds).map((part, at) => (at % 2 === 1 ? <NamedRun key={at} runId={part} /> : <Fragment key={at}>{unbroken(part)}</Fragment>))}</>;
}

function NamedRun({ runId }: { runId: string }) {
  const { api } = useServices();
  const now = useNow();
  const { data } = useQuery({ queryKey: ['run', runId], queryFn: ({ signal }) => api.run(runId, signal), staleTime: 60_000, retry: false });
  return <Link href={runPath(runId)} title={runId} className="in-text">{data ? `${data.title || 'Untitled'} of ${formatWhen(data.createdAtMs, now)}` : runId.slice(0, 8)}</Link>;
}
