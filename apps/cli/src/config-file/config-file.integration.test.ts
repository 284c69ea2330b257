import { chmod, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createCliFixture, type CliFixture } from '../testing/cli-fixture.ts';

let cli: CliFixture;

beforeEach(async () => {
  cli = await createCliFixture();
});

afterEach(async () => await cli[Symbol.asyncDispose]());

async function modeOf(path: string): Promise<number> {
  return (await stat(path)).mode & 0o777;
}

describe('the configuration file', () => {
  test('that is missing means defaults, and reading creates nothing', async () => {
    const result = await cli.run(['get', 'remote']);

    expect(result).toMatchObject({ exitCode: 0, stdout: 'http://127.0.0.1:7002/lifecycle\n', stderr: '' });
    await expect(cli.readConfig()).rejects.toThrow('ENOENT');
  });

  test.each(['', '{}\n', 'lifecycle_url: null\nuser_auths: null\n'])(
    'that holds %j means defaults',
    async (text) => {
      await cli.writeConfig(text);

      expect((await cli.run(['get', 'remote'])).stdout).toBe('http://127.0.0.1:7002/lifecycle\n');
    },
  );

  test.each([
    ['user_auths: [tok-secret]\n', 'user_auths'],
    ['lifecycle_url: 7\n', 'lifecycle_url'],
    ['"tok-secret": {\n', 'line 2'],
    ['- a\n', 'expected object'],
  ])('that holds %j is refused with the place and without its content', async (text, place) => {
    await cli.writeConfig(text);

    const result = await cli.run(['get', 'remote']);

    expect(result).toMatchObject({ exitCode: 2, stdout: '' });
    expect(result.stderr).toContain('loading client config failed: ');
    expect(result.stderr).toContain(place);
    expect(result.stderr).not.toContain('tok-secret');
  });

  test('is created for the owner alone', async () => {
    await cli.run(['set', 'remote', 'http://h']);

    expect(await modeOf(cli.configPath)).toBe(0o600);
    expect(await modeOf(dirname(cli.configPath))).toBe(0o700);
  });

  test.each([
    [0o644, 'readable by others'],
    [0o640, 'readable by group'],
    [0o602, 'writable by others'],
    [0o620, 'writable by group'],
  ])('with mode %o is repaired, with a warning', async (mode, words) => {
    await cli.writeConfig('{}\n');
    await chmod(cli.configPath, mode);

    const result = await cli.run(['get', 'remote']);

    expect(result.stderr).toContain(`was ${words}; its permissions are 600 now.`);
    expect(await modeOf(cli.configPath)).toBe(0o600);
  });

  test('keeps keys that this version does not know', async () => {
    await cli.writeConfig('future: {a: [1, yes]}\nlifecycle_url: dev\n');

    await cli.run(['set', 'remote', 'http://h']);

    expect(await cli.readConfig()).toMatch(/^future:\n {2}a:\n/);
    expect(await cli.readConfig()).toContain('lifecycle_url: http://h\n');
  });

  test('quotes what readers of YAML 1.1, such as the original client, would misread', async () => {
    await cli.run(['set', 'credentials', 'h', 'yes', '0x10']);

    expect(await cli.readConfig()).toContain('password: "0x10"\n    username: "yes"\n');
  });

  test('loses nothing when commands write at the same time', async () => {
    const names = Array.from({ length: 12 }, (_, index) => `a${index}`);

    const results = await Promise.all(names.map((name) => cli.run(['set', 'alias', name, 'http://h'])));

    expect(results.every(({ exitCode }) => exitCode === 0)).toBe(true);
    const config = JSON.parse((await cli.run(['get', 'config', '--output', 'json'])).stdout) as {
      lifecycle_url_aliases: object;
    };
    expect(Object.keys(config.lifecycle_url_aliases).sort()).toEqual([...names].sort());
    expect(await readdir(dirname(cli.configPath))).toEqual(['config.yaml']);
  });

  test('takes over the lock of a process that was killed', async () => {
    const lock = `${cli.configPath}.lock`;
    await mkdir(dirname(lock), { recursive: true });
    await writeFile(lock, '');
    await utimes(lock, new Date(0), new Date(0));

    expect(await cli.run(['set', 'remote', 'http://h'])).toMatchObject({ exitCode: 0 });
  });

  test('behind a link is replaced there, and the link stays', async () => {
    const target = join(cli.cwd, 'dotfiles.yaml');
    await writeFile(target, '{}\n', { mode: 0o600 });
    await mkdir(dirname(cli.configPath), { recursive: true });
    await symlink(target, cli.configPath);

    await cli.run(['set', 'remote', 'http://h']);

    expect(await readFile(target, 'utf8')).toContain('lifecycle_url: http://h');
  });

  test('may be elsewhere: RACETRACK_CONFIG', async () => {
    const env = { RACETRACK_CONFIG: 'here/config.yaml' };

    await cli.run(['set', 'remote', 'http://h'], { env });

    expect(await readFile(join(cli.cwd, 'here/config.yaml'), 'utf8')).toContain('lifecycle_url: http://h');
  });
});
