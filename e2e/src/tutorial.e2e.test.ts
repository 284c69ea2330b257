import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Platform } from './support/platform.ts';
import { runPage } from './support/run-page.ts';

/** As the tutorial of Racetrack prints it. */
const PUBLISHED_TOKEN =
  'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzZWVkIjoiY2UwODFiMDUtYTRhMC00MTRhLThmNmEtODRjMDIzMTkxNmE2Iiwic3ViamVjdCI6ImFkbWluIiwic3ViamVjdF90eXBlIjoidXNlciIsInNjb3BlcyI6bnVsbH0.xDUcEmR7USck5RId0nwDo_xtZZBD6pUvB2vL6i39DQI';

let platform: Platform;

beforeAll(async () => {
  platform = await Platform.start(['--tutorial']);
});

afterAll(async () => await platform[Symbol.asyncDispose]());

test('the published token and admin/admin work, and a banner says that everybody knows them', async () => {
  expect(await platform.cli(['login', PUBLISHED_TOKEN])).toMatchObject({ code: 0 });
  expect(await platform.cli(['list'])).toMatchObject({ code: 0 });
  const response = await fetch(`${platform.endpoints.lifecycle}/lifecycle/api/v1/users/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ username: 'admin', password: 'admin' }),
  });
  expect(await response.json()).toMatchObject({ token: PUBLISHED_TOKEN });
  expect(platform.output).toMatch(/tutorial/i);
});

test.each(['docs/tutorials/first-deployment.md', 'docs/tutorials/first-job.md'])(
  '%s says what happens when its commands are run',
  async (page) => {
    await platform.cli(['login', PUBLISHED_TOKEN]);

    const ran = await runPage(platform, page);

    expect(ran.length).toBeGreaterThan(0);
    expect(ran.filter(({ problems }) => problems.length > 0)).toEqual([]);
  },
);

test('they are refused on an address that others can reach', async () => {
  const launcher = fileURLToPath(new URL('../../apps/server/src/main.ts', import.meta.url));
  const args = [launcher, '--tutorial', '--host', '0.0.0.0', '--data-dir', `${platform.directory}/other`];
  const child = spawn(process.execPath, args, { stdio: 'ignore' });

  const [code] = (await once(child, 'exit')) as [number];
  expect(code).toBe(2);
});
