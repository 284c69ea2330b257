import { once } from 'node:events';

const LIMIT_MS = 20_000;

/**
 * Talks with a job over a WebSocket: sends each text once the one before it has been answered.
 *
 * @param url - with `http`.
 * @returns the answers, as JSON texts in an answer of HTTP, to be compared like all others.
 */
export async function converse(
  url: string,
  headers: Readonly<Record<string, string>>,
  texts: readonly string[],
): Promise<Response> {
  const socket = new WebSocket(url.replace(/^http/, 'ws'), { headers });
  const signal = AbortSignal.timeout(LIMIT_MS);
  const next = async (event: string): Promise<Event> => {
    const failure = once(socket, 'close', { signal }).then(() => {
      throw new Error(`the WebSocket was closed, or not opened, before its ${event}`);
    });
    return (await Promise.race([once(socket, event, { signal }), failure]))[0] as Event;
  };
  try {
    await next('open');
    const answers: unknown[] = [];
    for (const text of texts) {
      const answer = next('message');
      socket.send(text);
      answers.push(JSON.parse(String(((await answer) as MessageEvent).data)));
    }
    return new Response(JSON.stringify(answers));
  } finally {
    socket.close();
  }
}
