/** What an unquoted text of a manifest can mean. */
export type PlainValue = string | number | boolean | null;

const BOOLEANS: Readonly<Record<string, boolean>> = {
  yes: true,
  on: true,
  true: true,
  no: false,
  off: false,
  false: false,
};
const NULL = /^(?:~|null|Null|NULL)?$/;
/** All lower, all upper, or capitalised: nothing else is a boolean. */
const BOOLEAN = /^(?:yes|Yes|YES|no|No|NO|true|True|TRUE|false|False|FALSE|on|On|ON|off|Off|OFF)$/;
const BINARY = /^[-+]?0b[01_]+$/;
const HEXADECIMAL = /^[-+]?0x[\da-fA-F_]+$/;
const OCTAL = /^[-+]?0[0-7_]+$/;
const DECIMAL = /^[-+]?(?:0|[1-9][\d_]*)$/;
const SEXAGESIMAL = /^[-+]?[1-9][\d_]*(?::[0-5]?\d)+$/;
/** The exponent needs a point before it and a sign: `1e3` and `1.5e3` are texts. */
const FLOAT = /^(?:[-+]?\d[\d_]*\.[\d_]*|\.\d[\d_]*)(?:[eE][-+]\d+)?$/;
const SEXAGESIMAL_FLOAT = /^[-+]?\d[\d_]*(?::[0-5]?\d)+\.[\d_]*$/;
/** Dates, with or without a time; kept as text here, but dates for other readers of YAML 1.1. */
const TIMESTAMP = /^\d{4}-\d{1,2}-\d{1,2}(?:[Tt\s].*)?$/;

/**
 * Decides what an unquoted scalar means, by the implicit types of YAML 1.1 (yaml.org/type) as PyYAML reads them.
 *
 * Three kinds stay text, because nothing that leaves a manifest could carry them: dates, infinities, and whole
 * numbers too large to be held exactly.
 */
export function resolvePlainScalar(text: string): PlainValue {
  if (NULL.test(text)) return null;
  if (BOOLEAN.test(text)) return BOOLEANS[text.toLowerCase()] ?? text;
  const number = parseNumber(text);
  return number === undefined || !isExact(number) ? text : number;
}

/** Whether a text needs quotes, so that every reader of YAML 1.1 takes it as a text. */
export function needsQuotes(text: string): boolean {
  return (
    typeof resolvePlainScalar(text) !== 'string' ||
    parseNumber(text) !== undefined ||
    TIMESTAMP.test(text) ||
    /^(?:[yYnN=]|<<|[-+]?0[bx]_+|[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN))$/.test(text)
  );
}

function isExact(number: number): boolean {
  return Number.isFinite(number) && (!Number.isInteger(number) || Number.isSafeInteger(number));
}

function parseNumber(text: string): number | undefined {
  const isNegative = text.startsWith('-');
  const magnitude = parseMagnitude(text, text.replace(/^[-+]/, '').replaceAll('_', ''));
  if (magnitude === undefined || Number.isNaN(magnitude)) return undefined;
  return isNegative && magnitude !== 0 ? -magnitude : magnitude;
}

/** @param digits - the text without sign and underscores. */
function parseMagnitude(text: string, digits: string): number | undefined {
  if (BINARY.test(text) || HEXADECIMAL.test(text)) return digits.length > 2 ? Number(digits) : undefined;
  if (OCTAL.test(text)) return Number(`0o${digits}`);
  if (DECIMAL.test(text) || FLOAT.test(text)) return Number(digits);
  if (SEXAGESIMAL.test(text) || SEXAGESIMAL_FLOAT.test(text)) {
    return digits.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
  }
  return undefined;
}
