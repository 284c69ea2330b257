import { describe, expect, test } from 'vitest';
import { waitUntil } from '../wait-until.ts';
import type { StartedWrapper } from './wrapper-harness.ts';
import { AUTH_TOKEN, call, makeWord, PERFORM, type WrapperSuite } from './wrapper-suite.ts';

const INFO = /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] INFO {2}/;
const ERROR = /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] ERROR /;

/** What the author of a job reads. */
export function describeLog({ shared, told, start }: WrapperSuite): void {
  describe('log', () => {
    test('a line of the job’s code carries the tracing id of its call', async () => {
      const wrapper = await shared();
      const [message, trace] = [makeWord('message'), makeWord('trace')];

      await call(wrapper, { mode: 'log', message }, traced(trace));
      const line = await findLine(wrapper, (each) => each.includes(message));

      expect(line).toMatch(INFO);
      expect(line).toContain(`tracing_id=${trace}`);
      expect(line).not.toContain('caller_name');
    });

    test('an answered request is one line, without its query', async () => {
      const wrapper = await shared();
      const trace = makeWord('trace');

      await wrapper.request(`/pub/job/adder/1.0.0${PERFORM}?key=secret-of-a-query`, {
        json: { mode: 'add', numbers: [40, 2] },
        ...traced(trace),
      });
      const line = await findLine(wrapper, (each) => each.includes(trace));

      expect(line.replace(INFO, '')).toBe(`POST /pub/job/adder/1.0.0${PERFORM} 200, tracing_id=${trace}`);
      expect((await wrapper.log()).join('\n')).not.toContain('secret-of-a-query');
    });

    test('an error of the job’s code is an error with the id that its caller got', async () => {
      const wrapper = await shared();
      const [message, trace] = [makeWord('failure'), makeWord('trace')];

      await call(wrapper, { mode: 'fail', message }, traced(trace));
      const line = await findLine(wrapper, (each) => each.includes(message));

      expect(line).toMatch(ERROR);
      expect(line).toContain(`tracing_id=${trace}`);
    });

    test('probes that succeed and secrets are not in it', async () => {
      const wrapper = await shared();
      const trace = makeWord('trace');
      for (const path of ['/live', '/ready', '/health', '/metrics']) await wrapper.request(path);
      await call(
        wrapper,
        { mode: 'headers' },
        { headers: { 'X-Racetrack-Auth': 'secret-of-a-caller', 'X-Request-Tracing-Id': trace } },
      );
      await findLine(wrapper, (each) => each.includes(trace));

      const text = (await wrapper.log()).join('\n');

      expect(text).not.toMatch(/\/(?:live|ready|health|metrics) 200/);
      expect(text).not.toContain('secret-of-a-caller');
      expect(text).not.toContain(AUTH_TOKEN);
    });

    test('lines are JSON when the platform wants them so, with the caller', async () => {
      const wrapper = await told();
      const [message, trace] = [makeWord('message'), makeWord('trace')];
      const headers = { 'X-Own-Trace': trace, 'X-Own-Caller': 'alice' };

      await call(wrapper, { mode: 'log', message }, { headers });
      const own = await findLine(wrapper, (each) => each.includes(message));
      const access = await findLine(wrapper, (each) => each.includes(trace) && each.includes('POST'));

      expect(JSON.parse(own)).toMatchObject({
        time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/),
        lvl: 'INFO',
        msg: message,
        tracing_id: trace,
        caller_name: 'alice',
      });
      expect(JSON.parse(access)).toMatchObject({
        lvl: 'INFO',
        msg: `POST ${PERFORM} 200`,
        tracing_id: trace,
        caller_name: 'alice',
      });
      for (const line of await wrapper.log()) expect(() => JSON.parse(line) as unknown).not.toThrow();
    });

    test('only lines of the wanted level and above are in it', async () => {
      const wrapper = await (
        await start({ env: { LOG_LEVEL: 'ERROR', LOG_CALLER_NAME: 'yes' } })
      ).untilReady();
      const [message, failure] = [makeWord('message'), makeWord('failure')];

      await call(wrapper, { mode: 'log', message });
      await call(wrapper, { mode: 'fail', message: failure }, { headers: { 'X-Caller-Name': 'alice' } });
      const line = await findLine(wrapper, (each) => each.includes(failure));

      expect(line).toMatch(ERROR);
      expect(line).toContain('caller_name=alice');
      expect((await wrapper.log()).join('\n')).not.toMatch(/ INFO |message-/);
    });
  });
}

function traced(id: string): { readonly headers: Readonly<Record<string, string>> } {
  return { headers: { 'X-Request-Tracing-Id': id } };
}

async function findLine(wrapper: StartedWrapper, matches: (line: string) => boolean): Promise<string> {
  return await waitUntil('a line of the log', async () => (await wrapper.log()).find(matches));
}
