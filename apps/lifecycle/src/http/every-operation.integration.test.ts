import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { listOperations, type OpenApiDocument, type Operation } from '../testing/list-operations.ts';
import { renderApiReference } from '../testing/render-api-reference.ts';
import { createOperationWorld, type OperationWorld } from '../testing/operation-world.ts';

/** All that needs no token. Whoever adds one here says why in docs/security.md. */
const PUBLIC = [
  'GET /api/v1/info',
  'GET /api/v1/plugin',
  'GET /api/v1/plugin/infrastructure_targets',
  'GET /api/v1/plugin/job_type/versions',
  'GET /api/v1/plugin/tree',
  'GET /api/v1/plugin/{name}/docs',
  'GET /api/v1/plugins',
  'GET /api/v1/users/logout',
  'GET /health',
  'GET /live',
  'GET /metrics',
  'GET /ready',
  'POST /api/v1/users/login',
  'POST /api/v1/users/register',
];

/** What anybody who is signed in may do to what is his own. */
const OWN = new Set([
  'POST /api/v1/tokens',
  'PUT /api/v1/users/change_password',
  'POST /api/v1/auth/token/user/regenerate',
]);

const REFERENCE = fileURLToPath(new URL('../../../../docs/reference/http-api.md', import.meta.url));

let world: OperationWorld;
let document: OpenApiDocument;
let operations: Operation[];

beforeAll(async () => {
  world = await createOperationWorld();
  const answer = await world.control.request('GET', '/lifecycle/openapi.json');
  document = (await answer.json()) as OpenApiDocument;
  operations = listOperations(document);
});
afterAll(async () => await world[Symbol.asyncDispose]());

const nameOf = ({ method, path }: Operation): string => `${method} ${path}`;

test('docs/reference/http-api.md lists them all (vitest --update writes it)', async () => {
  await expect(renderApiReference(document)).toMatchFileSnapshot(REFERENCE);
});

test('the document says that no token is needed where that is so, and nowhere else', () => {
  expect(
    operations
      .filter(({ isPublic }) => isPublic)
      .map(nameOf)
      .sort(),
  ).toEqual(PUBLIC);
});

test('every operation but those answers 401 without a token that counts', async () => {
  const before = await world.readStore();
  const wrong: string[] = [];
  for (const operation of operations.filter((candidate) => !PUBLIC.includes(nameOf(candidate)))) {
    for (const [whose, token] of Object.entries(world.badTokens)) {
      const { status, text } = await world.send(operation, token);
      if (status !== 401 || !isExplained(text) || text.includes('hidden')) {
        wrong.push(`${nameOf(operation)} with ${whose}: ${status} ${text.slice(0, 200)}`);
      }
    }
  }
  expect(wrong).toEqual([]);
  expect(await world.readStore()).toEqual(before);
});

test('whoever has no grant changes nothing, whichever operation is called, and learns nothing', async () => {
  const wrong: string[] = [];
  for (const operation of operations) {
    const name = nameOf(operation);
    if (PUBLIC.includes(name) || OWN.has(name)) continue;
    const before = await world.readStore();
    for (const record of operation.path.includes('{table}') ? world.things.records : [undefined]) {
      const { status, text } = await world.send(operation, world.userToken, record);
      const isRefused = [401, 403, 404].includes(status) && isExplained(text);
      const isRead = status < 300 && operation.method === 'GET';
      // What the path itself says may come back.
      const said = text.replaceAll('hidden-user@example.com', '').replaceAll('/hidden', '');
      if (!(isRefused || isRead) || said.includes('hidden')) {
        wrong.push(`${name} ${record?.table ?? ''}: ${status} ${text.slice(0, 200)}`);
      }
    }
    if (JSON.stringify(await world.readStore()) !== JSON.stringify(before))
      wrong.push(`${name} changed the store`);
  }
  expect(wrong).toEqual([]);
});

/** Every refusal is the error object, with a code and a hint. */
function isExplained(text: string): boolean {
  const { error, code, hint } = JSON.parse(text) as Record<string, unknown>;
  return [error, code, hint].every((part) => typeof part === 'string' && part !== '');
}
