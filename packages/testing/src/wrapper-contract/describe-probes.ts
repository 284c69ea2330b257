import { describe, expect, test } from 'vitest';
import { waitUntil } from '../wait-until.ts';
import { anError, present } from './error-shape.ts';
import { DEPLOYMENT_TIMESTAMP } from './start-wrapper.ts';
import { call, IDENTITY, PERFORM, type WrapperSuite } from './wrapper-suite.ts';

/** What a wrapper says of the job's state, from its first moment to a failure. */
export function describeProbes({ shared, told, start }: WrapperSuite): void {
  describe('probes', () => {
    test('are answered while the job initialises, and it takes no calls until then', async () => {
      const wrapper = await start({ env: { CONFORMANCE_INIT: 'slow' } });
      await waitUntil('the wrapper to listen', async () => (await wrapper.request('/live')).status > 0);

      const [live, ready, health, docs, metrics, perform, parameters] = await Promise.all([
        wrapper.request('/live'),
        wrapper.request('/ready'),
        wrapper.request('/health'),
        wrapper.request('/docs'),
        wrapper.request('/metrics'),
        call(wrapper, { mode: 'add', numbers: [40, 2] }),
        wrapper.request('/api/v1/parameters'),
      ]);

      expect([live.status, live.json()]).toEqual([
        200,
        { live: true, deployment_timestamp: DEPLOYMENT_TIMESTAMP },
      ]);
      expect([ready.status, ready.json()]).toEqual([500, { ready: false }]);
      expect(health.status).toBe(500);
      expect(health.json()).toMatchObject({ live: true, ready: false, status: 'fail', error: null });
      expect([docs.status, metrics.status]).toEqual([200, 200]);
      for (const answer of [perform, parameters]) {
        expect(present(answer)).toEqual(anError(404, { error: expect.stringMatching(/initiali[sz]/) }));
      }
      await wrapper.untilReady();
      expect((await call(wrapper, { mode: 'add', numbers: [40, 2] })).text).toBe('42');
    });

    test('say why the job could not be initialised, for as long as it is there', async () => {
      const wrapper = await start({ env: { CONFORMANCE_INIT: 'fail' } });
      await waitUntil('the failure', async () => (await wrapper.request('/live')).status === 500);

      const [live, ready, health, perform] = await Promise.all(
        ['/live', '/ready', '/health', PERFORM].map(async (path) => await wrapper.request(path)),
      );

      expect(live?.json()).toMatchObject({
        live: false,
        deployment_timestamp: DEPLOYMENT_TIMESTAMP,
        error: expect.stringContaining('the model is missing'),
      });
      expect([ready?.status, ready?.json()]).toEqual([500, { ready: false }]);
      expect(health?.status).toBe(500);
      expect(health?.json()).toMatchObject({
        live: false,
        ready: false,
        status: 'fail',
        error: expect.stringContaining('the model is missing'),
      });
      expect(perform?.status).toBe(404);
      expect((await wrapper.log()).join('\n')).toContain('the model is missing');
      expect(await wrapper.isRunning()).toBe(true);
    });

    test('tell who the job is', async () => {
      const health = await (await told()).request('/health');

      expect(health.status).toBe(200);
      expect(health.json()).toEqual({
        service: 'job',
        job_name: 'conformance',
        live: true,
        ready: true,
        status: 'pass',
        error: null,
        job_version: '1.2.3',
        git_version: IDENTITY.GIT_VERSION,
        deployed_by_racetrack_version: IDENTITY.DEPLOYED_BY_RACETRACK_VERSION,
        deployment_timestamp: DEPLOYMENT_TIMESTAMP,
        job_type_version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      });
    });

    test('tell nothing of what nobody told the job', async () => {
      const wrapper = await shared();

      const [live, ready, health] = await Promise.all(
        ['/live', '/ready', '/health'].map(async (path) => await wrapper.request(path)),
      );

      expect(live?.headers['content-type']).toMatch(/^application\/json\b/);
      expect([ready?.status, ready?.json()]).toEqual([200, { ready: true }]);
      expect(health?.json()).toMatchObject({ git_version: null, deployed_by_racetrack_version: null });
    });

    test('are answered while all of the code computes, and so are documents and metrics', async () => {
      const wrapper = await (await start()).untilReady();
      let ended = 0;
      const calls = Array.from({ length: 3 }, async () => {
        const answer = await call(wrapper, { mode: 'spin', seconds: 4 });
        ended += 1;
        return answer.text;
      });

      const paths = ['/live', '/ready', '/health', '/metrics', '/docs', '/openapi.json'];
      const answers = await Promise.all(paths.map(async (path) => await wrapper.request(path)));
      const endedMeanwhile = ended;

      expect(answers.map(({ status }) => status)).toEqual(paths.map(() => 200));
      expect(endedMeanwhile).toBeLessThan(calls.length);
      expect(await Promise.all(calls)).toEqual(calls.map(() => '"done"'));
    });
  });
}
