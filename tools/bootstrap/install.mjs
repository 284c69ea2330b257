// @ts-check
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { findMismatch } from './find-mismatch.mjs';
import { InstallError } from './install-error.mjs';
import { isInstalled, readInstallation } from './installation.mjs';
import { withInstallLock } from './install-lock.mjs';
import { runNpmInstall } from './npm.mjs';

/** The oldest major version that runs the sources (design D1). */
const OLDEST_USABLE_NODE = 24;

/** @typedef {import('./installation.mjs').Installation} Installation */

/**
 * Installs the pinned Node.js and the packages, where they are not there yet. Idempotent, and safe when several
 * processes call it at once.
 *
 * @param {string} root - the repository.
 * @returns {Promise<void>} rejected with `InstallError` when something cannot be installed.
 */
export async function install(root) {
  const lockFile = path.join(root, '.runtime/installing');
  const onWait = () => report('another command is installing; waiting for it');
  await withInstallLock(lockFile, onWait, async () => {
    const installation = readInstallation(root);
    if (isInstalled(installation)) return writeStamp(installation);
    rmSync(installation.stampFile, { force: true });
    const node = await ensureNode(installation);
    link(installation, node);
    await ensurePackages(installation, node);
    writeStamp(installation);
  });
}

/**
 * @param {Installation} installation
 * @returns {Promise<string>} the binary to run everything on.
 */
async function ensureNode({ root, pinnedNode, nodeVersion }) {
  if (pinnedNode === undefined) return fallBack(nodeVersion);
  if (versionOf(pinnedNode) === nodeVersion) return pinnedNode;
  const what = `Node.js ${nodeVersion}`;
  report(`installing ${what} (once, about 60 MB)`);
  const folder = path.join(root, 'tools/runtime');
  await runNpmInstall({ folder, what, node: process.execPath, report, env: process.env });
  const version = versionOf(pinnedNode);
  if (version === nodeVersion) return pinnedNode;
  if (version === undefined) return fallBack(nodeVersion);
  throw new InstallError(`${pinnedNode} is Node.js ${version}, not ${nodeVersion}.`, [
    'tools/runtime/package.json and its lock file disagree: repair them, then run this again.',
  ]);
}

/**
 * Uses the Node.js that runs us where the published binaries do not: another processor, another C library.
 *
 * @param {string} nodeVersion
 */
function fallBack(nodeVersion) {
  const running = process.versions.node;
  if (Number.parseInt(running, 10) >= OLDEST_USABLE_NODE) {
    report(
      `no Node.js ${nodeVersion} is published for this machine; using ${running} of ${process.execPath}`,
    );
    return process.execPath;
  }
  throw new InstallError(`no Node.js ${nodeVersion} is published that runs on this machine.`, [
    `Install Node.js ${OLDEST_USABLE_NODE} or newer yourself, put it first on the PATH, and run this again.`,
  ]);
}

/** @param {string} node */
function versionOf(node) {
  if (!existsSync(node)) return undefined;
  try {
    return execFileSync(node, ['--version'], { encoding: 'utf8', timeout: 20_000, stdio: 'pipe' })
      .trim()
      .replace(/^v/, '');
  } catch {
    return undefined;
  }
}

/**
 * Points `.runtime/node` at the binary; relative, so that the repository can be moved.
 *
 * @param {Installation} installation
 * @param {string} node
 */
function link({ runtimeDir, nodeLink, root }, node) {
  const target = node.startsWith(root + path.sep) ? path.relative(runtimeDir, node) : node;
  const fresh = `${nodeLink}.${process.pid}`;
  mkdirSync(runtimeDir, { recursive: true });
  rmSync(fresh, { force: true });
  symlinkSync(target, fresh);
  renameSync(fresh, nodeLink);
}

/**
 * @param {Installation} installation
 * @param {string} node
 */
async function ensurePackages({ root }, node) {
  if (findInstalledMismatch(root) === undefined) return;
  report('installing packages (about half a minute)');
  await runNpmInstall({ folder: root, what: 'packages', node, report, env: process.env });
  const mismatch = findInstalledMismatch(root);
  if (mismatch === undefined) return;
  throw new InstallError(`what was installed is not what package-lock.json says: ${mismatch}.`, [
    'If you changed a package.json, run npm install and commit the lock file with it.',
  ]);
}

/** @param {string} root */
function findInstalledMismatch(root) {
  const record = path.join(root, 'node_modules/.package-lock.json');
  if (!existsSync(record)) return 'node_modules';
  const lock = JSON.parse(readFileSync(path.join(root, 'package-lock.json'), 'utf8'));
  const machine = { os: process.platform, cpu: process.arch };
  return findMismatch(lock, JSON.parse(readFileSync(record, 'utf8')), machine);
}

/**
 * Written last and also when nothing was to do: `tools/run` compares its time with that of the lock files.
 *
 * @param {Installation} installation
 */
function writeStamp({ stampFile, stamp }) {
  writeFileSync(`${stampFile}.new`, stamp);
  renameSync(`${stampFile}.new`, stampFile);
}

/** @param {string} line */
function report(line) {
  process.stderr.write(`racetrack: ${line}\n`);
}
