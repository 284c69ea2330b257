// @ts-check
import { closeSync, linkSync, mkdirSync, openSync, renameSync, rmSync, statSync, utimesSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as sleep } from 'node:timers/promises';

/** The holder touches the file every second; one that was not touched for this long belongs to a dead process. */
const STALE_AFTER_MS = 15_000;
const TOUCH_EVERY_MS = 1_000;
const LOOK_EVERY_MS = 200;

/**
 * Runs an action while no other process does: two commands started at once in a fresh clone must not install into the
 * same folder. The age of the file decides, not a process id, since a container and its host may share the folder.
 *
 * @template T
 * @param {string} file - the lock file; its folder is made.
 * @param {() => void} onWait - called once if another process holds the lock.
 * @param {() => Promise<T>} action
 * @returns {Promise<T>} what the action answers.
 */
export async function withInstallLock(file, onWait, action) {
  mkdirSync(path.dirname(file), { recursive: true });
  let hasWaited = false;
  while (!tryToCreate(file)) {
    if (removeIfStale(file)) continue;
    if (!hasWaited) onWait();
    hasWaited = true;
    await sleep(LOOK_EVERY_MS);
  }
  const touching = setInterval(() => touch(file), TOUCH_EVERY_MS);
  try {
    return await action();
  } finally {
    clearInterval(touching);
    rmSync(file, { force: true });
  }
}

/** @param {string} file */
function tryToCreate(file) {
  try {
    closeSync(openSync(file, 'wx'));
    return true;
  } catch (error) {
    if (hasCode(error, 'EEXIST')) return false;
    throw error;
  }
}

/**
 * Moves a stale lock away, and looks again before it counts as removed: in between another process may have taken over
 * and put its own lock there.
 *
 * @param {string} file
 */
function removeIfStale(file) {
  if (!isStale(file)) return false;
  const aside = `${file}.${process.pid}`;
  try {
    renameSync(file, aside);
  } catch (error) {
    if (hasCode(error, 'ENOENT')) return true;
    throw error;
  }
  const wasStale = isStale(aside);
  if (!wasStale) linkSync(aside, file);
  rmSync(aside, { force: true });
  return wasStale;
}

/** @param {string} file */
function isStale(file) {
  const status = statSync(file, { throwIfNoEntry: false });
  return status !== undefined && Date.now() - status.mtimeMs > STALE_AFTER_MS;
}

/** @param {string} file */
function touch(file) {
  const now = new Date();
  try {
    utimesSync(file, now, now);
  } catch {
    // The folder was removed meanwhile (a clean): the installation will fail with a better message.
  }
}

/**
 * @param {unknown} error
 * @param {string} code
 */
function hasCode(error, code) {
  return error instanceof Error && 'code' in error && error.code === code;
}
