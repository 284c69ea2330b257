import { attemptDeployment, packFiles } from '../attempts.ts';
import { ADMIN_PASSWORD, type Platform } from '../platform.ts';

/** Who calls the API. */
export const FUZZ_SUBJECTS = ['nobody', 'job family', 'user', 'external service', 'administrator'] as const;
export type FuzzSubject = (typeof FUZZ_SUBJECTS)[number];

/** How a subject gets in, and in again after it has changed its own token. */
export interface FuzzAccount {
  /** Empty: none is sent. */
  readonly token: string;
  readonly username: string | null;
  readonly password: string | null;
  /** Beginnings of the owners whose tokens it may read, such as `user bob`. */
  readonly knowsTokensOf: readonly string[];
}

/** A platform with something of everything, for the fuzzer to find. */
export interface FuzzWorld {
  readonly platform: Platform;
  readonly accounts: Readonly<Record<FuzzSubject, FuzzAccount>>;
  /** Texts that belong to somebody else. */
  forbiddenTo(subject: FuzzSubject): string[];
  /** What exists right now; ids of the administrator's own account and rights are left out. */
  listThings(): Promise<FuzzThings>;
  call<T>(method: string, path: string, body?: unknown): Promise<T>;
}

export interface FuzzThings {
  /** By parameter of a path, or field of a body. */
  readonly names: Readonly<Record<string, readonly string[]>>;
  /** Ids by a part of the paths that take them. */
  readonly ids: Readonly<Record<string, readonly string[]>>;
  /** Ids by table of the records API. */
  readonly records: Readonly<Record<string, readonly string[]>>;
  readonly manifest: Readonly<Record<string, unknown>>;
}

const USER = { username: 'user@example.com', password: 'a-users-Pass-1' };
const SOMEBODY_ELSE = { username: 'else@example.com', password: 'somebody-elses-Pass-1' };
const HIDDEN = 'hidden-owner@example.com';
/** What its own log or answer says only whoever may read or call it learns. */
const TELL_TOKEN =
  'import os\nclass JobEntrypoint:\n    def perform(self):\n        return os.environ["AUTH_TOKEN"]\n';
/** Nobody listens there: what is accepted ends with its first step. */
const NOWHERE = 'https://127.0.0.1:9/nowhere.git';

