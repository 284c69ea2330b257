import { stringify } from 'yaml';
import { isSettingOfFiles } from './read-config-file.ts';
import type { EffectiveSetting } from './resolve-configuration.ts';
import type { ValueKind } from './value-kinds.ts';

/**
 * Shows the configuration as a file that can be used as one, with the source of every value. What such a file does not
 * take, or what would not be the same there, is a comment. Secrets are never in it.
 */
export function renderConfiguration(settings: readonly EffectiveSetting[]): string {
  return settings.map((effective) => `${renderLine(effective)}\n`).join('');
}

function renderLine({ setting, value, source }: EffectiveSetting): string {
  if (value === undefined) return `# ${setting.key}: ${setting.default.replaceAll('`', '')}   # default`;
  if (setting.isSecret === true) return `# ${setting.key}: ***   # ${source}`;
  const shown = hideCredentials(value);
  const entry = stringify({ [setting.key]: toScalar(setting.kind, shown) }, { lineWidth: 0 }).trimEnd();
  const isUsable = isSettingOfFiles(setting) && shown === value;
  return `${isUsable ? '' : '# '}${entry}   # ${source}`;
}

function toScalar(kind: ValueKind, value: string): string | number | boolean {
  if (kind === 'switch') return value === 'true';
  const isNumeric = kind === 'port' || kind === 'number' || kind === 'amount';
  return isNumeric && /^\d{1,12}(?:\.\d{1,6})?$/.test(value) ? Number(value) : value;
}

function hideCredentials(value: string): string {
  return value.replace(/^([a-z][\w+.-]*:\/\/)[^/@]*@/i, '$1***@');
}
