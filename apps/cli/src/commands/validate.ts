import { dumpManifestYaml } from '@racetrack-platform/manifest';
import { messageOf, PlatformError } from '@racetrack-platform/errors';
import { z } from 'zod';
import type { CommandContext } from '../command/command-context.ts';
import { defineCommand } from '../command/define-command.ts';
import { checkFolder } from '../deploy/check-folder.ts';
import { readJob, type Job } from '../deploy/read-job.ts';
import { readSecretVars } from '../deploy/secret-vars.ts';

const inputSchema = z.object({
  path: z.string().min(1).optional(),
  extraVars: z.array(z.string()).default([]),
  strict: z.boolean().default(false),
});
type ValidateInput = z.infer<typeof inputSchema>;

interface ValidateResult {
  readonly valid: true;
  readonly path: string;
  readonly warnings: readonly string[];
  /** Effective: merged, overridden, with defaults. */
  readonly manifest: Record<string, unknown>;
}

const NO_FINDINGS = { warnings: [], remarks: [] } as const;

/** `racetrack validate`: works offline and reads no configuration. */
export const validateCommand = defineCommand<ValidateInput, ValidateResult>({
  input: inputSchema,
  async run(context, input) {
    const job = await readJob(context, {
      workdir: input.path,
      extraVars: input.extraVars,
      strict: input.strict,
      acceptsPipe: false,
    });
    const hasFolder = input.path !== '-';
    const folder = hasFolder ? await checkFolder(job, context.io.signal) : NO_FINDINGS;
    const warnings = [...job.warnings, ...(await checkSecretFiles(context, job)), ...folder.warnings];
    if (input.strict && warnings.length > 0) {
      throw new PlatformError('MANIFEST_INVALID', warnings.join('\n'), {
        hint: 'Correct it, or validate without --strict.',
      });
    }
    for (const warning of warnings) context.log.warn(warning);
    for (const remark of folder.remarks) context.log.note(remark);
    context.log.info(`Manifest file "${job.workdir}" is valid`);
    return { valid: true, path: job.workdir, warnings, manifest: withoutNulls(job.manifest) };
  },
  render: ({ manifest }) => `${dumpManifestYaml(manifest, { sortKeys: true }).trimEnd()}\n\n`,
});

async function checkSecretFiles({ log }: CommandContext, job: Job): Promise<string[]> {
  try {
    await readSecretVars(log, job);
    return [];
  } catch (error) {
    if (!PlatformError.is(error)) throw error;
    return [messageOf(error)];
  }
}

/** As the original prints it: null values are left out. */
function withoutNulls(value: object): Record<string, unknown> {
  const entries = Object.entries(value).filter(([, entry]) => entry !== null && entry !== undefined);
  return Object.fromEntries(
    entries.map(([key, entry]) => [key, isPlainObject(entry) ? withoutNulls(entry) : entry]),
  );
}

function isPlainObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
