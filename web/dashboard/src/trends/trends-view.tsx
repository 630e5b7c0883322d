import { filterOfQuery, filterQuery, type Metric } from '@comfytrace/client';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { chartOfTrend } from '../charts/chart-data.ts';
import { TelemetryComparisonChart } from '../charts/telemetry-comparison-chart.tsx';
import { Frame } from '../frame/frame.tsx';
import { enoughText, kMetricWords } from '../measure.ts';
import { navigate, runPath, useAddress } from '../router.tsx';
import { useNow, useServices } from '../services.tsx';
import { Tabs } from '../ui/controls.tsx';
import { stateOf } from '../ui/states.tsx';

const kMetrics = Object.keys(kMetricWords) as Metric[];

/** How the runs go with time; the address holds filter and metric. */
export function TrendsView() {
  const { query } = useAddress();
  const filter = filterOfQuery(query);
  const wanted = new URLSearchParams(query).get('metric');
  const metric = kMetrics.find((each) => each === wanted) ?? 'duration';
  const { api } = useServices();
  const now = useNow();
  const asked = useQuery({
    queryKey: ['trend', metric, filterQuery(filter).toString()], placeholderData: keepPreviousData,
    queryFn: ({ signal }) => api.trend(filter, { metric, utcOffsetMs: -new Date().getTimezoneOffset() * 60_000 }, signal),
  });
  const trend = asked.data;
  const lacks = trend && trend.series.xMs.length === 0;
  const choose = (next: Metric) => {
    const params = filterQuery(filter);
    if (next !== 'duration') params.set('metric', next);
    navigate(params.size > 0 ? `/trends?${params}` : '/trends', { replace: true });
  };
  return (
    <Frame crumb={<><b>Trends</b><span>like-for-like over time</span></>}>
      <TelemetryComparisonChart
        title={kMetricWords[metric].title} about={trend?.sentence} data={trend ? chartOfTrend(trend, now) : null} onOpen={(runId) => navigate(runPath(runId))}
        state={stateOf(asked, trend !== undefined, lacks ? { is: 'notEnough', have: enoughText(trend.runsJudged, Math.max(1, trend.slope.needed)) } : null)}
        actions={<Tabs label="Metric" value={metric} choices={kMetrics.map((value) => ({ value, word: kMetricWords[value].title }))} onChange={choose} />}
      />
    </Frame>
  );
}
