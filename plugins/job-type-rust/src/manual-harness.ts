import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import { readFlag, readPage } from '@racetrack-platform/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startRustJob, type RunningJob } from './rust-job-harness.ts';

const PAGE = fileURLToPath(new URL('../../../docs/job_types/rust.md', import.meta.url));
/** A cold compiler takes minutes on a small machine. */
const BUILD_TIMEOUT_MS = 15 * 60_000;

/** One job of all examples: each is a module of it, and called by its name. */
const ROOT_MODULE = `mod adder;
mod booking;
mod order;
mod rounded;
mod shop;

use serde::Deserialize;
use serde_json::{json, Value};

#[derive(Deserialize)]
pub struct Call {
    adder: Option<std::collections::HashMap<String, Value>>,
    booking: Option<booking::Input>,
    order: Option<order::Order>,
    rounded: Option<rounded::Numbers>,
    shop: Option<shop::Query>,
}

pub async fn perform(call: Call) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
    if let Some(input) = call.booking {
        return match booking::perform(input) {
            Ok(answer) => Ok(json!(answer)),
            Err(error) => match error.downcast::<racetrack_job::Error>() {
                Ok(own) => Err(own),
                Err(other) => Err(other.to_string().into()),
            },
        };
    }
    Ok(match (call.adder, call.order, call.rounded, call.shop) {
        (Some(input), ..) => adder::perform(input),
        (_, Some(input), ..) => json!(order::perform(input)),
        (_, _, Some(input), _) => json!(rounded::perform(input).await?),
        (.., Some(input)) => json!(shop::perform(input)?),
        _ => json!(rounded::docs_input_example()),
    })
}
`;

/**
 * The examples of the job type's page in the manual, compiled as one job and called.
 *
 * @param skipped - why not, if so.
 * @param prepareEnvironment - answers a folder with the compiled wrapper.
 */
export function describeManual(skipped: string | undefined, prepareEnvironment: () => Promise<string>): void {
  describe.skipIf(skipped !== undefined)(
    `the examples of docs/job_types/rust.md${skipped === undefined ? '' : ` (skipped: ${skipped})`}`,
    () => {
      let modules: Readonly<Record<string, string>>;
      let job: RunningJob;
      /** Stands for the platform: the job `adder` is there in versions 1.x. */
      const pub = createServer((request, response) => {
        const isAdder = request.url === '/pub/job/adder/1.x/api/v1/perform';
        response.writeHead(isAdder ? 200 : 404).end(isAdder ? '42.4' : '{}');
      });

      beforeAll(async () => {
        await once(pub.listen(0, '127.0.0.1'), 'listening');
        modules = await readModules();
        const files = { 'mod.rs': ROOT_MODULE, ...modules };
        const address = `http://127.0.0.1:${(pub.address() as AddressInfo).port}/pub`;
        job = await startRustJob(files, await prepareEnvironment(), { PUB_URL: address });
      }, BUILD_TIMEOUT_MS);

      afterAll(async () => {
        pub.closeAllConnections();
        pub.close();
        await job[Symbol.asyncDispose]();
      });

      test('are all called', () => {
        const unknown = Object.keys(modules).filter(
          (path) => !ROOT_MODULE.includes(`mod ${path.split('/')[0]};`),
        );

        expect(unknown).toEqual([]);
      });

      test.each([
        ['adder', { numbers: [40, 2] }, 200, 42],
        ['adder', {}, 500, {}],
        ['order', { prices: [30, 10], discount: 0.5 }, 200, { total: 20, currency: 'EUR' }],
        ['order', { prices: [1], currency: 'USD' }, 200, { total: 1, currency: 'USD' }],
        [
          'order',
          { prices: ['dear'] },
          400,
          { error: 'argument `order.prices[0]`: invalid type: string "dear", expected f64' },
        ],
        ['order', { discount: 0.5 }, 400, { error: expect.stringContaining('missing field `prices`') }],
        [
          'order',
          { prices: [], haste: 1 },
          400,
          { error: expect.stringMatching(/^unknown argument .*haste/) },
        ],
        ['shop', { item: 'tea' }, 200, 2.5],
        ['shop', { item: 'cup' }, 404, { error: 'there is no cup' }],
        ['booking', { seat: 1 }, 200, 'booked'],
        ['booking', { seat: 0 }, 400, { error: 'seat 0 does not exist' }],
        ['booking', { seat: 13 }, 409, { error: 'seat 13 is taken' }],
        ['booking', { seat: 101 }, 500, { error: 'the plan of seats is lost' }],
        ['rounded', { numbers: [40, 2.4] }, 200, 42],
      ])('%s with %j answers %i %j', async (example, input, status, answer) => {
        expect(await job.call('/api/v1/perform', { [example]: input })).toMatchObject({
          status,
          body: answer,
        });
      });
    },
  );
}

/** The page's files. */
async function readModules(): Promise<Record<string, string>> {
  const { blocks } = readPage(await readFile(PAGE, 'utf8'));
  const files = blocks.flatMap((block) => {
    const { language, text } = block;
    const name = readFlag(block, 'file');
    return language === 'rust' && name !== undefined ? [[name, `${text}\n`] as const] : [];
  });
  return Object.fromEntries(files);
}
