import { filterQuery, type ExportFormat, type RunFilter, type RunSummary } from '@comfytrace/client';
import { useRunHistory, useTelemetryFilter } from '@comfytrace/client/react';
import { Suspense, lazy, useCallback, useEffect, useMemo, useRef, useState } from 'react';
import { formatCount, formatDay } from '../format.ts';
import { Frame, useHealth } from '../frame/frame.tsx';
import { FirstRun } from '../frame/first-run.tsx';
import { useFirstPainted } from '../ahead/first-paint.ts';
import { navigate, runPath, useAddress, useAddressPlace } from '../router.tsx';
import { isLinked, useLivePart, useServices, useWorkerName } from '../services.tsx';
import { usePrice } from '../settings/price.ts';
import { ActiveFilters } from '../telemetry/active-filters.tsx';
import { RunStatisticsPanel } from '../telemetry/run-statistics-panel.tsx';
import { FilterPanelBones, TelemetryFilterPanel } from '../telemetry/telemetry-filter-panel.tsx';
import { DataTable } from '../ui/data-table.tsx';
import { Icon } from '../ui/icon.tsx';
import { useKeys } from '../ui/keys.ts';
import { CaveatMark, kReady, type Caveat, type PartState } from '../ui/states.tsx';
import { useAddressPreset } from './address-preset.ts';
import { BulkBar } from './bulk-bar.tsx';
import { rememberRuns } from '../run/neighbours.ts';
import { PhoneRow } from './run-cells.tsx';
import { ColumnChooser, columnsOf, useRunColumns } from './run-columns.tsx';
import { kPageRuns, sortOfQuery } from './runs-address.ts';
import { useExportFormats } from './use-export-formats.ts';
import { idsAround, listWidth } from './list-place.ts';
import { useFacets } from './use-facets.ts';
import { useFirstPage, useKeptRow, useListPlace } from './use-list-place.ts';
import { useRunStatistics } from './use-run-statistics.ts';
import { useSeldom } from './use-seldom.ts';
import { useSelection } from './use-selection.ts';
import './runs.css';

const CleanupDialog = lazy(async () => ({ default: (await import('../telemetry/cleanup-dialog.tsx')).CleanupDialog }));
const ExportDialog = lazy(async () => ({ default: (await import('../telemetry/export-dialog.tsx')).ExportDialog }));

const kNobody: RunFilter = {};
/** Runs may come faster than numbers over all of them are asked for. */
const kCountedEveryMs = 3_000;
const kToldEveryMs = 1_000;

