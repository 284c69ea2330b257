import type { PluginSource } from './open-plugin-app.ts';

const DOCKERFILE = 'FROM scratch\n';

function manifestOf(name: string, version: string, category: string): string {
  return `name: ${name}\nversion: "${version}"\ncategory: ${category}\n`;
}

/** A plugin of Racetrack 2.36 with a job type: `jobTypes` is what its hook answers, in Python. */
function jobTypePlugin(name: string, version: string, hook: string): PluginSource {
  return {
    'plugin-manifest.yaml': manifestOf(`${name}-job-type`, version, 'job-type'),
    'plugin.py': `from pathlib import Path\n\nclass Plugin:\n${hook
      .split('\n')
      .map((line) => `    ${line}`)
      .join('\n')}\n`,
    'job-template.Dockerfile': DOCKERFILE,
    'base.Dockerfile': DOCKERFILE,
    'job-1.Dockerfile': DOCKERFILE,
    'job-2.Dockerfile': DOCKERFILE,
  };
}

function images(name: string, list: string): string {
  return `def job_types(self) -> dict[str, dict]:
    return {f'${name}:{self.plugin_manifest.version}': {'images': [${list}]}}`;
}

/** In the formats of the six public job types, as they are now. */
export const CURRENT_FORMATS: readonly PluginSource[] = [
  jobTypePlugin(
    'python3',
    '2.15.1',
    images('python3', "{'dockerfile_path': 'job-template.Dockerfile', 'template': True}"),
  ),
  jobTypePlugin(
    'golang',
    '1.5.0',
    `def job_types(self) -> dict[str, list[str]]:
    return {f'golang:{self.plugin_manifest.version}': ['job-template.Dockerfile']}`,
  ),
  jobTypePlugin(
    'rust',
    '1.3.0',
    `def job_types(self) -> dict[str, tuple[Path, Path]]:
    return {f'rust:{self.plugin_manifest.version}':
        (self.plugin_dir / 'base.Dockerfile', self.plugin_dir / 'job-template.Dockerfile')}`,
  ),
  jobTypePlugin(
    'docker-proxy',
    '3.2.2',
    images(
      'docker-proxy',
      "{'dockerfile_path': 'job-template.Dockerfile'}, {'source': 'job', 'dockerfile_path': 'Dockerfile', 'template': False}",
    ),
  ),
  jobTypePlugin(
    'dockerfile',
    '1.0.0',
    images('dockerfile', "{'source': 'job', 'dockerfile_path': 'Dockerfile', 'template': True}"),
  ),
  jobTypePlugin(
    'hugo',
    '1.5.1',
    images(
      'hugo',
      "{'dockerfile_path': 'job-1.Dockerfile'}, {'source': 'jobtype', 'dockerfile_path': 'job-2.Dockerfile'}",
    ),
  ),
];

/** Of former years: an old name of the hook, the job's own Dockerfile as nothing. */
export const FORMER_FORMAT = jobTypePlugin(
  'old-proxy',
  '1.3.0',
  `def fatman_job_types(self):
    return {f'old-proxy:{self.plugin_manifest.version}':
        [(self.plugin_dir / 'base.Dockerfile', self.plugin_dir / 'job-template.Dockerfile'), (None, None)]}`,
);

/** Of the first year: its base image was built elsewhere. */
export const UNUSABLE_FORMAT = jobTypePlugin(
  'first',
  '1.0.0',
  `def fatman_job_types(self, docker_registry_prefix: str):
    return {'first': (f'{docker_registry_prefix}/base:1', self.plugin_dir / 'job-template.Dockerfile')}`,
);

/** An infrastructure plugin written against the inside of the original. */
export function originalInfrastructure(name: string): PluginSource {
  return {
    'plugin-manifest.yaml': manifestOf(name, '1.5.0', 'infrastructure'),
    'plugin.py': 'from lifecycle.deployer.base import JobDeployer\n\nclass Plugin:\n    pass\n',
  };
}

/** One of ours, in JavaScript; its `setup` is the body of a function that has `context`. */
export function ownPlugin(
  name: string,
  version: string,
  options: { readonly setup?: string; readonly category?: string; readonly fields?: string } = {},
): PluginSource {
  const { setup = '', category = 'core', fields = '' } = options;
  return {
    'plugin-manifest.yaml': manifestOf(name, version, category),
    'plugin.js': `import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
export default {
  id: '${name}', version: '${version}', apiVersion: 1, category: '${category}', ${fields}
  setup(context) {
    appendFileSync(join(context.dataDir, 'loads'), '.');
    const loads = () => readFileSync(join(context.dataDir, 'loads'), 'utf8').length;
    ${setup}
  },
};
`,
  };
}

/** A target that runs nothing. */
export function targetPlugin(name: string, version: string, target: string): PluginSource {
  return ownPlugin(name, version, {
    category: 'infrastructure',
    setup: `context.addInfrastructureTarget({
      name: '${target}', runs: 'native', scope: 'shared',
      launch() { throw new Error('nothing runs here'); }, async remove() {},
      async observeAll() { return []; }, async *logs() {}, async stats() { return []; },
    });`,
  });
}
