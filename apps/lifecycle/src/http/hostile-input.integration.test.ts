import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { postgresMissing, startPostgres, type PostgresServer } from '@racetrack-platform/testing';
import {
  HOSTILE_PARTS,
  HOSTILE_QUERY_VALUES,
  spoilBodies,
  type HostileBody,
} from '../testing/hostile-values.ts';
import { listOperations, type OpenApiDocument, type Operation } from '../testing/list-operations.ts';
import type { OperationThings } from '../testing/operation-things.ts';
import { createOperationWorld, readAnswer, type OperationWorld } from '../testing/operation-world.ts';

/** PostgreSQL takes fewer values than SQLite: what it would refuse has to be refused before. */
const missing = postgresMissing();
/** For some two thousand requests on a busy machine. */
const PATIENCE_MS = 180_000;

describe(`as the administrator, on ${missing === undefined ? 'PostgreSQL' : `SQLite (${missing})`}`, () => {
  let server: PostgresServer | undefined;
  let world: OperationWorld;
  let operations: Operation[];

  beforeAll(async () => {
    server = missing === undefined ? await startPostgres() : undefined;
    world = await createOperationWorld(server?.url(await server.createDatabase()));
    const document = await world.control.request('GET', '/lifecycle/openapi.json');
    operations = listOperations((await document.json()) as OpenApiDocument);
  });
  afterAll(async () => {
    try {
      await world[Symbol.asyncDispose]();
    } finally {
      // Also when the world could not be made.
      await server?.[Symbol.asyncDispose]();
    }
  });

  const send = async (
    method: string,
    path: string,
    init: { body?: HostileBody['text']; headers?: Record<string, string> } = {},
  ) =>
    await readAnswer(
      await fetch(`${world.control.control?.endpoints.lifecycle}${path}`, {
        method,
        ...init,
        headers: { 'x-racetrack-auth': world.control.token, ...init.headers },
      }),
    );

  test(
    'a body with anything wrong with it is never an error of ours',
    async () => {
      const wrong: string[] = [];
      for (const operation of operations) {
        for (const { what, text, type = 'application/json' } of spoilBodies(operation)) {
          const path = `${world.things.pathOf(operation)}${operation.path.endsWith('/move') ? '?wait=false' : ''}`;
          const init = type === '' ? {} : { body: text, headers: { 'content-type': type } };
          const answer = await send(operation.method, path, init);
          if (!isSound(answer)) wrong.push(`${operation.method} ${path}, ${what}: ${shorten(answer)}`);
        }
      }
      expect(wrong).toEqual([]);
    },
    PATIENCE_MS,
  );

  test(
    'nor is anything in a path or a query',
    async () => {
      const wrong: string[] = [];
      for (const operation of operations) {
        for (const path of spoilPaths(operation, world.things)) {
          const answer = await send(operation.method, path);
          if (!isSound(answer)) wrong.push(`${operation.method} ${path.slice(0, 200)}: ${shorten(answer)}`);
        }
      }
      expect(wrong).toEqual([]);
      const ready = await world.control.request('GET', '/ready');
      expect(ready.status).toBe(200);
    },
    PATIENCE_MS,
  );
});

/** Each parameter of the path in turn, and then each of the query, with everything that does not belong there. */
function* spoilPaths(operation: Operation, things: OperationThings): Generator<string> {
  const good = things.pathOf(operation);
  const parts = operation.path.split('/');
  for (const [index, part] of parts.entries()) {
    if (!part.startsWith('{')) continue;
    for (const hostile of HOSTILE_PARTS) yield good.split('/').with(index, hostile).join('/');
  }
  // Reading only: the rest would do what it is for, each time.
  if (operation.method !== 'GET') return;
  for (const name of operation.queryNames) {
    for (const hostile of HOSTILE_QUERY_VALUES) {
      const others = new URLSearchParams({ ...operation.query, [name]: '' });
      others.delete(name);
      yield `${good}?${[others.toString(), `${name}=${hostile}`].filter((text) => text !== '').join('&')}`;
    }
    yield `${good}?${name}=1&${name}=2`;
  }
}

interface Answer {
  readonly status: number;
  readonly text: string;
}

/** Done, or refused with the error object, a code and a hint. */
function isSound({ status, text }: Answer): boolean {
  if (status < 400) return true;
  if (status >= 500) return false;
  const { error, code, hint } = JSON.parse(text) as Record<string, unknown>;
  return [error, code, hint].every((part) => typeof part === 'string' && part !== '');
}

function shorten({ status, text }: Answer): string {
  return `${status} ${text.slice(0, 200)}`;
}
