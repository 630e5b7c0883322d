import { Component, Suspense, lazy, useEffect, useState, type ComponentType, type ReactNode } from 'react';
import { Frame } from './frame/frame.tsx';
import { Link, routeOf, useAddress } from './router.tsx';
import { Empty, Skeleton } from './ui/parts.tsx';
import { kLoads, type View } from './views.ts';

/** Once loaded it renders without a pause. */
function split(load: () => Promise<ComponentType | View>) {
  let ready: View | null = null;
  let loading: Promise<View> | null = null;
  const preload = () => (loading ??= load().then(
    (view) => (ready = view as View),
    (error: unknown) => {
      loading = null;
      throw error;
    },
  ));
  const Later = lazy(async () => ({ default: await preload() }));
  const Split: View = (props) => {
    const [Chosen] = useState<View>(() => ready ?? Later);
    return <Chosen {...props} />;
  };
  return { preload, Split };
}

const kSplit = Object.fromEntries(Object.entries(kLoads).map(([name, load]) => [name, split(load)])) as Record<keyof typeof kLoads, ReturnType<typeof split>>;

/** Fetches the view that an address means. Fails never: where it is not to be had the page says so. */
export async function preloadView(path: string): Promise<void> {
  const { view } = routeOf(path);
  if (view !== 'nowhere') await kSplit[view].preload().catch(() => undefined);
}

/** Fetches every view but the gallery, so that going there needs no wait. */
export async function preloadViews(): Promise<void> {
  await Promise.all(Object.entries(kSplit).map(([name, view]) => (name === 'gallery' ? null : view.preload())));
}

export function App() {
  const { path } = useAddress();
  const route = routeOf(path);
  useEffect(() => {
    const timer = setTimeout(() => void preloadViews().catch(() => undefined), 1_500);
    return () => clearTimeout(timer);
  }, []);
  if (route.view === 'nowhere') return <Boundary key={path}><Nowhere /></Boundary>;
  const { Split } = kSplit[route.view];
  return (
    <Boundary key={path}>
      <Suspense fallback={<Coming />}>
        <Split key={path} runId={route.view === 'run' ? route.runId : ''} />
      </Suspense>
    </Boundary>
  );
}

function Nowhere() {
  return (
    <Frame crumb={<b>Not found</b>}>
      <div className="panel fill">
        <Empty icon="s-nodata" title="There is no such page">
          <Link href="/">Go to Live</Link>
        </Empty>
      </div>
    </Frame>
  );
}

function Coming() {
  return (
    <Frame crumb={<Skeleton width="80px" />}>
      <div className="panel fill" role="group" aria-busy="true" aria-label="Loading the view" />
    </Frame>
  );
}

/** A fault in one view leaves the rest of the page usable and says what happened. */
class Boundary extends Component<{ children: ReactNode }, { fault: string | null }> {
  override state = { fault: null };

  static getDerivedStateFromError(error: unknown) {
    return { fault: error instanceof Error ? error.message : String(error) };
  }

  override render() {
    if (this.state.fault === null) return this.props.children;
    return (
      <main className="main">
        <div className="panel fill">
          <Empty icon="s-failed" tone="bad" title="This view broke">
            <span>{this.state.fault}</span>
            <span>Nothing recorded is affected.</span>
            <button type="button" className="btn sm" onClick={() => window.location.reload()}>Reload</button>
          </Empty>
        </div>
      </main>
    );
  }
}
