import { basename, resolve } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import { isPluginName } from '@racetrack-platform/plugin-package';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { sayResult } from '../command/say-result.ts';
import { writeSkeleton, type SkeletonKind } from '../plugins/write-skeleton.ts';

const inputSchema = z.object({
  name: z.string(),
  type: z.enum(['job-type', 'target', 'core']).default('job-type'),
  language: z.enum(['typescript', 'python']).default('typescript'),
});

/** Job types and targets are named after it, and targets derive names of resources from those. */
const NAME = /^[a-z][a-z0-9-]*$/;

type InitInput = z.infer<typeof inputSchema>;

interface InitResult {
  readonly name: string;
  /** Absolute. */
  readonly path: string;
  readonly files: readonly string[];
}

/** `racetrack plugin init`: what it writes can be validated and bundled as it is. */
export const pluginInitCommand = defineCommand<InitInput, InitResult>({
  input: inputSchema,
  async run(context, input) {
    const { name } = input;
    if (/[/\\]/.test(name) || /^\.+$/.test(name)) {
      throw new PlatformError(
        'USAGE',
        `${JSON.stringify(name.slice(0, 80))} is a path, not the name of a plugin`,
        {
          hint: `The plugin is written into a new directory of its name, in the current one: change to where it belongs, then racetrack plugin init ${exampleOf(name)}`,
        },
      );
    }
    if (!isPluginName(name) || !NAME.test(name)) {
      throw new PlatformError('USAGE', `${JSON.stringify(name.slice(0, 80))} is not a name for a plugin`, {
        hint: 'Use lower-case letters, digits and -, beginning with a letter, such as ruby-job-type.',
      });
    }
    const path = resolve(context.io.cwd, name);
    const files = await writeSkeleton(chooseSkeleton(input), name, path);
    sayResult(context, `plugin ${name} has been written to: ${path}`);
    sayResult(context, `Next: cd ${name}; racetrack plugin validate; racetrack plugin bundle`);
    return { name, path, files };
  },
  render: () => '',
});

function chooseSkeleton({ type, language }: InitInput): SkeletonKind {
  if (type !== 'target') return `${language}-${type}`;
  if (language === 'typescript') return 'typescript-target';
  throw new PlatformError('NOT_SUPPORTED', 'infrastructure targets are not written in Python here', {
    hint: 'Leave out --language python; a target in TypeScript can run any program.',
  });
}

function exampleOf(path: string): string {
  const last = basename(path.replaceAll('\\', '/'));
  return NAME.test(last) ? last : 'ruby-job-type';
}
