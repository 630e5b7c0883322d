import type { ApiClient } from '@comfytrace/client';
import { useRecommendations } from '@comfytrace/client/react';

/** What comfytrace suggests. A click shows at once; if the server refuses, it is taken back and said. */
export function Suggestions({ api }: { api: ApiClient }) {
  const { open, dismiss, actionError } = useRecommendations({ api });
  return (
    <ul>
      {open.map((each) => (
        <li key={each.id}>
          {each.message} <button onClick={() => void dismiss(each.id)}>dismiss</button>
        </li>
      ))}
      {actionError && <li role="alert">{actionError.sentence}</li>}
    </ul>
  );
}
