import { sql } from 'kysely';
import { expect, test } from 'vitest';
import type { JobDto } from '@racetrack-platform/contracts';
import { connectStore } from '@racetrack-platform/db';
import { postgresMissing, startPostgres } from '@racetrack-platform/testing';
import { TestControl, toyProgram } from '../testing/start-test-control.ts';
import { runImport } from './run-import.ts';
import { fillOriginal } from './testing/original-installation.ts';

const missing = postgresMissing();
test.skipIf(missing !== undefined)(
  `a job of the original is redeployed from its repository ${missing ?? ''}`,
  async () => {
    await using server = await startPostgres();
    const url = server.url(await server.createDatabase());
    const original = connectStore({ kind: 'postgres', url });
    await fillOriginal(original.db);
    await using control = await TestControl.start();
    const { git } = await control.commit('toy', '1.0.0', toyProgram('42'));
    const manifest = `name: toy\nowner_email: a@example.com\nversion: 1.0.0\njobtype: toy:latest\ngit:\n  remote: ${(git as { remote: string }).remote}\n`;
    await sql`insert into registry_jobfamily values ('f-toy', 'toy')`.execute(original.db);
    await sql`insert into registry_job (id, family_id, name, version, status, create_time, update_time, manifest, deployed_by,
      job_type_version) values ('j-toy', 'f-toy', 'toy', '1.0.0', 'running', now(), now(), ${manifest}, 'alice', 'toy:0.9.0')`.execute(
      original.db,
    );
    await original.close();
    await control.control?.stop();
    await runImport({ RACETRACK_DATA_DIR: control.dataDir, IMPORT_URL: url }, Date.now());
    await control.boot();
    const find = async () => (await (await control.request('GET', '/api/v1/job/toy/1.0.0')).json()) as JobDto;
    expect(await find()).toMatchObject({ status: 'lost', notice: expect.stringContaining('redeploy') });
    const answer = await control.request('POST', '/api/v1/job/toy/1.0.0/redeploy');

    expect(answer.status).toBe(200);
    expect(await find()).toMatchObject({ id: 'j-toy', status: 'running', deployed_by: 'admin' });
  },
  // Builds take their time where other tests run beside them.
  180_000,
);
