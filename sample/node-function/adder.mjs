/**
 * Adds numbers.
 *
 * @param {object} input
 * @param {number[]} input.numbers - what is added
 * @param {number} [input.scale=1] - the sum is multiplied by it
 */
export function perform({ numbers, scale = 1 }) {
  return scale * numbers.reduce((sum, number) => sum + number, 0);
}

/** Fills in the form on the job's page; it is never used for a call. */
export function docs_input_example() {
  return { numbers: [40, 2] };
}
