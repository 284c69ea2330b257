import { readFileSync } from 'node:fs';
import type { Plugin } from '@racetrack-platform/plugin-sdk';

/** The version of the manifest, which `racetrack plugin bundle --plugin-version` may replace. */
const manifest = readFileSync(new URL('plugin-manifest.yaml', import.meta.url), 'utf8');
const version = /^version: *['"]?([^'"\s]+)/m.exec(manifest)?.[1] ?? '0.0.0';

/** Hears of what happens to jobs of every type. Only types are imported, so it runs as it is. */
export default {
  id: '__plugin__',
  version,
  apiVersion: 1,
  category: 'core',
  // What `racetrack plugin config set` may hold; anything else is refused.
  settingsSchema: {
    type: 'object',
    properties: { greeting: { type: 'string' } },
    additionalProperties: false,
  },
  setup({ settings, addHooks, log }) {
    const greeting = typeof settings['greeting'] === 'string' ? settings['greeting'] : 'hello';
    addHooks({
      // Every job gets these variables when it is launched.
      jobRuntimeEnvVars: () => ({ GREETING: greeting }),
      postJobDeploy({ job, deployerUsername }) {
        log('info', 'a job was deployed', { job: job.name, version: job.version, by: deployerUsername });
      },
      postJobDelete({ job, usernameExecutor }) {
        log('info', 'a job was deleted', { job: job.name, version: job.version, by: usernameExecutor });
      },
      // For `racetrack plugin run __plugin__ KEY=VALUE`.
      runAction: (parameters) => ({ received: parameters }),
      markdownDocs: () => '# __plugin__\n\nWrites to the log which jobs come and go.\n',
    });
  },
} satisfies Plugin;
