/** @param {{ numbers: number[] }} input */
export function perform({ numbers }) {
  return numbers.reduce((sum, number) => sum + number, 0);
}
