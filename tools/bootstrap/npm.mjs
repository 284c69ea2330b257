// @ts-check
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { InstallError } from './install-error.mjs';

/** npm gives up by itself long before; this only keeps a stuck one from hanging for ever. */
const NPM_LIMIT_MS = 20 * 60_000;
const CONFIG_LIMIT_MS = 15_000;
const SHOWN_LINES = 15;
const REPORT_EVERY_MS = 10_000;
/** Set by an outer `npm run` for its own script; an inner npm must not take them for its own. */
const OUTER_RUN = /^npm_(?:lifecycle|package)_|^npm_(?:command|config_local_prefix)$/;

/**
 * Finds npm: the one that runs us, else the one on the PATH.
 *
 * @param {Readonly<Record<string, string | undefined>>} env
 * @returns {string} its JavaScript entry where that can be told, else its executable.
 */
export function findNpm(env) {
  const running = env['npm_execpath'];
  if (running !== undefined && path.basename(running) === 'npm-cli.js' && existsSync(running)) return running;
  for (const folder of (env['PATH'] ?? '').split(path.delimiter)) {
    const candidate = path.join(folder, 'npm');
    if (folder !== '' && existsSync(candidate)) return realpathSync(candidate);
  }
  throw new InstallError('npm is not on the PATH.', [
    'Install npm, which comes with Node.js, and run this again.',
  ]);
}

/**
 * Installs what a lock file says, and shows npm's output only when it fails.
 *
 * Not `npm ci`: it refuses a lock file that leaves out optional packages of other systems, as npm itself writes it where
 * a mirror does not carry them. `--no-save` takes versions and hashes from the lock file just the same, and never writes
 * to it.
 *
 * @param {object} request
 * @param {string} request.folder - where the lock file is.
 * @param {string} request.what - what is installed, for people.
 * @param {string} request.node - the binary that npm runs on.
 * @param {(line: string) => void} request.report - shows progress.
 * @param {Readonly<Record<string, string | undefined>>} request.env
 * @returns {Promise<void>} rejected with {@link InstallError} when npm failed.
 */
export async function runNpmInstall({ folder, what, node, report, env }) {
  const npm = findNpm(env);
  const [command, ...script] = npm.endsWith('.js') ? [node, npm] : [npm];
  const startedAt = Date.now();
  const child = spawn(
    command ?? npm,
    [...script, 'install', '--no-save', '--no-audit', '--no-fund', '--include=dev', '--include=optional'],
    {
      cwd: folder,
      env: { ...selectEnvironment(env, node), ...findGlobalConfig(npm, env) },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  /** @type {Buffer[]} */
  const output = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => output.push(chunk));
  const reporting = setInterval(
    () => report(`still installing ${what} (${seconds(startedAt)})`),
    REPORT_EVERY_MS,
  );
  const limit = setTimeout(() => child.kill('SIGKILL'), NPM_LIMIT_MS);
  const stop = stopWithUs(child);
  /** @type {number | string | null} */
  const outcome = await new Promise((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(code ?? signal));
  });
  stop();
  clearInterval(reporting);
  clearTimeout(limit);
  if (outcome === 0) return report(`installed ${what} in ${seconds(startedAt)}`);
  throw explainFailure(what, folder, Buffer.concat(output).toString('utf8'), outcome);
}

/**
 * Where the npm of this machine keeps its global settings, such as a mirror or a certificate. Run on another Node, npm
 * would look beside that one and miss them.
 *
 * @param {string} npm - as {@link findNpm} answers it.
 * @param {Readonly<Record<string, string | undefined>>} env
 * @returns {Record<string, string>} what to add to npm's environment.
 */
function findGlobalConfig(npm, env) {
  if (env['npm_config_globalconfig'] !== undefined) return {};
  const [command, ...script] = npm.endsWith('.js') ? [process.execPath, npm] : [npm];
  const asked = spawnSync(command ?? npm, [...script, 'config', 'get', 'globalconfig'], {
    env,
    encoding: 'utf8',
    timeout: CONFIG_LIMIT_MS,
  });
  const file = asked.status === 0 ? asked.stdout.trim() : '';
  return path.isAbsolute(file) ? { npm_config_globalconfig: file } : {};
}

/**
 * Says what to do about a failed installation.
 *
 * @param {string} what
 * @param {string} folder
 * @param {string} output - all that npm printed.
 * @param {number | string | null} outcome - exit code, signal or reason.
 */
export function explainFailure(what, folder, output, outcome) {
  const lines = output
    .split('\n')
    .filter((line) => line.trim() !== '' && !/^npm (?:warn|notice)/i.test(line));
  // npm says the reason first; a help text or a stack trace may follow.
  const shown = lines.slice(0, SHOWN_LINES);
  return new InstallError(`${what} could not be installed: npm failed in ${folder} (${outcome}).`, [
    ...shown.map((line) => `| ${line}`),
    ...adviceFor(output),
  ]);
}

/** @param {string} output */
function adviceFor(output) {
  if (/ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EIDLETIMEOUT|network/.test(output)) {
    return [
      'The package registry cannot be reached. Connect this machine and run the command again.',
      'Behind a proxy set HTTPS_PROXY; for a mirror: npm config set registry URL.',
      'Without any network: copy node_modules and tools/runtime/node_modules from a machine of the same kind.',
    ];
  }
  if (/ENOSPC/.test(output)) return ['The disk is full: make about 500 MB free and run the command again.'];
  if (/EACCES|EPERM|EROFS/.test(output)) {
    return ['This user may not write there: change the owner of the repository, or clone it as this user.'];
  }
  return ["Run the command again; if it fails the same way, the lines above are npm's own words."];
}

/**
 * @param {Readonly<Record<string, string | undefined>>} env
 * @param {string} node
 * @returns {NodeJS.ProcessEnv}
 */
function selectEnvironment(env, node) {
  const kept = Object.fromEntries(Object.entries(env).filter(([name]) => !OUTER_RUN.test(name)));
  return { ...kept, PATH: `${path.dirname(node)}${path.delimiter}${env['PATH'] ?? ''}` };
}

/**
 * Takes npm down when this process is told to stop.
 *
 * @param {import('node:child_process').ChildProcess} child
 */
function stopWithUs(child) {
  /** @type {NodeJS.Signals[]} */
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  /** @param {NodeJS.Signals} signal */
  const forward = (signal) => void child.kill(signal);
  for (const signal of signals) process.on(signal, forward);
  return () => {
    for (const signal of signals) process.off(signal, forward);
  };
}

/** @param {number} startedAt */
function seconds(startedAt) {
  return `${((Date.now() - startedAt) / 1000).toFixed(1)} s`;
}
