// Makes client/src/openapi.gen.ts of docs/openapi.json; with --check only says whether it is what it should be.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';

const at = (path) => new URL(path, import.meta.url);
const source = at('../../docs/openapi.json');
const target = at('../client/src/openapi.gen.ts');

const made = `// Made of the OpenAPI document by "npm run gen". Do not edit.\n\n${astToString(await openapiTS(source))}`;
if (process.argv.includes('--check')) {
  if (existsSync(target) && readFileSync(target, 'utf8') === made) process.exit(0);
  console.error('client/src/openapi.gen.ts is stale: run "npm run gen" in web/');
  process.exit(1);
}
writeFileSync(target, made);
