import { realpathSync } from 'node:fs';
import { sep } from 'node:path';
import { messageOf, PlatformError } from '@racetrack-platform/errors';

/**
 * Why a plugin cannot be used, for its author: what was thrown, where in the plugin, and what to do about it. Files of
 * the plugin stand there relative to its folder: where the server keeps it is nobody's concern.
 *
 * @param dir - absolute path of the plugin's folder.
 */
export function describeFailure(error: unknown, dir: string): string {
  const roots = [...new Set([dir, resolveLinks(dir)])].map((root) => root + sep);
  const message = shorten(messageOf(error), roots);
  const hint = hintOf(error);
  const frame = PlatformError.is(error) ? undefined : findFrame(error, roots);
  const where = frame === undefined || message.includes(frame) ? '' : ` (${frame})`;
  return hint === undefined ? message + where : `${endSentence(message + where)} ${hint}`;
}

function hintOf(error: unknown): string | undefined {
  if (PlatformError.is(error)) return error.hint;
  const isPackage = error instanceof Error && error.message.startsWith('Cannot find package ');
  return isPackage ? "Packages of npm belong into the plugin's folder, in node_modules." : undefined;
}

/** `plugin.ts:3`: the innermost call of the plugin's own. */
function findFrame(error: unknown, roots: readonly string[]): string | undefined {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  for (const line of stack.split('\n')) {
    const root = roots.find((one) => line.includes(one));
    const rest = root === undefined ? '' : line.slice(line.indexOf(root) + root.length);
    const found = /^(?<place>[^:()]+:\d+)/.exec(rest)?.groups?.['place'];
    if (found !== undefined && !found.startsWith('node_modules')) return found;
  }
  return undefined;
}

function shorten(text: string, roots: readonly string[]): string {
  return roots.reduce((rest, root) => rest.replaceAll(`file://${root}`, '').replaceAll(root, ''), text);
}

function resolveLinks(dir: string): string {
  try {
    return realpathSync(dir);
  } catch {
    return dir;
  }
}

function endSentence(text: string): string {
  return /[.!?:;]$/.test(text) ? text : `${text}.`;
}
