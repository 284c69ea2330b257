// What stands here runs once, before the first call: load a model or a table.
const unit = 'EUR';

/** An error of this name is the caller's fault (status 400), every other one the job's (500). */
class ValidationError extends Error {
  name = 'ValidationError';
}

/**
 * Adds up numbers.
 *
 * @param {object} input - what a call may say
 * @param {number[]} input.numbers - what to add up
 * @param {boolean} [input.rounded=false] - whether to leave out decimals
 */
export function perform({ numbers, rounded = false }) {
  if (numbers.length === 0) throw new ValidationError('there are no numbers to add up');
  const total = numbers.reduce((sum, number) => sum + number, 0);
  return { total: rounded ? Math.round(total) : total, unit };
}

/** Shown on the job's page, and called by `racetrack dev --once`. */
export function docs_input_example() {
  return { numbers: [40, 2] };
}
