import { createHash, createHmac } from 'node:crypto';
import type { BuildRequest } from '@racetrack-platform/contracts/processes';

/** Part of every key: raise it when entries of earlier versions of the builder must not be reused. */
export const LAYOUT_VERSION = 1;

/** Hexadecimal digits of a key: 160 bits, short enough for the `#!` line of a script in an environment. */
const KEY_LENGTH = 40;

/** What decides about a build beside its own steps and files. */
export interface KeyContext {
  readonly request: Pick<
    BuildRequest,
    'jobType' | 'pluginDir' | 'plan' | 'buildEnv' | 'secretBuildEnv' | 'secretsKey'
  >;
  /** Package index variables and the digests of the files that they name. */
  readonly indexSettings: Readonly<Record<string, string>>;
  /** Whose the environment is, when it is not for everybody. */
  readonly scope: string | null;
}

/** Key of a fetched source: the same commit and directory of the same remote. */
export function sourceKey(remote: string, commit: string, directory: string): string {
  return digestKey({ remote, commit, directory });
}

/**
 * Key of an environment: interpreter facts, the content of the files it is made from, steps, job type, platform,
 * package indexes and build variables. Secrets enter by an HMAC only.
 *
 * @param fileDigests - SHA-256 of each of the plan's environment files, by path.
 */
export function environmentKey(context: KeyContext, fileDigests: Readonly<Record<string, string>>): string {
  const { inputs, steps } = context.request.plan.environment;
  const owner = context.scope === null ? {} : { owner: context.scope };
  return digestKey({ ...commonFacts(context), ...owner, inputs, files: fileDigests, steps });
}

/**
 * Key of an artifact: the tree, the very environment it was prepared with, and the steps run on it.
 *
 * @param environmentName - name of the entry, its generation included.
 */
export function artifactKey(context: KeyContext, treeDigest: string, environmentName: string): string {
  const { steps } = context.request.plan;
  return digestKey({ ...commonFacts(context), treeDigest, environment: environmentName, steps });
}

/** SHA-256 of a text or bytes, hexadecimal. */
export function sha256(content: string | Uint8Array): string {
  return createHash('sha256').update(content).digest('hex');
}

function commonFacts({ request, indexSettings }: KeyContext): Record<string, unknown> {
  const secrets = canonicalJson({ secretBuildEnv: request.secretBuildEnv, indexSettings });
  return {
    jobType: request.jobType,
    pluginDir: request.pluginDir,
    platform: `${process.platform}-${process.arch}`,
    buildEnv: request.buildEnv,
    secretsMac: createHmac('sha256', Buffer.from(request.secretsKey, 'hex')).update(secrets).digest('hex'),
  };
}

function digestKey(facts: Readonly<Record<string, unknown>>): string {
  return sha256(canonicalJson({ layout: LAYOUT_VERSION, ...facts })).slice(0, KEY_LENGTH);
}

/** JSON with the keys of every object sorted, so that equal facts make equal texts. */
export function canonicalJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part !== 'object' || part === null || Array.isArray(part)) return part;
    const entries = Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1));
    return Object.fromEntries(entries);
  });
}
