import { TemplateFault } from '../fault.ts';
import type { Budget } from '../limits.ts';
import { printValue } from '../values/print.ts';
import type { Value } from '../values/value.ts';

/**
 * Python's `'{} {name}'.format(…)`, with numbers and names but without attributes and formats.
 *
 * @throws TemplateFault for a place without a value, or one that asks for more.
 */
export function formatBraces(
  format: string,
  positional: readonly (Value | undefined)[],
  named: ReadonlyMap<string, Value>,
  budget: Budget,
): string {
  let nextIndex = 0;
  const text = format.replace(/\{\{|\}\}|\{([^{}]*)\}|[{}]/g, (whole, field?: string) => {
    if (whole === '{{' || whole === '}}') return whole.charAt(0);
    if (field === undefined)
      throw new TemplateFault(`there is a single ${whole} in the format; write ${whole}${whole}`);
    if (!/^\w*$/.test(field)) {
      throw new TemplateFault(`the format cannot hold {${field}}`, {
        hint: 'Only {}, {0} and {name} are known.',
      });
    }
    const value = /^\d*$/.test(field)
      ? positional[field === '' ? nextIndex : Number(field)]
      : named.get(field);
    if (field === '') nextIndex += 1;
    if (value === undefined) throw new TemplateFault(`there is no value for ${whole}`);
    const shown = printValue(value, budget);
    budget.spendLength(shown.length);
    return shown;
  });
  budget.spendLength(text.length);
  return text;
}
