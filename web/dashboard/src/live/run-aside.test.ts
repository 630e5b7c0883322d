import { expect, test } from 'vitest';
import { runAside } from './run-aside.ts';

test('a recent run is told by its workflow once, and by its scenes where it has several', () => {
  expect(runAside({ title: 'Winter', sceneCount: 1, workflowName: 'Portraits' })).toBe(', Portraits');
  expect(runAside({ title: 'Portraits', sceneCount: 1, workflowName: 'Portraits' })).toBe('');
  expect(runAside({ title: 'Portraits 17', sceneCount: 4, workflowName: 'Portraits' })).toBe(', 4 scenes');
  expect(runAside({ title: 'Winter', sceneCount: 1, workflowName: null })).toBe('');
});
