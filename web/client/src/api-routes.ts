import type { paths } from './openapi.gen.ts';

// What the OpenAPI document says of a route, as types: a path, a body or an answer that it does not have does not compile.

export type Verb = 'get' | 'put' | 'post' | 'patch' | 'delete';
export type PathWith<V extends Verb> = { [P in keyof paths]: paths[P][V] extends object ? P : never }[keyof paths];

type Operation<V extends Verb, P extends keyof paths> = paths[P][V];
type ParametersOf<V extends Verb, P extends keyof paths, Where extends 'path' | 'query'> =
  Operation<V, P> extends { parameters: { [at in Where]?: infer Found } } ? ([Found] extends [never] ? undefined : Found) : undefined;

/** undefined where there is nothing to read. */
export type AnswerOf<V extends Verb, P extends keyof paths> =
  Operation<V, P> extends { responses: { 200: { content: { 'application/json': infer Answer } } } } ? Answer : undefined;
export type BodyOf<V extends Verb, P extends keyof paths> =
  Operation<V, P> extends { requestBody: { content: { 'application/json': infer Body } } } ? Body : undefined;
export type QueryOf<V extends Verb, P extends keyof paths> = NonNullable<ParametersOf<V, P, 'query'>>;

export interface AskOf<V extends Verb, P extends keyof paths> {
  /** What stands for the `{names}` of the path. */
  at?: ParametersOf<V, P, 'path'>;
  query?: URLSearchParams | string;
  body?: BodyOf<V, P>;
  signal?: AbortSignal;
}

/** The path with its `{names}` filled in, percent-encoded, and the query. */
export function addressOf(path: string, at: Readonly<Record<string, string | number>> = {}, query = ''): string {
  const filled = path.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(at[name] ?? ''));
  return query ? `${filled}?${query}` : filled;
}
