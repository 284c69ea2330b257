import type { LauncherConfig } from '../config.ts';
import type { Endpoints } from '../roles/child-message.ts';

interface BannerFacts {
  readonly version: string;
  readonly config: LauncherConfig;
  readonly endpoints: Endpoints;
  readonly logFiles: readonly string[];
  /** How well jobs are kept apart; undefined when none run here. */
  readonly isolation: string | undefined;
  /** From the start of the launcher until every role was ready. */
  readonly startMs: number;
}

/** Renders what is printed once everything is ready: where things are, and how to stop. */
export function renderBanner({
  version,
  config,
  endpoints,
  logFiles,
  isolation,
  startMs,
}: BannerFacts): string {
  const { lifecycle, dashboard, pub } = endpoints;
  const rows: [string, string][] = [];
  if (lifecycle !== undefined) rows.push(['API', `${lifecycle}/lifecycle`]);
  if (dashboard !== undefined) rows.push(['Sign in', `${dashboard} (the first account is admin)`]);
  if (pub !== undefined) rows.push(['Jobs', `${pub}/pub/job/NAME/VERSION`]);
  rows.push(['Data', config.dataDir]);
  if (logFiles.length > 0) rows.push(['Logs', logFiles.join('\n              ')]);
  if (isolation !== undefined) rows.push(['Isolation', isolation]);
  if (config.plugin.length > 0) rows.push(['Plugins', config.plugin.join('\n              ')]);
  const stop = config.keepJobs ? 'jobs stay running' : 'running jobs stop too; --keep-jobs leaves them';
  rows.push(['Stop', `Ctrl-C (${stop})`]);
  return [
    '',
    `  Racetrack ${version} is ready after ${(startMs / 1000).toFixed(1)} s`,
    '',
    ...rows.map(([label, value]) => `  ${label.padEnd(11)} ${value}`),
    '',
    '',
  ].join('\n');
}

/** Renders the warning of tutorial mode, loud on purpose. */
export function renderTutorialWarning(): string {
  const line = '!'.repeat(86);
  return [
    line,
    '!!  TUTORIAL MODE. The user admin has the password admin, and a token that is printed    !!',
    '!!  in public guides opens everything. For learning on this machine only; stop it after. !!',
    line,
    '',
  ].join('\n');
}
