import {
  CALLER_HEADER,
  PRODUCT_VERSION,
  TRACING_HEADER,
  type BuildResult,
} from '@racetrack-platform/contracts/processes';
import type { Manifest } from '@racetrack-platform/manifest';
import { resolve } from 'node:path';
import type { SecretVars } from '../deploy/secret-vars.ts';
import type { PlannedJob } from './plan-job.ts';

/** What jobs get of the author's own environment: enough to find programs and reach the network, and no more, as at a server. */
const INHERITED =
  /^(?:PATH|HOME|LANG|LC_\w+|TZ|TMPDIR|(?:HTTPS?|ALL|NO)_PROXY|SSL_CERT_(?:FILE|DIR)|REQUESTS_CA_BUNDLE|NODE_EXTRA_CA_CERTS)$/i;

export interface LaunchTerms {
  readonly manifest: Manifest;
  readonly planned: PlannedJob;
  readonly build: BuildResult;
  readonly secrets: SecretVars;
  /** From the command line; wins over the manifest. */
  readonly extraEnv: Readonly<Record<string, string>>;
  /** The author's own environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly dataDir: string;
  readonly socket: string;
  /** Base of calls to other jobs, ending in `/pub`. */
  readonly pubUrl: string;
  /** What such calls are to carry. */
  readonly authToken: string;
  /** Whole seconds. */
  readonly deploymentTimestamp: number;
}

/** A process to start. */
export interface Launch {
  readonly command: readonly string[];
  readonly cwd: string;
  /** Complete. */
  readonly env: Readonly<Record<string, string>>;
  readonly socket: string;
  readonly deploymentTimestamp: number;
}

/** Fills in the run command of a plan, and puts together what a job finds in its environment on every server as well. */
export function composeLaunch(terms: LaunchTerms): Launch {
  const { manifest, planned, build, secrets, socket } = terms;
  const { run } = planned.plan;
  const places: Readonly<Record<string, string>> = {
    source: build.sourceDir,
    environment: build.environmentDir,
    plugin: build.pluginDir,
    socket,
  };
  const fill = (text: string): string =>
    text.replace(/\$\{(source|environment|plugin|socket)\}/g, (_match, name: string) => places[name] ?? '');
  const ofJobType = Object.entries(run.env).map(([name, value]) => [name, fill(value)] as const);
  return {
    command: run.command.map(fill),
    cwd: resolve(build.sourceDir, fill(run.cwd ?? '.')),
    socket,
    deploymentTimestamp: terms.deploymentTimestamp,
    env: {
      ...inherit(terms.env),
      ...Object.fromEntries(ofJobType),
      // Values of the build are not there when the job runs, as on a server.
      ...blank({ ...manifest.build_env, ...secrets.build_env }),
      ...manifest.runtime_env,
      JOB_NAME: manifest.name,
      JOB_VERSION: manifest.version,
      JOB_TYPE_VERSION: planned.jobType,
      GIT_VERSION: build.gitVersion,
      DEPLOYED_BY_RACETRACK_VERSION: PRODUCT_VERSION,
      REQUEST_TRACING_HEADER: TRACING_HEADER,
      CALLER_NAME_HEADER: CALLER_HEADER,
      JOB_DATA_DIR: terms.dataDir,
      ...secrets.runtime_env,
      ...terms.extraEnv,
      PUB_URL: terms.pubUrl,
      AUTH_TOKEN: terms.authToken,
      JOB_DEPLOYMENT_TIMESTAMP: String(terms.deploymentTimestamp),
    },
  };
}

function inherit(env: LaunchTerms['env']): Record<string, string> {
  const kept = Object.entries(env).filter(([name, value]) => value !== undefined && INHERITED.test(name));
  return Object.fromEntries(kept) as Record<string, string>;
}

function blank(variables: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(Object.keys(variables).map((name) => [name, '']));
}
