import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it('openapi.gen.ts is what the OpenAPI document gives', () => {
  const { status, stderr } = spawnSync('node', ['codegen/gen.mjs', '--check'], { cwd: join(import.meta.dirname, '..'), encoding: 'utf8' });
  expect(stderr).toBe('');
  expect(status).toBe(0);
}, 60_000);
