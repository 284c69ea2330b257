import { EXIT_CODES } from '@racetrack-platform/errors';
import { PRODUCT_VERSION, COMPATIBLE_VERSION } from '@racetrack-platform/contracts';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { DEFAULT_PATTERNS } from '@racetrack-platform/plugin-package';
import { COMMANDS } from './command-table.ts';

const reference = readFileSync(new URL('../../../../docs/reference/cli.md', import.meta.url), 'utf8');

describe('docs/reference/cli.md', () => {
  test.each(COMMANDS.map((spec) => spec.path.join(' ')))('names the command %s', (name) => {
    expect(reference).toMatch(new RegExp(`\`${name}[ \`]`));
  });

  const flags = COMMANDS.flatMap(({ options }) =>
    options.flatMap((option) => option.flags.match(/--?[\w-]+/g) ?? []),
  );

  test.each([...new Set(flags)])('names the option %s', (flag) => {
    expect(reference).toMatch(new RegExp(`\`${flag}[ \`]`));
  });

  test.each(Object.values(EXIT_CODES))('explains exit code %i', (exitCode) => {
    expect(reference).toContain(`| ${exitCode} |`);
  });

  test('names what is always left out of a build context', () => {
    expect(DEFAULT_PATTERNS.every((pattern) => reference.includes(`\`${pattern}\``))).toBe(true);
  });
});

test('the version that is printed is that of the product', async () => {
  const { versionCommand } = await import('./version.ts');
  const printed: string[] = [];
  const context = {
    io: { stdout: { write: (text: string) => printed.push(text) } },
    log: { clearStatus: () => undefined },
    format: 'text',
  };

  await versionCommand.execute(context as never, {});

  expect(packageJson.version).toBe(PRODUCT_VERSION);
  expect(printed.join('')).toBe(
    `racetrack-client version ${PRODUCT_VERSION} (compatible with Racetrack ${COMPATIBLE_VERSION})\n`,
  );
});
