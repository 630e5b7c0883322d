import type { ExportFormat } from '@comfytrace/client';
import { useQuery } from '@tanstack/react-query';
import { useServices } from '../services.tsx';

const kFormats: ExportFormat[] = ['csv', 'json', 'ndjson', 'pdf'];
const kNone: ExportFormat[] = [];

/** What the server can export; none where it has no such route. */
export function useExportFormats(enabled: boolean): ExportFormat[] {
  const { api } = useServices();
  const { data } = useQuery({ queryKey: ['routes'], queryFn: ({ signal }) => api.routes(signal), staleTime: Number.POSITIVE_INFINITY, retry: false, enabled });
  return data?.has('/export') ? kFormats : kNone;
}
