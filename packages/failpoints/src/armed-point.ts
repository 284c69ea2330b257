/**
 * What happens at an armed point. `kill`: the process ends itself with SIGKILL. `stop`: it stops itself with SIGSTOP,
 * and whoever armed the point kills what it likes. `error`: the point throws. `record`: nothing but the line in the
 * log, at every hit.
 */
export type FailpointAction = 'kill' | 'stop' | 'error' | 'record';

/** The content of the file that `RACETRACK_FAILPOINTS` names. */
export interface ArmedPoint {
  /** The point's name; `*` for whichever comes next. */
  readonly name: string;
  /** Hits to come. After the first, any point counts: recovery dies wherever it gets to first. */
  readonly remaining: number;
  readonly action: FailpointAction;
}

const ACTIONS: readonly unknown[] = ['kill', 'stop', 'error', 'record'] satisfies FailpointAction[];

/** Parses the file's text. @returns `undefined` for anything else, and when no hit is to come: nothing is armed. */
export function parseArmedPoint(text: string): ArmedPoint | undefined {
  const { name, remaining, action } = parseObject(text);
  if (typeof name !== 'string' || typeof remaining !== 'number' || !(remaining > 0)) return undefined;
  return isAction(action) ? { name, remaining, action } : undefined;
}

function isAction(value: unknown): value is FailpointAction {
  return ACTIONS.includes(value);
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}
