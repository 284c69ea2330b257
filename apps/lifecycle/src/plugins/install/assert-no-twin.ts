import { PlatformError } from '@racetrack-platform/errors';

interface Candidate {
  readonly name: string;
  readonly manifest: Readonly<Record<string, unknown>>;
}

/**
 * Infrastructure plugins of one name would bring the same targets, so there is one version of each.
 *
 * @throws PlatformError `ALREADY_EXISTS` in the words of Racetrack 2.36.
 */
export function assertNoTwin(plugin: Candidate, others: readonly Candidate[], replace: boolean): void {
  if (replace || !isInfrastructure(plugin)) return;
  if (!others.some((other) => other.name === plugin.name && isInfrastructure(other))) return;
  throw new PlatformError(
    'ALREADY_EXISTS',
    'Infrastructure plugin with same name already exists. There can not be multiple infrastructure plugins with the same name. Use --replace if you want to replace the existing infrastructure pluging. ',
    { hint: `Install it with --replace, or remove ${plugin.name} first.` },
  );
}

function isInfrastructure({ manifest }: Candidate): boolean {
  return manifest['category'] === 'infrastructure';
}
