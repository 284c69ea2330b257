import type { BuildStep } from '@racetrack-platform/contracts/processes';

/** Every text of steps, or of a run specification, in which a placeholder or a path may stand. */
export function listTexts(steps: readonly Pick<BuildStep, 'command' | 'cwd' | 'env'>[]): string[] {
  return steps.flatMap(({ command, cwd, env }) => [...command, cwd ?? '', ...Object.values(env ?? {})]);
}
