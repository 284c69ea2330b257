import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ArmedPoint } from './armed-point.ts';

const ENTRY = fileURLToPath(new URL('./index.ts', import.meta.url));
const PROGRAM = `
  const { failpoint } = await import(process.argv[1]);
  failpoint('before-done');
  failpoint('after-done');
  console.log('reached the end');
`;

describe('failpoint', () => {
  let directory: string;
  let file: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'failpoints-'));
    file = join(directory, 'armed.json');
  });
  afterAll(async () => await rm(directory, { recursive: true, force: true }));

  async function arm(point: ArmedPoint): Promise<void> {
    await writeFile(file, JSON.stringify(point));
  }
  async function run(env: Readonly<Record<string, string>> = { RACETRACK_FAILPOINTS: file }) {
    return await new Promise<{ signal: unknown; stdout: string; stderr: string }>((resolve) => {
      const args = ['--input-type=module', '--eval', PROGRAM, ENTRY];
      execFile(process.execPath, args, { env: { ...process.env, ...env } }, (error, stdout, stderr) =>
        resolve({ signal: error?.signal ?? null, stdout, stderr }),
      );
    });
  }

  test('does nothing where no file is named, or there is none', async () => {
    expect(await run({})).toMatchObject({ stdout: 'reached the end\n' });
    expect(await run()).toMatchObject({ stdout: 'reached the end\n' });
  });

  test('kills the process at the armed point, once, and leaves a line in the log', async () => {
    await arm({ name: 'after-done', remaining: 1, action: 'kill' });

    const first = await run();
    const second = await run();

    expect(first).toMatchObject({ signal: 'SIGKILL', stdout: '' });
    expect(second).toMatchObject({ signal: null, stdout: 'reached the end\n' });
    expect(JSON.parse(await readFile(`${file}.log`, 'utf8'))).toMatchObject({ name: 'after-done' });
  });

  test('with two hits to come, the second is whichever point comes first', async () => {
    await arm({ name: 'after-done', remaining: 2, action: 'kill' });

    await run();
    const second = await run();

    expect(second).toMatchObject({ signal: 'SIGKILL' });
    const lines = (await readFile(`${file}.log`, 'utf8')).trim().split('\n');
    expect(JSON.parse(lines.at(-1) ?? '')).toMatchObject({ name: 'before-done' });
    expect(await run()).toMatchObject({ stdout: 'reached the end\n' });
  });

  test('throws where it is armed with an error', async () => {
    await arm({ name: 'before-done', remaining: 1, action: 'error' });

    expect((await run()).stderr).toContain('failpoint before-done');
  });
});
