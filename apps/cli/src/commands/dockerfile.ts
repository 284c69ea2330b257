import type { DockerfileDto } from '@racetrack-platform/contracts';
import { PlatformError } from '@racetrack-platform/errors';
import { z } from 'zod';
import { defineCommand } from '../command/define-command.ts';
import { findDockerfiles } from '../deploy/find-dockerfiles.ts';
import { readJob } from '../deploy/read-job.ts';
import { terminalSafe } from '../output/terminal-safe.ts';
import { openSession } from '../remote/open-session.ts';

const inputSchema = z.object({
  workdir: z.string().min(1).optional(),
  remote: z.string().optional(),
  extraVars: z.array(z.string()).default([]),
  image: z.coerce.number().int().nonnegative().optional(),
});
type DockerfileInput = z.infer<typeof inputSchema>;

type Image = DockerfileDto['images'][number];

/** `racetrack dockerfile`: what a container target would build, rendered by the server. */
export const dockerfileCommand = defineCommand<DockerfileInput, DockerfileDto>({
  input: inputSchema,
  async run(context, { workdir, remote, extraVars, image }) {
    const job = await readJob(context, { workdir, extraVars, acceptsPipe: true });
    for (const warning of job.warnings) context.log.warn(warning);
    const session = await openSession(context, remote);
    const answer = await session.client.renderDockerfiles(
      { manifest: job.submitted, job_dockerfiles: await findDockerfiles(job) },
      { signal: context.io.signal },
    );
    return image === undefined ? answer : pickImage(answer, image);
  },
  render: ({ job_type: jobType, images }, { io }) =>
    terminalSafe(renderAll(jobType, images), io.stdout.isTerminal),
});

function pickImage(answer: DockerfileDto, number: number): DockerfileDto {
  const image = answer.images[number];
  if (image !== undefined) return { ...answer, images: [{ ...image, base: null }] };
  const count = answer.images.length;
  throw new PlatformError('USAGE', `${answer.job_type} has no container ${number}`, {
    hint: count === 1 ? 'It has one, number 0.' : `It has ${count}: 0 to ${count - 1}.`,
  });
}

function renderAll(jobType: string, images: readonly Image[]): string {
  const parts = images.flatMap(({ name, source, dockerfile_path: path, base, text }) => [
    ...(base === null
      ? []
      : [{ title: `${base.name} (${base.dockerfile_path} of ${jobType})`, text: base.text }]),
    { title: `${name} (${path} of ${source === 'job' ? 'the job' : jobType})`, text },
  ]);
  if (parts.length === 1) return parts.map(({ text }) => endLine(text)).join('');
  return parts
    .map(({ title, text }, index) => `# --- ${index + 1} of ${parts.length}: ${title}\n${endLine(text)}`)
    .join('\n');
}

function endLine(text: string): string {
  return text.endsWith('\n') ? text : `${text}\n`;
}