/** Fills a platform. */
export async function createFuzzWorld(platform: Platform): Promise<FuzzWorld> {
  const administrator = await platform.login();
  const call = async <T>(method: string, path: string, body?: unknown, token = administrator): Promise<T> => {
    const response = await fetch(`${platform.endpoints.lifecycle}/api/v1/${path}`, {
      method,
      headers: { 'content-type': 'application/json', 'x-racetrack-auth': token },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return JSON.parse(text) as T;
  };
  const addUser = async (login: typeof USER): Promise<string> => {
    await call('POST', 'users/register', login);
    await call('PATCH', `users/${login.username}`, { is_active: true });
    return (await call<{ token: string }>('POST', 'users/login', login)).token;
  };

  const user = await addUser(USER);
  const somebodyElse = await addUser(SOMEBODY_ELSE);
  await deployJob(platform, administrator, 'classified', HIDDEN);
  await deployJob(platform, user, 'mine', 'team@example.com');
  const answer = await platform.call('mine/1.0.0/api/v1/perform', administrator, {});
  const family = (await answer.json()) as string;
  const esc = await call<{ id: string }>('POST', 'escs', { name: 'partner' });
  const service = (await call<{ token: string }>('GET', `auth/token/esc/${esc.id}`)).token;
  const permission = { subject: `esc:${esc.id}`, scope: 'call_job', family: 'mine' };
  await call('POST', 'permissions', permission);
  await call('POST', 'job/mine/1.0.0/promote', {});

  const signedIn = (token: string, owner: string): FuzzAccount => ({
    token,
    username: null,
    password: null,
    knowsTokensOf: [owner],
  });
  const accounts: Record<FuzzSubject, FuzzAccount> = {
    nobody: { ...signedIn('', ''), knowsTokensOf: [] },
    'job family': signedIn(family, 'job_family mine'),
    user: { ...signedIn(user, `user ${USER.username}`), ...USER },
    'external service': signedIn(service, `esc ${esc.id}`),
    administrator: {
      token: administrator,
      username: 'admin',
      password: ADMIN_PASSWORD,
      // Administrators hand out the tokens of external services.
      knowsTokensOf: ['user admin', 'esc '],
    },
  };

  return {
    platform,
    accounts,
    call,
    forbiddenTo(subject) {
      // By default every user may read every job.
      const mayRead = subject === 'user' || subject === 'administrator';
      const passwords = [SOMEBODY_ELSE.password, ADMIN_PASSWORD];
      return [somebodyElse, ...passwords, ...(mayRead ? [] : [HIDDEN])];
    },
    listThings: async () => await listThings(call, esc.id),
  };
}

async function deployJob(platform: Platform, token: string, name: string, owner: string): Promise<void> {
  const { error } = await attemptDeployment(platform, token, {
    manifest: {
      ...MANIFEST,
      name,
      version: '1.0.0',
      owner_email: owner,
      public_endpoints: ['/api/v1/perform'],
    },
    build_context: await packFiles({ 'job.py': TELL_TOKEN }),
  });
  if (error !== '') throw new Error(`${name} could not be deployed: ${error}`);
}

const MANIFEST = {
  name: 'fuzzed',
  version: '7.0.0',
  owner_email: 'team@example.com',
  jobtype: 'python3:latest',
  git: { remote: NOWHERE },
  jobtype_extra: { entrypoint_path: 'job.py' },
};

type Call = FuzzWorld['call'];

async function listThings(call: Call, escId: string): Promise<FuzzThings> {
  const idsOf = async (path: string): Promise<string[]> =>
    (await call<{ id: string }[]>('GET', path)).map(({ id }) => id).slice(0, 10);
  return {
    names: {
      name: ['mine', 'classified'],
      version: ['1.0.0', 'latest', '1.x'],
      family: ['mine', 'classified'],
      source: ['mine'],
      target: ['classified'],
      username: [USER.username, SOMEBODY_ELSE.username],
      subject: [`user:${USER.username}`, `esc:${escId}`, 'job-family:mine'],
      scope: ['call_job', 'read_job', 'deploy_job'],
      pattern: ['latest', '1.x'],
      endpoint: ['/api/v1/perform'],
      esc_id: [escId],
      infrastructure_target: ['process'],
    },
    ids: {
      '/deploy/': await idsOf('deploy'),
      '/escs/': [escId],
      '/token/esc/': [escId],
      '/permissions/': (await idsOf('permissions?subject=user:user@example.com')).slice(0, 3),
      '/tokens/': await idsOf(`users/${SOMEBODY_ELSE.username}/tokens`),
    },
    records: await listRecords(call),
    manifest: MANIFEST,
  };
}

/** What the administrator signs in with, and maintenance, are not for the dice. */
const KEPT = /"username":"admin"|maintenance/;
const KEPT_TABLES = new Set([
  'registry_authtoken',
  'registry_authsubject',
  'registry_authresourcepermission',
]);

async function listRecords(call: Call): Promise<Record<string, string[]>> {
  const found: Record<string, string[]> = {};
  const tables = await call<{ table_name: string; primary_key_column: string }[]>('GET', 'records/tables');
  for (const { table_name: table, primary_key_column: key } of tables) {
    const { records } = await call<{ records: { fields: Record<string, unknown> }[] }>(
      'POST',
      `records/table/${table}/list`,
      { limit: 20 },
    );
    found[table] = records
      .filter(({ fields }) => !KEPT.test(JSON.stringify(fields)) && !KEPT_TABLES.has(table))
      .map(({ fields }) => String(fields[key]))
      .slice(0, 5);
  }
  return found;
}
