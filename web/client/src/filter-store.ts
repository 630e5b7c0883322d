import { ApiError, type ApiClient } from './api-client.ts';
import type { FilterPreset } from './types.ts';
import { filterOfQuery, filterQuery, filterSize, type RunFilter } from './run-filter.ts';
import { Store } from './store.ts';

/** Where a filter is kept: an address bar, a router, or nothing but memory. */
export interface FilterPlace {
  read(): string;
  write(query: string): void;
  /** Tells when the text there changed otherwise, as by the back button. */
  watch?(reader: () => void): () => void;
}

export interface FilterState {
  filter: RunFilter;
  /** The filter's parameters as text, in one fixed order. */
  query: string;
  active: number;
  presets: readonly FilterPreset[];
  presetsState: 'idle' | 'loading' | 'ready' | 'error';
  /** What the last change of a preset came to, when it failed; a sentence. */
  presetsError: string | null;
  /** The preset that says just this, if there is one. */
  preset: string | null;
}

/** A filter that lives in a place, and the presets that a person keeps. */
export class FilterStore extends Store<FilterState> {
  constructor(private readonly place: FilterPlace, private readonly api: ApiClient) {
    super(withQuery({ filter: {}, query: '', active: 0, presets: [], presetsState: 'idle', presetsError: null, preset: null }, place.read()));
  }

  /** Follows the place until the returned function is called. */
  follow(): () => void {
    this.take();
    return this.place.watch?.(() => this.take()) ?? (() => undefined);
  }

  set(filter: RunFilter): void {
    const query = filterQuery(filter).toString();
    this.place.write(otherParameters(this.place.read(), query));
    this.put(withQuery(this.get(), query));
  }

  change(part: Partial<RunFilter>): void {
    this.set({ ...this.get().filter, ...part });
  }

  reset(): void {
    this.set({});
  }

  /** An address that opens `path` under this filter. */
  shareLink(path = window.location.pathname, origin = window.location.origin): string {
    const { query } = this.get();
    return `${origin}${path}${query ? `?${query}` : ''}`;
  }

  async loadPresets(): Promise<void> {
    if (this.get().presetsState === 'loading') return;
    this.put({ presetsState: 'loading' });
    try {
      this.putPresets(await this.api.presets());
    } catch (error) {
      this.put({ presetsState: 'error', presetsError: sentenceOf(error) });
    }
  }

  applyPreset(name: string): void {
    const preset = this.get().presets.find((each) => each.name === name);
    if (preset) this.set(filterOfQuery(preset.query));
  }

  /** Keeps the present filter under a name. False if the server refused; `presetsError` says why. */
  savePreset(name: string): Promise<boolean> {
    const { query } = this.get();
    const made: FilterPreset = { name, query, createdAtMs: Date.now() };
    return this.tryOut([...this.get().presets.filter((each) => each.name !== name), made], () => this.api.putPreset(name, query));
  }

  deletePreset(name: string): Promise<boolean> {
    return this.tryOut(this.get().presets.filter((each) => each.name !== name), () => this.api.deletePreset(name));
  }

  private async tryOut(presets: FilterPreset[], ask: () => Promise<unknown>): Promise<boolean> {
    const before = this.get().presets;
    this.putPresets(presets);
    try {
      await ask();
      return true;
    } catch (error) {
      this.putPresets([...before]);
      this.put({ presetsError: sentenceOf(error) });
      return false;
    }
  }

  private take(): void {
    const next = withQuery(this.get(), this.place.read());
    if (next.query !== this.get().query) this.put(next);
  }

  private putPresets(presets: FilterPreset[]): void {
    const sorted = presets.sort((a, b) => a.name.localeCompare(b.name));
    this.put(withQuery({ ...this.get(), presets: sorted, presetsState: 'ready', presetsError: null }, this.get().query));
  }
}

function withQuery(state: FilterState, text: string): FilterState {
  const filter = filterOfQuery(text);
  const query = filterQuery(filter).toString();
  const preset = query === '' ? undefined : state.presets.find((each) => filterQuery(filterOfQuery(each.query)).toString() === query);
  return { ...state, filter, query, active: filterSize(filter), preset: preset?.name ?? null };
}

/** `query` with what stood beside the filter in the address, as a sort order. */
function otherParameters(address: string, query: string): string {
  const filterKeys = filterQuery(filterOfQuery(address));
  const rest = new URLSearchParams(address);
  for (const name of [...rest.keys()]) if (filterKeys.has(name) || new URLSearchParams(query).has(name)) rest.delete(name);
  return [query, rest.toString()].filter(Boolean).join('&');
}

export function sentenceOf(error: unknown): string {
  if (error instanceof ApiError) return error.mend ? `${error.detail}: ${error.mend}` : error.detail;
  return error instanceof Error ? error.message : String(error);
}

/** A place in memory, for programs without addresses. */
export function memoryPlace(query = ''): FilterPlace {
  let text = query;
  return { read: () => text, write: (next) => (text = next) };
}
