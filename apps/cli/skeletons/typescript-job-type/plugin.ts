import { readFileSync } from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';
import type { JobTypeManifest, Plugin } from '@racetrack-platform/plugin-sdk';

/** The version of the manifest, which `racetrack plugin bundle --plugin-version` may replace. */
const manifest = readFileSync(new URL('plugin-manifest.yaml', import.meta.url), 'utf8');
const version = /^version: *['"]?([^'"\s]+)/m.exec(manifest)?.[1] ?? '0.0.0';

/** Jobs are modules of JavaScript with a function `perform`. Only types are imported, so it runs as it is. */
export default {
  id: '__plugin__',
  version,
  apiVersion: 1,
  category: 'job-type',
  setup({ addJobType, log }) {
    addJobType({
      name: '__short__',
      version,
      // For targets that run containers.
      images: [{ source: 'jobtype', dockerfilePath: 'job-template.Dockerfile', template: true }],
      // For targets that run processes.
      planNative: async (job) => planNative(job),
    });
    log('info', 'job type __short__ is there');
  },
} satisfies Plugin;

/** Says how a job is prepared and run without a container. */
function planNative({ jobtypeExtra }: JobTypeManifest) {
  const entrypoint = jobtypeExtra['entrypoint_path'] ?? 'job.mjs';
  if (typeof entrypoint !== 'string' || !/^[\w-]+(?:[./][\w-]+)*$/.test(entrypoint)) {
    throw new Error('jobtype_extra.entrypoint_path has to be the path of a file of the job, such as job.mjs');
  }
  return {
    // Dependencies would be installed here, once for all jobs with the same `inputs` and `files`.
    environment: { inputs: {}, files: [], expiresAfterMs: null, steps: [] },
    requiredFiles: [{ path: entrypoint, field: 'jobtype_extra.entrypoint_path' }],
    steps: [{ title: 'Checking the syntax', command: [process.execPath, '--check', entrypoint] }],
    hostPaths: [dirname(process.execPath)],
    run: {
      command: [process.execPath, '${plugin}/wrapper.mjs', `\${source}/${entrypoint}`, '${socket}'],
      env: {},
      cwd: '${source}',
    },
  };
}
