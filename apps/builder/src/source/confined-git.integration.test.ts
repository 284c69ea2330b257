import { execFile } from 'node:child_process';
import { chmod, lstat, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { BuildRequest } from '@racetrack-platform/contracts/processes';
import { detectConfinement } from '@racetrack-platform/sandbox';
import {
  startHostileGitServer,
  startHttpsGitServer,
  waitUntil,
  type HttpsGitServer,
} from '@racetrack-platform/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { planOf, requestOf, runBuilderProcess, shell, startBuilder } from '../testing/builder-process.ts';
import { createRepository } from '../testing/git-repository.ts';
import { isAlive } from '../testing/is-alive.ts';
import { listBuildProcesses } from '../steps/kill-leftover-processes.ts';

const confinement = await detectConfinement();
const canRun = process.getuid?.() === 0 && confinement.accounts.isAvailable;
const ACCOUNT = { uid: 1_879_048_913, gid: 1_879_048_913 };
const credentials = { username: 'bob', password: 'a-token-that-nobody-sees' };

/** A git that has been taken over by the server that it talks to. */
const TAKEN_OVER = `#!/bin/sh
PATH="\${PATH#*:}"
case " $* " in
  *" checkout "*)
    rm -rf "$GIT_WORK_TREE"; ln -s "$KEYS" "$GIT_WORK_TREE"
    cp /bin/true "$GIT_WORK_TREE/tool"; chmod 6755 "$GIT_WORK_TREE/tool"
    mkfifo "$GIT_WORK_TREE/pipe"
    for place in sources artifacts environments copies cache locks; do touch "$BUILDS/$place/planted"; done
    cat "$KEYS/secret" > "$GIT_WORK_TREE/stolen"
    setsid sleep 300 > /dev/null 2>&1 &
  ;;
  *" rev-parse "*) git "$@"; rm "$GIT_DIR/HEAD"; ln -s "$KEYS/secret" "$GIT_DIR/HEAD"; exit ;;
esac
exec git "$@"
`;

let root: string;
let builds: string;
let server: HttpsGitServer;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'rt-confined-git-'));
  await chmod(root, 0o711);
  builds = join(root, 'builds');
  await mkdir(join(root, 'keys'), { mode: 0o700 });
  await writeFile(join(root, 'keys', 'secret'), 'hunter22', { mode: 0o600 });
  await createRepository(join(root, 'private'), { text: 'secret code', 'run.sh': '#!/bin/sh\n' });
  server = await startHttpsGitServer(root, credentials);
  // As an administrator's own file would be: git runs as somebody who cannot read it there.
  await chmod(server.certificatePath, 0o600);
});

afterAll(async () => {
  await server.close();
  await rm(root, { recursive: true, force: true });
});

function request(how: string, changes: Parameters<typeof requestOf>[2] = {}): BuildRequest {
  const tools = how === 'bubblewrap' ? confinement.tools : { ...confinement.tools, bwrap: null };
  return requestOf(builds, `${server.origin}/private`, {
    account: ACCOUNT,
    tools,
    hiddenDirs: [root],
    pluginDir: root,
    ...changes,
    git: { credentials, ...changes.git },
  });
}

/** Those that have been killed stay in the list until somebody takes note of it. */
async function expectNobody(): Promise<void> {
  const pids = await listBuildProcesses('/nowhere', ACCOUNT.uid);
  expect(pids.filter((pid) => isAlive(pid))).toEqual([]);
}

async function listOwners(dir: string): Promise<number[]> {
  const paths = await readdir(dir, { recursive: true });
  const owners = await Promise.all(paths.map(async (path) => (await lstat(join(dir, path))).uid));
  return [...new Set(owners)];
}

