import type { LauncherConfig } from '../config.ts';

/** `warn` works, but not as well as it could; with a `fail` the platform does not start, or does not work. */
export type CheckStatus = 'ok' | 'warn' | 'fail';

/** One thing that was looked at. */
export interface Check {
  readonly status: CheckStatus;
  /** What was found. */
  readonly text: string;
  /** What to do about it, for anything but `ok`. */
  readonly advice?: string | undefined;
}

/** What every check may look at. */
export interface DoctorContext {
  /** `dataDir` is absolute, and need not exist. */
  readonly config: LauncherConfig;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Of the product. */
  readonly version: string;
}

/** A group of checks under one heading; changes nothing. */
export interface CheckGroup {
  readonly title: string;
  run(context: DoctorContext): Promise<Check[]>;
}

/** A check that found nothing to say against. */
export function ok(text: string): Check {
  return { status: 'ok', text };
}

export function warn(text: string, advice: string | undefined): Check {
  return { status: 'warn', text, advice };
}

export function fail(text: string, advice: string | undefined): Check {
  return { status: 'fail', text, advice };
}
