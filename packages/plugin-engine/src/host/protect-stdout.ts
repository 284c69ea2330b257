/**
 * Keeps standard output for the protocol: from now on whatever a plugin prints goes to standard error.
 *
 * @returns the only way left to write to standard output.
 */
export function protectStdout(): (line: string) => void {
  const write = process.stdout.write.bind(process.stdout);
  process.stdout.write = process.stderr.write.bind(process.stderr);
  return (line) => {
    write(`${line}\n`);
  };
}
