import { cp, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRepository, pythonManifest } from './support/job-repository.ts';
import { Platform } from './support/platform.ts';
import { runPage } from './support/run-page.ts';

const SAMPLE = fileURLToPath(new URL('../../sample', import.meta.url));
const ADDER = 'class Adder:\n    def perform(self, numbers):\n        return sum(numbers)\n';

/** What a page takes for granted. */
interface Given {
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
}

let platform: Platform;

beforeAll(async () => {
  platform = await Platform.start([], { RACETRACK_INFRASTRUCTURE_TARGET: 'process' });
  await platform.login();
  await deployAdder('1.2.0');
});

afterAll(async () => await platform[Symbol.asyncDispose]());

const nothing = async (): Promise<Given> => ({});

/** In this order: a page may need what one before it has made. */
const GUIDES: ReadonlyArray<readonly [page: string, prepare: () => Promise<Given>]> = [
  ['docs/guides/samples.md', nothing],
  ['docs/guides/call-another-job.md', nothing],
  ['docs/guides/keep-data.md', nothing],
  ['docs/guides/promote.md', async () => ({ cwd: await writeAdder('1.3.0') })],
  ['docs/guides/operate.md', nothing],
  ['docs/guides/permissions.md', prepareService],
  ['docs/guides/develop-locally.md', prepareEmptyFolder],
  ['docs/guides/private-repositories.md', nothing],
  ['docs/guides/production-server.md', nothing],
  ['docs/guides/write-a-target-plugin.md', copySamples],
  ['docs/guides/plugins.md', nothing],
  ['docs/guides/write-a-job-type-plugin.md', async () => await copySamples('plugins')],
  ['docs/guides/backup.md', prepareBackup],
];

test.each(GUIDES)('%s says what happens when its commands are run', async (page, prepare) => {
  await platform.login();
  const given = await prepare();

  const ran = await runPage(platform, page, given);

  expect(ran.length).toBeGreaterThan(0);
  expect(ran.filter(({ problems }) => problems.length > 0)).toEqual([]);
});

/** A job `adder` that asks for a public endpoint. */
async function writeAdder(version: string): Promise<string> {
  const directory = join(platform.directory, `adder-${version}`);
  const manifest = pythonManifest({ name: 'adder', version, remote: directory });
  return await createRepository(directory, {
    'job.py': ADDER,
    'job.yaml': `${manifest}public_endpoints:\n  - /api/v1/perform\n`,
  });
}

async function deployAdder(version: string): Promise<void> {
  expect(await platform.cli(['deploy', await writeAdder(version)])).toMatchObject({ code: 0 });
}

async function prepareService(): Promise<Given> {
  expect(await platform.cli(['esc', 'create', 'Shop', '--id', 'shop'])).toMatchObject({ code: 0 });
  return {};
}

async function prepareEmptyFolder(): Promise<Given> {
  const cwd = join(platform.directory, 'develop');
  await mkdir(cwd);
  return { cwd };
}

async function copySamples(folder = ''): Promise<Given> {
  const copy = join(platform.directory, 'copy');
  await cp(join(SAMPLE, 'plugins'), join(copy, 'sample/plugins'), { recursive: true });
  return { cwd: join(copy, folder === '' ? '' : `sample/${folder}`) };
}

async function prepareBackup(): Promise<Given> {
  const backups = join(platform.directory, 'backups');
  await mkdir(backups);
  return {
    env: {
      BACKUPS: backups,
      DATA_DIR: platform.dataDir,
      RACETRACK_BACKUP_PASSPHRASE: 'correct horse battery staple',
    },
  };
}
