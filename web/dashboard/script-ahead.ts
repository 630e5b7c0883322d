import { createHash } from 'node:crypto';
import { build, type Plugin, type ResolvedConfig, type Rolldown } from 'vite';

type Bundle = Rolldown.OutputBundle;

/**
 * A script that stands before the page's own. It is whole in itself, so that nothing has to be fetched before it runs, and
 * knows which files each view needs (`kFilesOfViews`).
 */
export function scriptAhead(source: string): Plugin {
  let config: ResolvedConfig;
  let built: string | null = null;
  return {
    name: 'script-ahead',
    // Before the page is made of what there is, which is then known.
    enforce: 'pre',
    configResolved(resolved) {
      config = resolved;
    },
    async generateBundle(_, bundle) {
      const code = await bundled(config, source, filesOfViews(bundle));
      built = `assets/ahead-${createHash('sha256').update(code).digest('base64url').slice(0, 8)}.js`;
      this.emitFile({ type: 'asset', fileName: built, source: code });
    },
    transformIndexHtml: {
      order: 'post',
      handler: () => [{ tag: 'script', attrs: built === null ? { type: 'module', src: `/${source}` } : { async: true, fetchpriority: 'high', src: `/${built}` }, injectTo: 'head-prepend' }],
    },
  };
}

async function bundled(config: ResolvedConfig, source: string, files: Record<string, string[]>): Promise<string> {
  const result = await build({
    configFile: false, root: config.root, logLevel: 'warn', publicDir: false, resolve: { conditions: config.resolve.conditions },
    define: { kFilesOfViews: JSON.stringify(files) },
    build: { write: false, target: config.build.target, modulePreload: false, rolldownOptions: { input: source, output: { format: 'iife' } } },
  });
  const [script] = ([result].flat() as Rolldown.RolldownOutput[])[0]!.output;
  return script.code;
}

/** By view: its script and what that imports before it runs, without what every page loads, and its styles. */
function filesOfViews(bundle: Bundle): Record<string, string[]> {
  const chunks = Object.values(bundle).filter((each) => each.type === 'chunk');
  const imported = (names: readonly string[], seen = new Set<string>()): Set<string> => {
    for (const name of names) {
      const chunk = bundle[name];
      if (seen.has(name) || chunk?.type !== 'chunk') continue;
      seen.add(name);
      imported(chunk.imports, seen);
    }
    return seen;
  };
  const always = imported(chunks.filter((chunk) => chunk.isEntry).map((chunk) => chunk.fileName));
  const stylesOf = (names: Iterable<string>) => [...names].flatMap((name) => [...((bundle[name] as Rolldown.OutputChunk).viteMetadata?.importedCss ?? [])]);
  const found: Record<string, string[]> = {};
  for (const chunk of chunks) {
    const view = /^(\w+)-view$/.exec(chunk.name)?.[1];
    if (!view || view === 'gallery') continue;
    const scripts = [...imported([chunk.fileName])].filter((name) => !always.has(name));
    found[view] = [...scripts, ...new Set(stylesOf(scripts))].map((name) => `/${name}`);
  }
  return found;
}
