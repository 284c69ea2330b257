import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';

/** Installs the packages of a job into `ENVIRONMENT/job/node_modules`: exactly the lock file's, if there is one. */
const { values } = parseArgs({
  options: {
    environment: { type: 'string' },
    'npm-dir': { type: 'string' },
    cache: { type: 'string' },
    dependencies: { type: 'string' },
  },
});
const { environment, 'npm-dir': npmDir, cache, dependencies } = values;
if (environment === undefined || npmDir === undefined || cache === undefined || dependencies === undefined) {
  throw new Error('--environment, --npm-dir, --cache and --dependencies are needed');
}

/** Packages of the source itself: all of it has to be there then. */
const LOCAL_PACKAGE = /"file:|"link": *true|"workspaces"/;
const source = resolve(dirname(dependencies));
const target = join(environment, 'job');
const isLocked = basename(dependencies) === 'package-lock.json';
const wanted = isLocked ? ['package.json', 'package-lock.json', '.npmrc'] : ['package.json', '.npmrc'];

mkdirSync(target, { recursive: true });
if (!existsSync(join(source, 'package.json'))) fail(`there is no package.json beside ${dependencies}`);
const hasLocal = wanted.some((name) => LOCAL_PACKAGE.test(readIfThere(join(source, name))));
if (hasLocal) {
  cpSync(source, target, {
    recursive: true,
    filter: (path) => basename(path) !== 'node_modules' && basename(path) !== '.git',
  });
} else {
  for (const name of wanted)
    if (existsSync(join(source, name))) cpSync(join(source, name), join(target, name));
}
const common = [
  '--omit=dev',
  '--no-audit',
  '--no-fund',
  '--no-update-notifier',
  '--install-links',
  `--cache=${cache}`,
];
const { status, error } = spawnSync(
  process.execPath,
  [join(npmDir, 'bin', 'npm-cli.js'), isLocked ? 'ci' : 'install', ...common],
  {
    cwd: target,
    stdio: 'inherit',
    // Install scripts call node by its name.
    env: {
      ...process.env,
      PATH: `${dirname(process.execPath)}:${process.env['PATH'] ?? ''}`,
      NODE_ENV: 'production',
    },
  },
);
if (error !== undefined) throw error;
if (status !== 0) fail(`installing the packages of ${dependencies} failed`);
mkdirSync(join(target, 'node_modules'), { recursive: true });

function readIfThere(path: string): string {
  return existsSync(path) ? readFileSync(path, 'utf8') : '';
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}
