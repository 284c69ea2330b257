import path from 'node:path';
import { describeStore, inspectStore, readStoreOptions, type StoreInspection } from '@racetrack-platform/db';
import { messageOf, PlatformError } from '@racetrack-platform/errors';
import { inspectKeys, type KeyReport } from '@racetrack-platform/keys';
import { readHostId } from '../files/read-host-id.ts';
import { fail, ok, warn, type Check, type CheckGroup, type DoctorContext } from './check.ts';
import { isForeign } from './is-foreign.ts';

/** The store: can it be reached, is it whole, do its keys fit. */
export const storeChecks: CheckGroup = {
  title: 'Store and keys',

  async run(context) {
    const { config, env } = context;
    if (await isForeign(config.dataDir)) return [];
    const options = readStoreOptions(env, path.join(config.dataDir, 'store', 'racetrack.db'));
    let store: StoreInspection | undefined;
    try {
      store = await inspectStore(options);
    } catch (error) {
      const hint = PlatformError.is(error) ? error.hint : 'Restore it from a backup.';
      // Whether they fit cannot be told, but whether their files are safe.
      const keys = (await checkKeys(context, undefined)).filter(({ status }) => status === 'fail');
      const [place, message] = [describeStore(options), messageOf(error)];
      return [fail(message.startsWith(place) ? message : `${place}: ${message}`, hint), ...keys];
    }
    const keys = await checkKeys(context, store);
    if (store === undefined)
      return [ok(`${describeStore(options)} does not exist yet; the first start makes it`), ...keys];
    return [
      // Without the name of the engine, which stands before it with its version.
      ok(`${store.engine}: ${describeStore(options).replace(/^\S+ /, '')}`),
      checkSchema(store),
      ...checkDamage(store),
      ...(await checkHosts(config.dataDir, store)),
      ...keys,
    ];
  },
};

function checkSchema({ applied, pending, unknown }: StoreInspection): Check {
  if (unknown.length > 0) {
    return fail(
      `the store was written by a newer release: ${unknown.join(', ')}`,
      'Start the newer release again.',
    );
  }
  const schema = `schema ${applied.at(-1) ?? 'none'}`;
  if (pending.length === 0) return ok(`${schema}, up to date`);
  return warn(
    `${schema}, to be migrated: ${pending.join(', ')}`,
    'The next start does it; make a backup before.',
  );
}

function checkDamage({ engine, damage }: StoreInspection): Check[] {
  if (damage !== null) return [fail(`the store is damaged: ${damage}`, 'Restore it from a backup.')];
  return engine.startsWith('SQLite') ? [ok('the integrity check found nothing')] : [];
}

/** Of another data directory that no control process looks after: nobody starts them again, or ends them. */
async function checkHosts(dataDir: string, { hosts }: StoreInspection): Promise<Check[]> {
  const ownId = await readHostId(dataDir);
  return hosts
    .filter(({ id, isLive }) => !isLive && id !== ownId)
    .map(({ id, instances }) =>
      warn(
        `${instances} job instances belong to the data directory with the host id ${id}, where no control process runs`,
        'Start the platform there; or, if that directory was replaced by this one, put its host-id, keys/ and builds/ here while the platform is stopped.',
      ),
    );
}

async function checkKeys(
  { config, env }: DoctorContext,
  store: StoreInspection | undefined,
): Promise<Check[]> {
  const given = (name: string): string | undefined => env[name] || undefined;
  const sources = {
    dataDir: config.dataDir,
    env: { authKey: given('RACETRACK_AUTH_KEY'), secretsKey: given('RACETRACK_SECRETS_KEY') },
  };
  return (await inspectKeys(sources, store?.facts ?? new Map())).map(presentKey);
}

function presentKey(report: KeyReport): Check {
  switch (report.state) {
    case 'fits':
      return ok(`the ${report.name} key fits`);
    case 'new':
      return ok(`there is no ${report.name} key yet; the first start makes it`);
    case 'refused':
      return fail(report.error.message, report.error.hint);
  }
}
