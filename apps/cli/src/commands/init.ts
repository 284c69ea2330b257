import { stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import { z } from 'zod';
import type { CommandContext } from '../command/command-context.ts';
import { defineCommand } from '../command/define-command.ts';
import { sayResult } from '../command/say-result.ts';
import { findRepository, PLACEHOLDER_REMOTE } from '../init/find-repository.ts';
import { toJobName, toPackageName } from '../init/job-name.ts';
import { JOB_LANGUAGES, writeJob, type JobLanguage } from '../init/write-job.ts';
import { shellQuote } from '../output/shell-quote.ts';

const inputSchema = z.object({
  dir: z.string().min(1).default('.'),
  type: z.string().optional(),
  name: z.string().optional(),
});
type InitInput = z.infer<typeof inputSchema>;

interface InitResult {
  readonly name: string;
  readonly type: JobLanguage;
  /** Absolute. */
  readonly path: string;
  readonly files: readonly string[];
}

/** `racetrack init`: a job that works, with a test. */
export const initCommand = defineCommand<InitInput, InitResult>({
  input: inputSchema,
  async run(context, input) {
    const { io, log } = context;
    const type = await chooseLanguage(context, input.type);
    const path = resolve(io.cwd, input.dir);
    const name = chooseName(input.name, path);
    const ancestor = await findExisting(path);
    const repository = await findRepository(ancestor, io.signal);
    const isPlaceholder = repository.remote === undefined;
    const { written, kept } = await writeJob(
      type,
      {
        job: name,
        package: toPackageName(name),
        owner: repository.email ?? 'you@example.com',
        remote: repository.remote ?? `${PLACEHOLDER_REMOTE}${name}`,
        directory: isPlaceholder ? '.' : join(repository.directory, relative(ancestor, path)),
      },
      path,
    );
    sayResult(context, `job ${name} has been written to: ${path}`);
    for (const file of kept) log.note(`${file} was there already, and stays as it is`);
    if (isPlaceholder) {
      log.note(
        'There is no git remote yet: git.remote in job.yaml is an example. Until you replace it, deploy the',
      );
      log.note('files of the folder: racetrack deploy --build-context local');
    }
    const way = relative(io.cwd, path);
    sayResult(context, `Next: ${way === '' ? '' : `cd ${shellQuote(way)}; `}racetrack dev`);
    return { name, type, path, files: written };
  },
  render: () => '',
});

async function chooseLanguage({ io }: CommandContext, given: string | undefined): Promise<JobLanguage> {
  const list = JOB_LANGUAGES.join(', ');
  if (given === undefined && io.stdin.kind !== 'terminal') {
    throw new PlatformError('USAGE', 'the language of the job is missing', {
      hint: `Name it: racetrack init --type TYPE, one of ${list}`,
    });
  }
  const answer = given ?? (await io.ask(`Language of the job (${list}): `, { isSecret: false })).trim();
  const wanted = answer === 'python' ? 'python3' : answer === 'go' ? 'golang' : answer;
  const found = JOB_LANGUAGES.find((language) => language === wanted);
  if (found !== undefined) return found;
  throw new PlatformError(
    'USAGE',
    `there is no job to begin with for ${JSON.stringify(answer.slice(0, 80))}`,
    {
      hint: `Take one of ${list}`,
    },
  );
}

function chooseName(given: string | undefined, path: string): string {
  const name = toJobName(given ?? basename(path));
  if (given === undefined || name === given) return name;
  throw new PlatformError('USAGE', `${JSON.stringify(given.slice(0, 80))} is not a name for a job`, {
    hint: `Use at most 63 letters, digits, - and _, such as --name ${name}`,
  });
}

/** The directory itself, or the nearest above it that is there. */
async function findExisting(path: string): Promise<string> {
  const isThere = (await stat(path).catch(() => undefined))?.isDirectory() === true;
  return isThere || dirname(path) === path ? path : await findExisting(dirname(path));
}
