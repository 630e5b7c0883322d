import { screen, waitFor } from '@testing-library/react';
import { expect, it, vi } from 'vitest';
import { health, hello, openPage, snapshot } from '../test-kit.tsx';
import { kShelves } from './gallery-view.tsx';

it.each(kShelves.map(({ value, word }) => [word, value]))('the shelf %s draws every state, and none breaks', async (_word, of) => {
  const said = vi.spyOn(console, 'error').mockImplementation(() => undefined);
  const opened = openPage(`/gallery?of=${of}`, { '/health': health });
  opened.say(hello());
  opened.say(snapshot());
  await waitFor(() => expect(document.querySelectorAll('[data-sample]').length).toBeGreaterThan(8), { timeout: 60_000 });
  expect(screen.queryByText('This view broke')).toBeNull();
  expect(document.querySelectorAll('[data-sample]:empty').length).toBe(0);
  expect(said.mock.calls.map(([first]) => String(first)).filter((text) => /unique "key"|Invalid prop|NaN/.test(text))).toEqual([]);
}, 120_000);