/** Every run: filter, numbers over what matches, and the list itself. The address is the state. */
export function RunsView() {
  const services = useServices();
  const held = useTelemetryFilter(services, useAddressPlace());
  const preset = useAddressPreset(held);
  const waits = preset.is === 'waiting' || preset.is === 'known';
  const filter = waits ? kNobody : held.filter;
  const { query } = useAddress();
  const sort = sortOfQuery(query);
  const [keptRow, keepRow] = useKeptRow();
  const firstPage = useFirstPage(filter, sort, keptRow);
  const history = useRunHistory(services, { filter, sort, firstRow: keptRow, pageSize: kPageRuns, firstPage });
  const isPainted = useFirstPainted();
  const isListed = isPainted && history.state !== 'loading';
  const { facets, weeks } = useFacets(filter, isListed);
  const placeOf = useListPlace({ filter, sort, count: history.count, rowAt: history.rowAt, enabled: facets !== null });
  const subject = `${history.state} ${history.isPrevious} ${filterQuery(held.filter)}`;
  const matched = useSeldom(history.state === 'loading' ? null : history.total, kToldEveryMs, subject);
  const unseen = useSeldom(history.unseen, kToldEveryMs, subject);
  const { statistics, state: statisticsState, bins } = useRunStatistics(filter, useSeldom(history.isPrevious ? null : history.total, kCountedEveryMs));
  const [dialog, setDialog] = useState<'clean' | 'export' | null>(null);
  const [said, setSaid] = useState<string | null>(null);
  const [current, setCurrent] = useState<RunSummary | null>(null);
  const formats = useExportFormats(isListed);
  const health = useHealth().data;
  const columns = useRunColumns();
  const shown = useMemo(() => columnsOf(columns.chosen), [columns.chosen]);
  const selection = useSelection(history.runs);
  const panel = useRef<HTMLElement>(null);
  const name = filterQuery(held.filter).toString();
  const price = usePrice() ?? undefined;

  const seen = useRef({ at: 0, rowAt: history.rowAt });
  seen.current.rowAt = history.rowAt;
  const look = useCallback((first: number, last: number) => {
    seen.current.at = first;
    history.look(first, last);
  }, [history.look]);
  useEffect(() => () => rememberRuns(idsAround(seen.current.at, seen.current.rowAt)), []);
  const wasPrevious = useRef(false);
  useEffect(() => {
    if (wasPrevious.current && !history.isPrevious) panel.current?.querySelector('.dt')?.scrollTo?.({ top: 0 });
    wasPrevious.current = history.isPrevious;
  }, [history.isPrevious]);
  useEffect(() => {
    if (said === null) return;
    const timer = setTimeout(() => setSaid(null), 8_000);
    return () => clearTimeout(timer);
  }, [said]);
  useKeys({ f: () => focusFilter() });

  // Does not draw itself anew for each run that comes.
  const panelBeside = useMemo(() => (isPainted ? <TelemetryFilterPanel filter={held} facets={facets} weeks={weeks} /> : <FilterPanelBones />), [isPainted, held, facets, weeks]);
  const setSort = (next: string) => {
    const params = filterQuery(held.filter);
    if (next !== 'newest') params.set('sort', next);
    navigate(params.size > 0 ? `/runs?${params}` : '/runs', { replace: true });
  };
  const prune = useCallback(async (rule: Parameters<typeof services.api.prune>[0]) => services.api.prune(rule), [services]);
  const exportRuns = async (format: ExportFormat, fields: string[]) => window.location.assign(services.api.exportUrl(format, filter, fields));
  const oldest = health?.history?.oldestRunAtMs ?? null;
  // A list that nothing restricts counts them itself, before the server's word of its history is here.
  const kept = health?.history?.runs ?? (held.active === 0 && !waits ? matched : null);
  const table = useTableState(history, waits, held.active, held.reset);
  const workerName = useWorkerName();
  const sayUnread = useCallback(() => setSaid('Rows of this range are not read: a range spans what was scrolled through. Filter instead, and clean up or export what matches.'), []);
  return (
    <Frame
      crumb={<><h1 className="crumb-h">Runs</h1><span className="el">{oldest === null ? 'every run that ended or is under way' : `every run since ${formatDay(oldest, Date.now())}`}</span></>}
      actions={<button type="button" className="btn ghost sm top-act" onClick={() => setDialog('clean')}><Icon name="trash-2" size={13} />Clean up</button>}
    >
      <div className="rg">
        {panelBeside}
        <div className="runs-col">
          <RunStatisticsPanel state={history.state === 'error' ? { is: 'empty', title: 'No numbers', next: 'The runs below were not read.' } : statisticsState} statistics={statistics} bins={bins} price={price} />
          <section className="panel runs-panel" aria-label="Runs" ref={panel}>
            <ActiveFilters filter={held.filter} onChange={held.set} matched={matched} total={kept} tookMs={history.tookMs} workerName={workerName}>
              {table.caveat && <CaveatMark caveat={table.caveat} />}
              {preset.is === 'unknown' && <span className="badge b-warn"><Icon name="s-warn" size={13} />There is no preset "{preset.name}"</span>}
              {unseen > 0 && history.unseen > 0 && <button type="button" className="btn sm" onClick={() => void history.refresh()}><Icon name="refresh-cw" size={13} />{formatCount(unseen)} newer, reload</button>}
              <ColumnChooser chosen={columns.chosen} onToggle={columns.toggle} onReset={columns.reset} />
              {formats.length > 0 && <button type="button" className="btn sm" onClick={() => setDialog('export')}><Icon name="download" size={13} />Export</button>}
            </ActiveFilters>
            {history.state === 'empty' && held.active === 0 && !waits ? <FirstRun place="runs" /> : (
              <div className={`runs-list ${history.isPrevious ? 'previous' : ''}`}>
                <DataTable
                  label={`Runs, ${sort} first`} columns={shown} count={history.count} rowAt={history.rowAt} keyOf={keyOf} onLook={look} state={table.state} sort={sort} onSort={setSort}
                  selected={selection.ids} onSelect={selection.set} onOpen={openRun} onCurrent={setCurrent} rowClass={rowClass} phoneRow={phoneRow}
                  firstWidth={listWidth(window.innerWidth)} firstRow={keptRow} onRest={keepRow} placeOf={placeOf} onUnread={sayUnread}
                />
              </div>
            )}
            {said && <p className="said" role="status">{said}</p>}
            <BulkBar key={name} selected={selection.runs} current={current} onClear={selection.clear} onDone={setSaid} />
          </section>
        </div>
      </div>
      <Suspense>
        {dialog === 'clean' && <CleanupDialog runs={kept} bytes={health?.history?.bytes ?? null} onClose={() => { setDialog(null); void history.refresh(); }} onPrune={prune} />}
        {dialog === 'export' && <ExportDialog matched={history.total} formats={formats} onClose={() => setDialog(null)} onExport={exportRuns} />}
      </Suspense>
    </Frame>
  );
}

const keyOf = (run: RunSummary) => run.runId;
const openRun = (run: RunSummary) => navigate(runPath(run.runId));
const rowClass = (run: RunSummary) => (run.archived ? 'arch' : '');
const phoneRow = (run: RunSummary) => <PhoneRow run={run} />;

function focusFilter(): boolean {
  const box = document.querySelector<HTMLElement>('.flt');
  if (!box) return false;
  if (box.dataset['open'] === 'false') box.querySelector<HTMLElement>('.flt-more')?.click();
  requestAnimationFrame(() => box.querySelector<HTMLElement>('.flt-body summary, .flt-body input, .flt-body button')?.focus());
  return true;
}

/** The list's state, and what is the matter with what it shows. */
function useTableState(history: ReturnType<typeof useRunHistory>, waits: boolean, active: number, reset: () => void): { state: PartState; caveat: Caveat | null } {
  const known = useLivePart((live) => live.known);
  const linked = useLivePart((live) => isLinked(live.link));
  const caveat: Caveat | null = history.error !== null && history.count > 0 ? { is: 'stale', detail: history.error }
    : known && !linked ? { is: 'disconnected', detail: 'new runs are not seen' } : null;
  const state: PartState = waits || history.state === 'loading' ? { is: 'loading' }
    : history.state === 'error' && history.refused ? { is: 'empty', icon: 's-failed', title: 'Filter not understood', next: <><span role="alert" className="breaks">{history.error}</span> <button type="button" className="btn sm" onClick={reset}>Reset filter</button></> }
      : history.state === 'error' ? { is: 'error', title: 'The history was not read', detail: history.error ?? '', onRetry: () => void history.refresh() }
      : history.state === 'empty' && active > 0 ? { is: 'empty', icon: 'list-filter', title: 'No run matches', next: <><span>Words match the beginnings of words in titles, prompts, errors, notes and tags. </span><button type="button" className="btn sm" onClick={reset}>Reset filter</button></> }
        : kReady;
  return { state, caveat };
}
