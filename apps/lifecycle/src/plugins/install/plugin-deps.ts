import type { Logger } from 'pino';
import type { Store } from '@racetrack-platform/db';
import type { DockerfileRenderer } from '../../dockerfiles/dockerfile-renderer.ts';
import type { Sealer } from '../../keys/sealer.ts';
import type { PackageFiles } from '../files/package-files.ts';
import type { PluginSet } from '../set/plugin-set.ts';

/** What changing the installed plugins takes. */
export interface PluginDeps {
  readonly store: Store;
  readonly set: PluginSet;
  readonly files: PackageFiles;
  readonly sealer: Sealer;
  readonly dockerfiles: Pick<DockerfileRenderer, 'check'>;
  readonly logger: Logger;
  /** For files that live as long as a request; what a killed platform has left there is removed at the next start. */
  readonly uploadsDir: string;
  /** Private addresses that plugins may be fetched from, as for git. */
  readonly allowPrivate: readonly string[];
  /** API of the GitHub that names without a host mean. @defaultValue that of github.com */
  readonly githubApi?: string | undefined;
}
