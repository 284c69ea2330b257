import { describe, expect, test } from 'vitest';
import { parseCommandLine } from './command-line.ts';
import { SETTINGS } from './settings.ts';

function parse(...args: string[]) {
  let [out, err] = ['', ''];
  const deps = { writeOut: (text: string) => (out += text), writeErr: (text: string) => (err += text) };
  return { invocation: parseCommandLine(deps, args), out, err };
}

describe('parseCommandLine', () => {
  test('gives flags by the names of the settings', () => {
    expect(parse('--pub-port', '0', '--keep-jobs').invocation).toEqual({
      kind: 'run',
      flags: { pubPort: '0', keepJobs: true },
    });
  });

  test('takes a plugin after the other', () => {
    expect(parse('--plugin', '/a', '--plugin', '/b').invocation).toMatchObject({
      flags: { plugin: '/a,/b' },
    });
  });

  test('leaves the plugins of the platform out only where that is said, and otherwise to the environment', () => {
    expect(parse('--no-default-plugins').invocation).toMatchObject({ flags: { defaultPlugins: false } });
    expect(parse().invocation).toEqual({ kind: 'run', flags: {} });
    expect(parse('--help').out).not.toContain(' --default-plugins');
  });

  test('stop takes the data directory before or after its name', () => {
    const expected = { kind: 'stop', flags: { dataDir: 'd' } };

    expect(parse('stop', '--data-dir', 'd').invocation).toMatchObject(expected);
    expect(parse('--data-dir', 'd', 'stop').invocation).toMatchObject(expected);
  });

  test('doctor takes the settings of the platform, and where to write a report', () => {
    expect(parse('--pub-port', '1', 'doctor', '--json', '--report', 'r.txt').invocation).toEqual({
      kind: 'doctor',
      flags: { pubPort: '1' },
      options: { json: true, report: 'r.txt' },
    });
    expect(parse('doctor', '--help').out).toContain('--report <file>');
  });

  test('db takes what to do, a file, and the data directory anywhere', () => {
    const expected = { kind: 'db', flags: { dataDir: 'd' }, action: { kind: 'export', file: 'f' } };

    expect(parse('db', 'export', 'f', '--data-dir', 'd').invocation).toEqual(expected);
    expect(parse('--data-dir', 'd', 'db', 'export', 'f').invocation).toEqual(expected);
    expect(parse('db', 'status', '--json').invocation).toMatchObject({
      action: { kind: 'status', json: true },
    });
    expect(parse('db', 'import').invocation).toEqual({ kind: 'answered', exitCode: 2 });
    expect(parse('db', '--help').out).toContain('DATABASE_URL');
  });

  test('the help names every setting and its variable', () => {
    const { invocation, out } = parse('--help');

    expect(invocation).toEqual({ kind: 'answered', exitCode: 0 });
    for (const { env } of SETTINGS) expect(out).toContain(env);
  });

  test.each([[['--prot', '1']], [['--pub-port']], [['serve']]])('refuses %j with exit code 2', (args) => {
    const { invocation, err } = parse(...args);

    expect(invocation).toEqual({ kind: 'answered', exitCode: 2 });
    expect(err).toContain('--help');
  });

  test.each([
    [['user', 'list', '--json'], ['user', 'list-json'], false],
    [['user', 'deactivate', 'bob@example.com'], ['user', 'deactivate', 'bob@example.com'], false],
    [['user', 'staff', 'bob', '--revoke'], ['user', 'no-staff', 'bob'], false],
    [['keys', 'rotate', 'auth'], ['keys', 'rotate', 'auth'], true],
  ])('%j is for lifecycle to carry out', (given, args, isExclusive) => {
    expect(parse(...given, '--data-dir', 'd').invocation).toMatchObject({
      kind: 'administer',
      flags: { dataDir: 'd' },
      action: { args, isExclusive },
    });
  });
});
