import { parseManifest } from '@racetrack-platform/manifest';
import { describe, expect, test } from 'vitest';
import { renderTemplate } from '../render-template.ts';
import { makeDockerfileVariables } from './make-dockerfile-variables.ts';

function render(source: string, fields: Record<string, unknown> = {}): string {
  const { manifest } = parseManifest(
    {
      name: 'adder',
      owner_email: 'me@example.com',
      version: '1.2.0',
      git: { remote: 'https://example.com/jobs' },
      jobtype: 'golang:latest',
      ...fields,
    },
    { source: 'job.yaml' },
  );
  const facts = { manifest, gitVersion: 'v1-0-gabc', racetrackVersion: '2.36.0', jobTypeVersion: '1.5.0' };
  return renderTemplate({ source, name: 'Dockerfile', variables: makeDockerfileVariables(facts) });
}

describe('makeDockerfileVariables', () => {
  test('offers the variables of Racetrack 2.36', () => {
    const source =
      '{{ manifest.name }} {{ manifest.git.remote }} {{ manifest.get_jobtype() }} {{ git_version }} ' +
      '{{ deployed_by_racetrack_version }} {{ job_type_version }} [{{ base_image }}] {{ resource_name }} {{ env_vars }}';

    expect(render(source, { build_env: { A: 'b' } })).toBe(
      "adder https://example.com/jobs golang:latest v1-0-gabc 2.36.0 1.5.0 [] job-adder-v-1-2-0 {'A': 'b'}",
    );
  });

  test('lets a template leave out what the manifest leaves out', () => {
    const source =
      '{% if manifest.system_dependencies and manifest.system_dependencies|length > 0 %}deps{% endif %}' +
      '{% if manifest.golang.gomod %}gomod{% endif %}{% for k, v in env_vars.items() %}{{ k }}{% endfor %}' +
      '{{ manifest_jobtype_extra.get("python_version", "3.11") }}{{ manifest.no_such_field }}';

    expect(render(source)).toBe('3.11');
  });

  test.each(['jobtype_extra', 'golang', 'python', 'wrapper_properties'])(
    'answers the settings of the job type under every name, when they are given as %s',
    (field) => {
      const source =
        '{{ manifest.jobtype_extra.gomod }} {{ manifest.golang["gomod"] }} {{ manifest.python.gomod }} ' +
        '{{ manifest.wrapper_properties.gomod }} {{ manifest.get_jobtype_extra().gomod }} {{ manifest_jobtype_extra.gomod }}';

      expect(render(source, { [field]: { gomod: 'm' } })).toBe('m m m m m m');
    },
  );

  test('reads a version as text, also where YAML takes it for a number', () => {
    const source =
      "{{ manifest.jobtype_extra.python_version.replace('.', '') }} {{ manifest_jobtype_extra.version == '2' }} " +
      '{{ manifest.get_jobtype_extra().conversions + 1 }}';

    expect(render(source, { jobtype_extra: { python_version: 3.11, version: 2, conversions: 1 } })).toBe(
      '311 True 2',
    );
  });

  test('keeps values of the manifest on one line, wherever a template finds them', () => {
    const fields = { jobtype_extra: { title: 'a\nRUN b' } };

    expect(() => render('{{ manifest.get_jobtype_extra().title }}', fields)).toThrow('line break');
    expect(() => render('{{ manifest.jobtype_extra["title"] }}', fields)).toThrow('line break');
    expect(() => render('{{ manifest_jobtype_extra.title }}', fields)).toThrow('line break');
  });
});
