import { existsSync } from 'node:fs';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { TestControl, toyProgram } from '../testing/start-test-control.ts';

describe('uploaded files', () => {
  let control: TestControl;
  beforeAll(async () => {
    control = await TestControl.start();
  });
  afterAll(async () => await control[Symbol.asyncDispose]());

  async function upload(name: string, program: string) {
    const manifest = await control.commit(name, '1.0.0', program);
    return { manifest, build_context: await control.archive(name) };
  }
  async function listUploads(): Promise<string[]> {
    return await readdir(join(control.dataDir, 'uploads'));
  }

  test('are gone after a refused request', async () => {
    const { manifest, build_context } = await upload('refused', toyProgram('1'));

    const change = { manifest: { ...manifest, jobtype: 'cobol:latest' }, build_context };
    const response = await control.request('POST', '/api/v1/deploy', change);

    expect(response.status).toBe(400);
    expect(await listUploads()).toEqual([]);
  });

  test('are gone after a deployment that failed', async () => {
    const { manifest, build_context } = await upload('failing', 'process.exit(3);\n');

    const { status } = await control.deploy(manifest, { build_context });

    expect(status).toBe('failed');
    await expect.poll(listUploads).toEqual([]);
  });

  test('and artifacts that were set aside, left by a platform that died, are gone after its next start', async () => {
    await control.control?.stop();
    const trash = join(control.dataDir, 'builds', 'trash', 'left');
    await mkdir(trash, { recursive: true });
    await writeFile(join(control.dataDir, 'uploads', 'left.tar.gz'), '');

    await control.boot();

    expect(await listUploads()).toEqual([]);
    expect(existsSync(trash)).toBe(false);
  });
});
