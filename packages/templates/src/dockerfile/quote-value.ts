import { TemplateFault } from '../fault.ts';

/**
 * Makes a value fit between the quotes that it is put into, on a line of `ENV`, `LABEL` or `ARG`.
 *
 * Only what would end the text is escaped: a quote without a backslash, and a backslash at the end. Everything else
 * keeps the meaning that it had, `$NAME` too. Elsewhere, as in `RUN`, the template has to quote.
 *
 * @param value - one line.
 * @param quote - what is open where it is put.
 * @throws TemplateFault for a single quote between single quotes, where Docker knows no escape.
 * @see https://docs.docker.com/reference/dockerfile/#env
 */
export function quoteValue(value: string, quote: string | undefined): string {
  if (quote === '"')
    return value.replace(/\\([^])|\\$|"/g, (part) => (part.length === 2 ? part : `\\${part}`));
  if (quote === "'" && value.includes("'")) {
    throw new TemplateFault('the value holds a single quote, and stands between single quotes', {
      hint: 'Put it between double quotes in the template; there, quotes in values are escaped.',
    });
  }
  return value;
}
