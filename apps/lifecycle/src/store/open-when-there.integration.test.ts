import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { postgresMissing, startPostgres } from '@racetrack-platform/testing';
import { parseConfig } from '../config.ts';
import { startControl } from '../start-control.ts';
import { createLogger } from '../telemetry/logger.ts';
import { openStoreWhenThere } from './open-when-there.ts';

const missing = postgresMissing();
const why = missing === undefined ? '' : ` (${missing})`;

test.skipIf(missing !== undefined)(
  `a database that is away at the start is waited for, and the user is told once${why}`,
  async () => {
    await using postgres = await startPostgres({ durable: true });
    const url = postgres.url(await postgres.createDatabase());
    await postgres.stop('fast');
    const notices: string[] = [];
    const opening = openStoreWhenThere({ kind: 'postgres', url }, (text) => {
      notices.push(text);
      void postgres.start();
    });

    const store = await opening;

    await store.close();
    expect(notices).toHaveLength(1);
    expect(notices[0]).toContain(`127.0.0.1:${postgres.port}`);
    expect(notices[0]).not.toContain(postgres.password);
  },
);

test('a database that does not come ends the start with an error that says to try again', async () => {
  const options = { kind: 'postgres', url: 'postgres://u:secret@127.0.0.1:1/db' } as const;

  const error = await openStoreWhenThere(options, () => {}, 700).catch((thrown: unknown) => thrown);

  expect(error).toMatchObject({ code: 'STORE_UNAVAILABLE' });
  expect(String(error)).not.toContain('secret');
});

test('a start that fails because a port is taken leaves no feed socket behind', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'racetrack-port-'));
  const taken = createServer().listen(0, '127.0.0.1');
  await once(taken, 'listening');
  const address = taken.address();
  const port = address !== null && typeof address === 'object' ? String(address.port) : '';
  const config = parseConfig({
    RACETRACK_DATA_DIR: dataDir,
    RACETRACK_LIFECYCLE_PORT: '0',
    RACETRACK_DASHBOARD_PORT: port,
  });
  const logger = createLogger({ level: 'silent', name: 'test' });

  const start = startControl({ config, env: process.env, logger, notice: () => {}, pluginsDir: dataDir });

  await expect(start).rejects.toMatchObject({ code: 'PORT_IN_USE' });
  expect(existsSync(join(dataDir, 'run/feed.sock'))).toBe(false);
  taken.close();
  await rm(dataDir, { recursive: true });
});
