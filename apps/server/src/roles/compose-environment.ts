import type { LauncherConfig, Role } from '../config.ts';
import type { Endpoints } from './child-message.ts';
import { nameLocally } from './name-locally.ts';

/** For the store, its keys and its first user, hence for nobody but the role that opens the store. */
const CONTROL_ONLY =
  /^(RACETRACK_(ADMIN_PASSWORD|AUTH_KEY|SECRETS_KEY)|DATABASE_URL|PGPASS(WORD|FILE)|RACETRACK_DATABASE_.*)$/;

/**
 * Composes the environment of a child. Children read all settings from it; values given as flags are in it too.
 *
 * @param role - the child.
 * @param config - of the launcher.
 * @param env - of the launcher.
 * @param endpoints - what is known so far: concrete ports, which a restarted child takes again.
 */
export function composeEnvironment(
  role: Role,
  config: LauncherConfig,
  env: Readonly<Record<string, string | undefined>>,
  endpoints: Endpoints,
): NodeJS.ProcessEnv {
  const inherited: Record<string, string | undefined> = { ...env };
  // What restores a whole platform is for its own command alone.
  delete inherited['RACETRACK_BACKUP_PASSPHRASE'];
  if (role !== 'control') {
    for (const name of Object.keys(inherited)) if (CONTROL_ONLY.test(name)) delete inherited[name];
  }
  return {
    ...inherited,
    RACETRACK_DATA_DIR: config.dataDir,
    RACETRACK_HOST: config.host,
    RACETRACK_LIFECYCLE_PORT: portOf(endpoints.lifecycle, config.lifecyclePort),
    RACETRACK_DASHBOARD_PORT: portOf(endpoints.dashboard, config.dashboardPort),
    RACETRACK_PUB_PORT: portOf(endpoints.pub, config.pubPort),
    RACETRACK_ROLES: config.roles.join(','),
    RACETRACK_KEEP_JOBS: String(config.keepJobs),
    RACETRACK_TUTORIAL: String(config.tutorial),
    RACETRACK_LOG_LEVEL: config.logLevel,
    ...composeExternalPubUrl(config, endpoints),
  };
}

/** Where users reach jobs; a port that is still to be chosen leaves it open. */
function composeExternalPubUrl(config: LauncherConfig, { pub }: Endpoints): NodeJS.ProcessEnv {
  const { externalPubUrl, host, pubPort } = config;
  const guess = pubPort === 0 ? undefined : nameLocally({ pub: `http://${bracket(host)}:${pubPort}` }).pub;
  const local = pub ?? guess;
  const url = externalPubUrl ?? (local === undefined ? undefined : `${local}/pub`);
  return url === undefined ? {} : { RACETRACK_EXTERNAL_PUB_URL: url };
}

/** IPv6 addresses stand in brackets in a URL (RFC 3986, 3.2.2). */
function bracket(host: string): string {
  return host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
}

function portOf(endpoint: string | undefined, configured: number): string {
  const port = endpoint === undefined ? '' : new URL(endpoint).port;
  return port === '' ? String(configured) : port;
}
