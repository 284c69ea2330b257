import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { definePlugin, type InfrastructureTarget, type Plugin } from '@racetrack-platform/plugin-sdk';
import toyJobType from '../../toy-job-type/src/index.ts';

/** What a test wants its hooks to do: the file `orders.json` of the plugin's directory. */
interface Orders {
  readonly variables?: Readonly<Record<string, string>>;
  /** By the hook's name: what it throws. */
  readonly failures?: Readonly<Record<string, string>>;
  /** Hooks that never answer. */
  readonly stuck?: readonly string[];
}

/**
 * Every hook, each writing down in `events.jsonl` what it was told; a job type `ruled` with rules; and a target for
 * containers, `crate`, where nothing can run.
 */
const plugin: Plugin = definePlugin({
  id: 'toy-hooks',
  version: '1.0.0',
  apiVersion: 1,
  category: 'core',
  async setup(context) {
    const { dataDir, addHooks, addJobType, addInfrastructureTarget } = context;
    const orders = join(dataDir, 'orders.json');
    const obey = async (hook: string, told: object = {}): Promise<Orders> => {
      const wanted: Orders = existsSync(orders) ? JSON.parse(readFileSync(orders, 'utf8')) : {};
      appendFileSync(join(dataDir, 'events.jsonl'), `${JSON.stringify({ hook, ...told })}\n`);
      if (wanted.stuck?.includes(hook) === true) await new Promise(() => {});
      const failure = wanted.failures?.[hook];
      if (failure !== undefined) throw new Error(failure);
      return wanted;
    };
    await toyJobType.setup({
      ...context,
      addJobType: (jobType) =>
        addJobType({
          ...jobType,
          name: 'ruled',
          extraSchema: { type: 'object', properties: { port: { type: 'integer' } } },
        }),
    });
    addInfrastructureTarget(CRATE);
    addHooks({
      jobRuntimeEnvVars: async () => (await obey('job_runtime_env_vars')).variables ?? {},
      validateJobManifest: async (request) => void (await obey('validate_job_manifest', request)),
      postJobDeploy: async (event) => void (await obey('post_job_deploy', event)),
      postJobDelete: async (event) => void (await obey('post_job_delete', event)),
    });
  },
});

export default plugin;

const CRATE: InfrastructureTarget = {
  name: 'crate',
  runs: 'container',
  scope: 'host',
  launch: async () => await Promise.reject(new Error('nothing runs here')),
  remove: async () => {},
  observeAll: async () => [],
  async *logs() {},
  stats: async () => [],
};
