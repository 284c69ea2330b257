import { afterAll, beforeAll, describe } from 'vitest';
import { describeAddresses } from './describe-addresses.ts';
import { describeBodies } from './describe-bodies.ts';
import { describeConnections } from './describe-connections.ts';
import { describeEnd } from './describe-end.ts';
import { describeLimits } from './describe-limits.ts';
import { describeLog } from './describe-log.ts';
import { describeMetrics } from './describe-metrics.ts';
import { describeOpenApi } from './describe-openapi.ts';
import { describeProbes } from './describe-probes.ts';
import { describeResults } from './describe-results.ts';
import { describeUserView } from './describe-user-view.ts';
import { startPubStub, type PubStub } from './pub-stub.ts';
import type { StartedWrapper, WrapperCapabilities, WrapperHarness } from './wrapper-harness.ts';
import { AUTH_TOKEN, IDENTITY, MAX_BODY_BYTES, type WrapperSuite } from './wrapper-suite.ts';

/** A compiler that starts with nothing may take minutes. */
const BUILD_TIMEOUT_MS = 15 * 60_000;

/**
 * What every wrapper owes to callers, to the platform and to dashboards (docs/reference/wrapper-contract.md), run
 * against each of them from outside.
 *
 * @param capabilities - what is true of this one and cannot be asked of all.
 * @param create - builds its conformance job; called once.
 */
export function describeWrapper(
  title: string,
  capabilities: WrapperCapabilities,
  create: () => Promise<WrapperHarness>,
): void {
  const { missing } = capabilities;
  describe.skipIf(missing !== undefined)(
    `${title}${missing === undefined ? '' : ` (skipped: ${missing})`}`,
    { concurrent: true },
    () => {
      const suite = prepareSuite(capabilities, create);
      describeEnd(suite);
      describeLimits(suite);
      describeProbes(suite);
      describeAddresses(suite);
      describeBodies(suite);
      describeResults(suite);
      describeConnections(suite);
      describeUserView(suite);
      describeLog(suite);
      describeMetrics(suite);
      describeOpenApi(suite);
    },
  );
}

function prepareSuite(
  capabilities: WrapperCapabilities,
  create: () => Promise<WrapperHarness>,
): WrapperSuite {
  let harness: WrapperHarness | undefined;
  let stub: PubStub | undefined;
  let shared: StartedWrapper | undefined;
  let told: StartedWrapper | undefined;
  const start: WrapperSuite['start'] = async ({ env, ...options } = {}) => {
    if (harness === undefined || stub === undefined) throw new Error('the conformance job is not built');
    return await harness.start({ ...options, env: { PUB_URL: stub.url, AUTH_TOKEN, ...env } });
  };
  beforeAll(async () => {
    stub = await startPubStub();
    harness = await create();
    shared = await start({ env: { JOB_MAX_BODY_BYTES: String(MAX_BODY_BYTES) } });
    told = await start({ env: IDENTITY });
  }, BUILD_TIMEOUT_MS);
  afterAll(async () => {
    await harness?.[Symbol.asyncDispose]();
    await stub?.[Symbol.asyncDispose]();
  });
  return {
    capabilities,
    start,
    pub: () => stub ?? fail(),
    shared: async () => await (shared ?? fail()).untilReady(),
    told: async () => await (told ?? fail()).untilReady(),
  };
}

function fail(): never {
  throw new Error('the conformance job is not built');
}
