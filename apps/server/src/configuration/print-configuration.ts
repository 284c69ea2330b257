import { stringify } from 'yaml';
import type { EffectiveSetting } from './resolve-configuration.ts';

/**
 * Shows the configuration as a file that could be used as one, with the source of every value. Secrets are never in it.
 */
export function renderConfiguration(settings: readonly EffectiveSetting[]): string {
  return settings.map((effective) => `${renderLine(effective)}\n`).join('');
}

function renderLine({ setting, value, source }: EffectiveSetting): string {
  if (value === undefined) return `# ${setting.key}: ${setting.default.replaceAll('`', '')}   # default`;
  if (setting.isSecret === true) return `# ${setting.key}: ***   # ${source}`;
  const { kind } = setting;
  const scalar = kind === 'switch' ? value === 'true' : hideCredentials(value);
  return `${stringify({ [setting.key]: scalar }, { lineWidth: 0 }).trimEnd()}   # ${source}`;
}

function hideCredentials(value: string): string {
  return value.replace(/^([a-z][\w+.-]*:\/\/)[^/@]*@/i, '$1***@');
}