describe.runIf(canRun).each(['bubblewrap', 'accounts alone'])('git in a confined build, with %s', (how) => {
  test('runs under the account of the build, without privileges', async () => {
    const hostile = await startHostileGitServer(await mkdtemp(join(root, 'hostile-')));
    const git = { remote: `${hostile.silentOrigin}/repo` };
    const build = startBuilder(request(how, { git }), { GIT_SSL_CAINFO: hostile.certificatePath });
    try {
      const status = await waitUntil('git to ask', async () => {
        const pids = await listBuildProcesses('/nowhere', ACCOUNT.uid);
        const all = await Promise.all(
          pids.map(async (pid) => await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')),
        );
        return all.find((text) => text.startsWith('Name:\tgit-remote-http'));
      });

      expect(status).toMatch(new RegExp(`^Uid:(\\t${ACCOUNT.uid}){4}$`, 'm'));
      expect(status).toMatch(/^Groups:\s*$/m);
      expect(status).toMatch(/^CapBnd:\t0+$/m);
      expect(status).toMatch(/^NoNewPrivs:\t1$/m);
    } finally {
      build.child.stdin?.end();
      await build.ended;
      await hostile.close();
    }
    await expectNobody();
  });

  test('fetches with credentials that no step finds, into a cache that is root’s', async () => {
    const search = [
      'cat text',
      'find "$HOME" "$TMPDIR" "$TMPDIR/.." -type f -exec cat {} + 2>/dev/null',
      'cat /proc/[0-9]*/environ /proc/[0-9]*/cmdline 2>/dev/null | tr "\\0" "\\n"; true',
    ].join('\n');
    const plan = planOf({ steps: [shell(search)] });
    const outcome = await runBuilderProcess(request(how, { plan, noCache: true, secretBuildEnv: { how } }), {
      GIT_SSL_CAINFO: server.certificatePath,
    });

    expect(outcome.error).toBeUndefined();
    expect(outcome.log).toContain('secret code');
    for (const secret of [credentials.password, btoa(`bob:${credentials.password}`)]) {
      expect(outcome.log).not.toContain(secret);
    }
    expect(await listOwners(join(builds, 'sources'))).toEqual([0]);
    expect((await lstat(join(outcome.result?.sourceDir ?? '', 'run.sh'))).mode & 0o7777).toBe(0o755);
    expect(await readdir(join(builds, 'workspaces'))).toEqual([]);
  });
});

test.runIf(canRun).each(['bubblewrap', 'accounts alone'])(
  'an uploaded build context is unpacked under the account of the build, and becomes root’s, with %s',
  async (how) => {
    const archive = async (name: string, ...args: string[]): Promise<BuildRequest['source']> => {
      const path = join(root, name);
      await promisify(execFile)('tar', ['-czf', path, ...args]);
      await chmod(path, 0o600);
      return { kind: 'archive', path };
    };
    const good = await archive(`good-${how.length}.tar.gz`, '-C', join(root, 'private'), 'text', 'run.sh');
    const bad = await archive(`bad-${how.length}.tar.gz`, '-P', join(root, 'private', 'text'));
    const unpacked = await runBuilderProcess({ ...request(how), source: good });
    const refused = await runBuilderProcess({ ...request(how), source: bad });

    expect(unpacked.error).toBeUndefined();
    const dir = unpacked.result?.sourceDir ?? '';
    expect(await readFile(join(dir, 'text'), 'utf8')).toBe('secret code');
    expect(await listOwners(dir)).toEqual([0]);
    expect(refused.error).toMatchObject({
      code: 'BUILD_CONTEXT_INVALID',
      message: expect.stringContaining('leads out'),
      hint: expect.stringContaining('.tar.gz'),
    });
  },
);

test.runIf(canRun)('a git that was taken over reaches neither the caches nor what is ours', async () => {
  const bin = join(root, 'bin');
  await mkdir(bin);
  const script = TAKEN_OVER.replaceAll('$BUILDS', builds).replaceAll('$KEYS', join(root, 'keys'));
  await writeFile(join(bin, 'git'), script, { mode: 0o755 });
  const before = await runBuilderProcess(request('accounts alone'), {
    GIT_SSL_CAINFO: server.certificatePath,
  });
  const outcome = await runBuilderProcess(request('accounts alone', { noCache: true }), {
    GIT_SSL_CAINFO: server.certificatePath,
    PATH: `${bin}:${process.env['PATH']}`,
  });

  expect(before.error ?? outcome.error).toBeUndefined();
  const dir = outcome.result?.sourceDir ?? '';
  expect(await readdir(dir)).not.toContain('pipe');
  expect((await lstat(join(dir, 'tool'))).mode & 0o7777).toBe(0o755);
  expect(await readFile(join(dir, 'stolen'), 'utf8')).toBe('');
  for (const place of await readdir(builds)) {
    expect(await readdir(join(builds, place))).not.toContain('planted');
  }
  expect(await listOwners(join(builds, 'sources'))).toEqual([0]);
  await expectNobody();
});
