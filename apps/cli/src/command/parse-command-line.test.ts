import { describe, expect, test } from 'vitest';
import { COMMANDS } from '../commands/command-table.ts';
import { parseCommandLine } from './parse-command-line.ts';

async function parse(...argv: string[]) {
  const parsed = await parseCommandLine(argv, COMMANDS);
  if (parsed.kind === 'help') return parsed;
  const { spec, input, format, isVerbose } = parsed;
  return { command: spec.path.join(' '), input, format, isVerbose };
}

describe('parseCommandLine', () => {
  test('takes options before and after arguments, with = or a space', async () => {
    const expected = { command: 'logs', input: { name: 'adder', tail: '5', version: '1.x', follow: true } };

    expect(await parse('logs', '--tail=5', 'adder', '--version', '1.x', '-f')).toMatchObject(expected);
    expect(await parse('logs', 'adder', '-f', '--tail', '5', '--version=1.x')).toMatchObject(expected);
  });

  test('collects repeated options', async () => {
    expect(await parse('deploy', '-e', 'a=1', '--extra-vars', 'b=2=3')).toMatchObject({
      input: { extraVars: ['a=1', 'b=2=3'] },
    });
    expect(await parse('list', '-c', 'pub_url', '-c', 'all')).toMatchObject({
      input: { column: ['pub_url', 'all'] },
    });
  });

  test.each([[['-v', 'list']], [['list', '-v']], [['list', '--verbose']]])(
    'takes %j as verbose, as versions before 2.36 do',
    async (argv) => {
      expect(await parse(...argv)).toMatchObject({ command: 'list', isVerbose: true });
    },
  );

  test.each([
    [['--output', 'json', 'get', 'remote']],
    [['get', '--output', 'json', 'remote']],
    [['get', 'remote', '--output=json']],
  ])('takes %j as JSON output', async (argv) => {
    expect(await parse(...argv)).toMatchObject({ command: 'get remote', format: 'json' });
  });

  test('--version is the version of the client only in front of the command', async () => {
    expect(await parse('--version')).toMatchObject({ command: 'version' });
    expect(await parse('delete', 'adder', '--version', '1.0.0')).toMatchObject({
      command: 'delete',
      input: { name: 'adder', version: '1.0.0' },
    });
  });

  test.each([
    [[], 0],
    [['--help'], 0],
    [['deploy', '-h'], 0],
    [['help', 'deploy'], 0],
    [['set'], 2],
    [['get'], 2],
    [['plugin'], 2],
    [['delete'], 2],
    [['login'], 2],
    [['call'], 2],
    [['move'], 2],
    [['set', 'remote'], 2],
    [['set', 'alias'], 2],
    [['set', 'credentials'], 2],
    [['plugin', 'install'], 2],
  ])('answers %j with help and exit code %i, as the original does', async (argv, exitCode) => {
    const parsed = await parseCommandLine(argv, COMMANDS);

    expect(parsed).toMatchObject({ kind: 'help', exitCode });
    expect(parsed.kind === 'help' && parsed.text).toMatch(/^Usage: racetrack/);
  });

  test.each([
    [['deplo'], /unknown command 'deplo' \(Did you mean deploy\?\)/],
    [['list', '--colum', 'all'], /unknown option '--colum' \(Did you mean --column\?\)/],
    [['list', '-c', 'nonsense'], /Allowed choices are job_type/],
    [['deploy', '--build-context', 'foo'], /Allowed choices are local, git, default/],
    [['call', 'adder'], /missing required argument 'endpoint'/],
    [['plugin', 'uninstall', 'p'], /'--version <version>' not specified/],
    [['version', 'x'], /too many arguments: 'racetrack version' takes no arguments, but got 1/],
  ])('explains %j', async (argv, text) => {
    await expect(parse(...argv)).rejects.toThrow(text);
    await expect(parse(...argv)).rejects.toMatchObject({ code: 'USAGE', hint: /--help' for help/ });
  });

  test.each([
    [['login', 'tok1', 'SECRET', 'extra']],
    [['logout', 'a', 'SECRET']],
    [['login', '--tokne=SECRET']],
    [['set', 'credentials', 'u', 'n', 'SECRET', 'x']],
  ])('never repeats values of %j, which may be secret', async (argv) => {
    const error: unknown = await parse(...argv).catch((thrown: unknown) => thrown);

    expect(error).toBeInstanceOf(Error);
    expect(String(error)).not.toContain('SECRET');
  });
});

test('the list of commands says of each what it is for', async () => {
  const help = await parseCommandLine(['--help'], COMMANDS);
  const commands = (help.kind === 'help' && help.text.split('Commands:')[1]?.match(/^ {2}\S.*$/gm)) || [];

  expect(commands.length).toBeGreaterThan(20);
  expect(commands.filter((line) => !/^ {2}\S+(?: [<[]\S+)* {2,}\S/.test(line))).toEqual([]);
});

describe('every command', () => {
  test.each(COMMANDS.map((spec) => [spec.path.join(' '), spec] as const))(
    '%s has help with an example that parses',
    async (name, spec) => {
      const help = await parseCommandLine([...spec.path, '--help'], COMMANDS);
      const example = await parseCommandLine(splitWords(spec.example), COMMANDS);

      expect(help.kind === 'help' && help.text).toContain(`Example:\n  racetrack ${spec.example}`);
      expect(example).toMatchObject({ kind: 'run', spec: { path: name.split(' ') } });
      await expect(spec.load()).resolves.toHaveProperty('execute');
    },
  );
});

/** Splits as a shell does, for the single quotes of the examples. */
function splitWords(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|\S+/g)].map((match) => match[1] ?? match[0]);
}
