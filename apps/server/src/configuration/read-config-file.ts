import { readFileSync, statSync } from 'node:fs';
import { messageOf, PlatformError, suggestWord } from '@racetrack-platform/errors';
import { parse } from 'yaml';
import { CONFIGURATION, OBSOLETE_KEYS, type ConfigurationSetting } from './configuration-table.ts';

const IN_FILES = CONFIGURATION.filter(isSettingOfFiles);
const MAX_BYTES = 1024 * 1024;

export interface ConfigFile {
  /** Values by variable, with the key that gave them. */
  readonly values: ReadonlyMap<string, { readonly key: string; readonly value: string }>;
  readonly problems: readonly string[];
  readonly notices: readonly string[];
}

/**
 * Reads a configuration file: a YAML mapping of the keys in docs/reference/configuration.md, or of those of Racetrack 2.36.
 *
 * @throws PlatformError `CONFIG_INVALID` when the file cannot be read, or is no mapping.
 */
export function readConfigFile(path: string): ConfigFile {
  const { data, isPrivate } = load(path);
  const values = new Map<string, { key: string; value: string }>();
  const problems: string[] = [];
  const notices: string[] = [];
  for (const [key, raw] of Object.entries(data)) {
    const setting = findSetting(key);
    if (setting === undefined) {
      const obsolete = OBSOLETE_KEYS[key];
      if (obsolete === undefined) problems.push(`${key} in ${path} is no setting${suggest(key)}`);
      else notices.push(`${key} in ${path} means nothing here: ${obsolete}`);
      continue;
    }
    const value = toText(raw);
    // As in the original, an empty value is the default.
    if (value === '') continue;
    if (value === undefined) problems.push(`${key} in ${path} must be a single value, or a list of such`);
    else if (values.has(setting.env))
      problems.push(`${key} in ${path} says again what ${values.get(setting.env)?.key} says`);
    else if (setting.isSecret === true && !isPrivate) {
      problems.push(`${key} in ${path} is a secret, and others may read the file: chmod 600 ${path}`);
    } else values.set(setting.env, { key, value });
  }
  return { values, problems, notices };
}

/** @returns whether a configuration file may give it: a file names no other one. */
export function isSettingOfFiles({ env }: ConfigurationSetting): boolean {
  return env !== 'CONFIG_FILE';
}

function load(path: string): { data: Record<string, unknown>; isPrivate: boolean } {
  const hint = 'Correct the file, or name another one with --config or CONFIG_FILE.';
  try {
    const { size, mode } = statSync(path);
    if (size > MAX_BYTES) throw new Error('the file is too large');
    const data: unknown = parse(readFileSync(path, 'utf8'), { maxAliasCount: 0 }) ?? {};
    if (typeof data !== 'object' || data === null || Array.isArray(data))
      throw new Error('it is no mapping of keys');
    return { data: { ...data }, isPrivate: (mode & 0o077) === 0 };
  } catch (error) {
    // The rest would show lines of the file, which may hold secrets.
    const [problem = ''] = messageOf(error).split('\n', 1);
    throw new PlatformError('CONFIG_INVALID', `the configuration file ${path} cannot be used: ${problem}`, {
      hint,
    });
  }
}

function findSetting(key: string): ConfigurationSetting | undefined {
  return IN_FILES.find((setting) => setting.key === key || setting.original?.keys?.includes(key));
}

function suggest(key: string): string {
  const meant = suggestWord(
    key,
    IN_FILES.map((setting) => setting.key),
  );
  return meant === undefined ? '' : `: did you mean ${meant}?`;
}

function toText(raw: unknown): string | undefined {
  if (raw === null || raw === undefined) return '';
  if (typeof raw === 'string' || typeof raw === 'number' || typeof raw === 'boolean')
    return String(raw).trim();
  if (!Array.isArray(raw)) return undefined;
  const texts = raw.map(toText);
  return texts.every((text) => text !== undefined && text !== '') ? texts.join(',') : undefined;
}
