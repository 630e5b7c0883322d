import { Component, useEffect, type ReactNode } from 'react';
import { Frame } from './frame/frame.tsx';
import { LiveView } from './live/live-view.tsx';
import { Link, routeOf, useAddress } from './router.tsx';
import { RunView } from './run/run-view.tsx';
import { RunsView } from './runs/runs-view.tsx';
import { Empty } from './ui/parts.tsx';

export function App() {
  const { path } = useAddress();
  const route = routeOf(path);
  useEffect(() => {
    const names = { live: 'Live', runs: 'Runs', run: 'Run', nowhere: 'Not found' };
    document.title = `${names[route.view]} · comfytrace`;
  }, [route.view]);
  return (
    <Boundary key={path}>
      {route.view === 'live' && <LiveView />}
      {route.view === 'runs' && <RunsView />}
      {route.view === 'run' && <RunView key={route.runId} runId={route.runId} />}
      {route.view === 'nowhere' && (
        <Frame crumb={<b>Not found</b>}>
          <div className="panel fill">
            <Empty icon="s-nodata" title="There is no such page">
              <Link href="/">Go to Live</Link>
            </Empty>
          </div>
        </Frame>
      )}
    </Boundary>
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
