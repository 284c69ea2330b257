import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { z } from 'zod';
import { sampleCallsSchema, type SampleCalls } from './sample-calls.ts';

const SAMPLES_DIR = fileURLToPath(new URL('../../../sample', import.meta.url));

export interface Sample extends SampleCalls {
  /** Name of its folder. */
  readonly folder: string;
  /** Absolute. */
  readonly directory: string;
  /** Of the job, as its manifest says. */
  readonly jobName: string;
  /** Why it cannot run on this machine. */
  readonly obstacle: string | undefined;
}

/**
 * Reads every sample that declares calls, by name.
 *
 * @throws when a `calls.yaml` is not as it should be, naming it.
 */
export function loadSamples(): Sample[] {
  const folders = readdirSync(SAMPLES_DIR).filter((name) =>
    existsSync(join(SAMPLES_DIR, name, 'calls.yaml')),
  );
  const samples = folders.sort().map((folder) => loadSample(folder));
  for (const { folder, needs } of samples) {
    const unknown = needs.find((name) => !folders.includes(name));
    if (unknown !== undefined)
      throw new Error(`sample/${folder}/calls.yaml needs ${unknown}, which is no sample`);
  }
  return samples;
}

function loadSample(folder: string): Sample {
  const directory = join(SAMPLES_DIR, folder);
  const read = (name: string): unknown => parse(readFileSync(join(directory, name), 'utf8'));
  const calls = sampleCallsSchema.safeParse(read('calls.yaml'));
  if (!calls.success) throw new Error(`sample/${folder}/calls.yaml: ${z.prettifyError(calls.error)}`);
  const { name } = z.object({ name: z.string() }).parse(read('job.yaml'));
  const { needsToolchain } = calls.data;
  const isMissing = needsToolchain !== undefined && !hasProgram(needsToolchain);
  return {
    ...calls.data,
    folder,
    directory,
    jobName: name,
    obstacle: isMissing ? `this machine has no ${needsToolchain}` : undefined,
  };
}

function hasProgram(name: string): boolean {
  return (process.env['PATH'] ?? '').split(delimiter).some((directory) => existsSync(join(directory, name)));
}
