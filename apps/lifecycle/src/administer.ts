import { connectStore, readStoreState, type Store } from '@racetrack-platform/db';
import { PlatformError } from '@racetrack-platform/errors';
import { parseConfig, type Config } from './config.ts';
import type { KeyName } from './keys/key-ring.ts';
import { rotateKey } from './keys/rotate-keys.ts';
import { toVisibleJson } from './terminal/show-invisible.ts';
import { createUserAdministration } from './users/administer-users.ts';
import { renderUsers } from './users/render-users.ts';

/** What the audit log says of who sits at the server. */
const ACTOR = { executor: '(server command)' };

type Env = Readonly<Record<string, string | undefined>>;
type Write = (text: string) => void;

/**
 * Carries out one command on the store.
 *
 * @param args - the command with its arguments, checked by the launcher's command line.
 * @param write - takes the result.
 * @throws PlatformError of what was to be done.
 */
export async function administer(args: readonly string[], env: Env, write: Write): Promise<void> {
  const config = parseConfig(env);
  const store = connectStore(config.store);
  try {
    await requireSchema(store);
    const [verb, action = '', name = ''] = args;
    if (verb === 'user') return write(await administerUsers(store, action, name));
    if (verb === 'keys' && action === 'rotate' && (name === 'auth' || name === 'secrets')) {
      return write(await replaceKey(config, store, name));
    }
    throw unknownCommand();
  } finally {
    await store.close();
  }
}

async function administerUsers(store: Store, action: string, name: string): Promise<string> {
  const users = createUserAdministration({ store });
  switch (action) {
    case 'list':
      return renderUsers(await users.list());
    case 'list-json':
      return `${toVisibleJson(await users.list())}\n`;
    case 'activate':
    case 'deactivate':
      await users.change(name, { is_active: action === 'activate' }, ACTOR);
      return action === 'activate'
        ? `${name} can sign in.\n`
        : `${name} is deactivated: no token of this account is accepted any more.\n`;
    case 'staff':
    case 'no-staff':
      await users.change(name, { is_staff: action === 'staff' }, ACTOR);
      return `${name} is ${action === 'staff' ? 'a' : 'no'} staff member.\n`;
    case 'reset-password': {
      const { password } = await users.resetPassword(name, ACTOR);
      return `The new password of ${name} is ${password} (shown this once). All former tokens are revoked.\n`;
    }
    default:
      throw unknownCommand();
  }
}

async function replaceKey(config: Config, store: Store, name: KeyName): Promise<string> {
  const { dataDir, authKey, secretsKey } = config;
  const count = await rotateKey({ store, dataDir, env: { authKey, secretsKey }, actor: ACTOR }, name);
  const consequences = {
    auth: [
      `Signed ${count} tokens anew with a new auth key. Every former token is refused from the next start on:`,
      '  users sign in again; give external services their new tokens: racetrack esc show ID;',
      '  jobs that were left running call others with their former token until they are provisioned anew.',
    ],
    secrets: [
      `Sealed ${count} texts anew with a new secrets key. Tokens, jobs and passwords are as they were.`,
    ],
  };
  return [
    ...consequences[name],
    `The key is in ${dataDir}/keys/${name}.key: back it up, and take it to every other data directory of this store.`,
    '',
  ].join('\n');
}

/** A schema that is not ours would be misunderstood, and a migration is no matter of these commands. */
async function requireSchema(store: Store): Promise<void> {
  const { pending, unknown } = await readStoreState(store, Date.now());
  if (unknown.length > 0) {
    throw new PlatformError('STORE_NEWER', 'the store is of a newer release', {
      hint: 'Use the program of that release.',
    });
  }
  if (pending.length === 0) return;
  throw new PlatformError('CONFIG_INVALID', 'the store is of an older release', {
    hint: 'Start the platform, or bring it up to date: npm start -- db migrate.',
  });
}

function unknownCommand(): PlatformError {
  return new PlatformError('USAGE', 'there is no such command', { hint: 'See npm start -- --help.' });
}
