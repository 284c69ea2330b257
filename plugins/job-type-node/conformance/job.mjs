/* oxlint-disable no-console -- it prints as jobs do */
import { setTimeout as sleep } from 'node:timers/promises';
import { callJob, ValidationError } from 'racetrack-job';

const initialisation = process.env.CONFORMANCE_INIT;
if (initialisation === 'slow') await sleep(2000);
if (initialisation === 'fail') throw new Error('the model is missing');

const actions = {
  add: ({ numbers }) => numbers.reduce((sum, number) => sum + number, 0),
  echo: ({ value }) => value,
  async sleep({ seconds }, { signal }) {
    await sleep(seconds * 1000, undefined, { signal });
    return 'done';
  },
  spin({ seconds }) {
    const end = performance.now() + seconds * 1000;
    while (performance.now() < end);
    return 'done';
  },
  headers: (_input, { headers }) => headers,
  fail({ message }) {
    throw new Error(message);
  },
  refuse({ message }) {
    throw new ValidationError(message);
  },
  panic() {
    throw 'panic';
  },
  exit: () => process.exit(3),
  unencodable: () => Number.NaN,
  async *stream({ message }) {
    yield 1;
    throw new Error(message);
  },
  log({ message }) {
    console.info(message);
    return 'logged';
  },
  flood({ lines }) {
    for (let line = 0; line < lines; line += 1) console.log(`line ${line}`);
    return 'flooded';
  },
  call: async ({ name, payload }) => await callJob(name, '/api/v1/perform', payload),
};

export class Conformance {
  docs_input_example() {
    return { mode: 'add', numbers: [40, 2] };
  }

  /**
   * Does what the conformance suite asks for.
   *
   * @param {object} input
   * @param {string} input.mode
   * @param {number[]} [input.numbers]
   * @param {unknown} [input.value]
   * @param {number} [input.seconds]
   * @param {string} [input.message]
   * @param {number} [input.lines]
   * @param {string} [input.name]
   * @param {unknown} [input.payload]
   */
  perform(input, context) {
    const action = Object.hasOwn(actions, input.mode) ? actions[input.mode] : undefined;
    if (action === undefined) throw new ValidationError(`unknown mode ${input.mode}`);
    return action(input, context);
  }
}
