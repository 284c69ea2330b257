import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { waitUntil } from '@racetrack-platform/testing';
import { expect } from 'vitest';
import type { Platform } from '../support/platform.ts';
import { checkAnswer } from './check-answer.ts';
import { converse } from './converse.ts';
import type { Sample } from './load-samples.ts';
import type { SampleCall } from './sample-calls.ts';

/** Makes the calls of a deployed sample one after the other, and compares what comes with what is declared. */
export async function callSample(platform: Platform, token: string, sample: Sample): Promise<void> {
  await checkManifest(platform, token, sample);
  for (const call of sample.calls) {
    const attempt = async (): Promise<void> => await makeCall(platform, token, sample, call);
    if (call.eventually)
      await waitUntil(nameCall(sample, call), async () => await succeeds(attempt)).catch(attempt);
    else await attempt();
  }
  await checkLogs(platform, sample);
}

async function makeCall(platform: Platform, token: string, sample: Sample, call: SampleCall): Promise<void> {
  const pub = `${platform.endpoints.pub}/pub`;
  const url = `${pub}/job/${sample.jobName}/latest${call.path}`;
  const headers = { ...(!call.anonymous && { 'x-racetrack-auth': token }), ...call.headers };
  const response =
    call.sends === undefined
      ? await send(url, headers, call, await composeBody(pub, sample, call))
      : await converse(url, headers, call.sends);
  try {
    await checkAnswer(sample.directory, call.expect, response);
  } catch (error) {
    throw new Error(`${nameCall(sample, call)} is not answered as declared`, { cause: error });
  }
}

async function send(
  url: string,
  headers: Readonly<Record<string, string>>,
  { method }: SampleCall,
  { body, type }: Awaited<ReturnType<typeof composeBody>>,
): Promise<Response> {
  return await fetch(url, {
    method,
    redirect: 'manual',
    headers: { ...(type !== undefined && { 'content-type': type }), ...headers },
    ...(body !== undefined && { body }),
  });
}

function nameCall({ folder }: Sample, { title, method, path }: SampleCall): string {
  return `${folder}: ${title ?? `${method} ${path}`}`;
}

async function succeeds(attempt: () => Promise<void>): Promise<boolean> {
  return await attempt().then(
    () => true,
    () => false,
  );
}

async function composeBody(
  pub: string,
  { directory }: Sample,
  { body, form, files, method }: SampleCall,
): Promise<{ readonly body?: string | FormData; readonly type?: string }> {
  if (body !== undefined) {
    return { body: JSON.stringify(body).replaceAll('${pub}', pub), type: 'application/json' };
  }
  if (form !== undefined) {
    return { body: new URLSearchParams(form).toString(), type: 'application/x-www-form-urlencoded' };
  }
  if (files !== undefined) {
    const data = new FormData();
    for (const [field, path] of Object.entries(files)) {
      data.append(field, new Blob([await readFile(join(directory, path))]), basename(path));
    }
    return { body: data };
  }
  return method === 'POST' ? { body: '{}', type: 'application/json' } : {};
}

async function checkManifest(platform: Platform, token: string, sample: Sample): Promise<void> {
  if (sample.manifest === undefined) return;
  const response = await fetch(`${platform.endpoints.lifecycle}/api/v1/job/${sample.jobName}/latest`, {
    headers: { 'x-racetrack-auth': token },
  });
  expect(await response.json()).toMatchObject({
    manifest: sample.manifest,
  });
}

async function checkLogs(platform: Platform, { jobName, logs }: Sample): Promise<void> {
  if (logs.length === 0) return;
  let found = '';
  await waitUntil(`the log lines of ${jobName}`, async () => {
    found = (await platform.cli(['logs', jobName])).stdout;
    return logs.every((pattern) => new RegExp(pattern, 'mu').test(found));
  }).catch(() => undefined);
  for (const pattern of logs) expect(found).toMatch(new RegExp(pattern, 'mu'));
}
