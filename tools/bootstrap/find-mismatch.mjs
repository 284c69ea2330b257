// @ts-check

/**
 * @typedef {object} LockedPackage
 * @property {string} [version]
 * @property {string} [integrity]
 * @property {boolean} [link]
 * @property {boolean} [optional]
 * @property {string | string[]} [os]
 * @property {string | string[]} [cpu]
 * @property {string | string[]} [libc]
 */

/** @typedef {{ packages?: Record<string, LockedPackage> }} LockFile */

/**
 * Compares `package-lock.json` with the record that npm keeps of what it installed
 * (`node_modules/.package-lock.json`), so that a tree made by a plain `npm install`, or copied from another machine of
 * the same kind, is used as it is.
 *
 * @param {LockFile} lock - the repository's lock file.
 * @param {LockFile} installed - npm's record.
 * @param {{ os: string, cpu: string }} machine - as in `process.platform` and `process.arch`.
 * @returns {string | undefined} the first package that is missing, differs, or is not in the lock file; undefined when all fit.
 */
export function findMismatch(lock, installed, machine) {
  const present = installed.packages ?? {};
  const locked = lock.packages ?? {};
  for (const folder of Object.keys(present)) if (locked[folder] === undefined) return folder;
  for (const [folder, wanted] of Object.entries(locked)) {
    if (!folder.startsWith('node_modules/')) continue;
    const found = present[folder];
    if (found === undefined) {
      if (isRequired(wanted, machine)) return folder;
    } else if (found.version !== wanted.version || found.integrity !== wanted.integrity) {
      return folder;
    }
  }
  return undefined;
}

/**
 * An optional package is expected only where it says that it is made for this machine. Those that also choose by C
 * library come in pairs of which one is installed, so neither is demanded.
 *
 * @param {LockedPackage} wanted
 * @param {{ os: string, cpu: string }} machine
 */
function isRequired(wanted, machine) {
  if (wanted.optional !== true) return true;
  if (wanted.os === undefined && wanted.cpu === undefined) return false;
  return wanted.libc === undefined && includes(wanted.os, machine.os) && includes(wanted.cpu, machine.cpu);
}

/**
 * @param {string | string[] | undefined} allowed
 * @param {string} value
 */
function includes(allowed, value) {
  return allowed === undefined || [allowed].flat().includes(value);
}
