import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { StaticFile } from '../shared/protocol.ts';
import type { Reply, Sender } from './reply.ts';
import { answerJson } from './responses.ts';

const NOBODY: Sender = { onDrain: () => undefined, onGone: () => undefined };

/** Answers with a file of the job. */
export async function answerFile(reply: Reply, { file, mediaType }: StaticFile): Promise<void> {
  const facts = await stat(file).catch(() => undefined);
  if (facts === undefined) {
    const error = 'Not Found: the file is no longer there';
    return answerJson(reply, 404, { error, detail: error });
  }
  const { size } = facts;
  if (size === 0 || reply.isHeadOnly) {
    reply.begin(mediaType, size, NOBODY);
    return reply.end();
  }
  // It may grow while it is read; what has been announced is what is sent.
  const source = createReadStream(file, { end: size - 1 });
  let sent = 0;
  reply.begin(mediaType, size, {
    onDrain: () => source.resume(),
    onGone: () => source.destroy(),
  });
  source.on('data', (chunk) => {
    sent += chunk.length;
    if (!reply.write(chunk)) source.pause();
  });
  source.on('error', () => reply.destroy());
  source.on('end', () => (sent === size ? reply.end() : reply.destroy()));
}
