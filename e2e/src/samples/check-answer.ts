import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { SampleCall } from './sample-calls.ts';

type Expectation = SampleCall['expect'];

/** Far more than the last digits that another processor or library may give. */
const TOLERANCE = 1e-6;

/**
 * Compares an answer with what the sample has declared.
 *
 * @param directory - of the sample.
 * @throws the assertion that does not hold.
 */
export async function checkAnswer(
  directory: string,
  expected: Expectation,
  response: Response,
): Promise<void> {
  const bytes = Buffer.from(await response.arrayBuffer());
  const text = bytes.toString('utf8');
  expect([response.status, text]).toEqual([expected.status, text]);
  checkText(text, expected);
  checkJson(text, expected);
  for (const [name, pattern] of Object.entries(expected.headers)) {
    expect(response.headers.get(name) ?? '', `the header ${name}`).toMatch(new RegExp(pattern, 'u'));
  }
  if (expected.sameAs === undefined) return;
  const file = await readFile(join(directory, expected.sameAs));
  expect(text).toBe(file.toString('utf8'));
  expect(bytes.equals(file)).toBe(true);
}

function checkText(text: string, { matches, contains = [] }: Expectation): void {
  if (matches !== undefined) expect(text).toMatch(new RegExp(matches, 'u'));
  for (const words of [contains].flat()) expect(text).toContain(words);
}

function checkJson(text: string, { json, jsonMatches, approximately, between }: Expectation): void {
  if (json !== undefined) expect(JSON.parse(text)).toEqual(json);
  // In an object, since the answer may be a number or a text.
  if (jsonMatches !== undefined)
    expect({ answer: JSON.parse(text) as unknown }).toMatchObject({ answer: jsonMatches });
  if (approximately !== undefined) {
    const margin = TOLERANCE * Math.max(1, Math.abs(approximately));
    checkRange(text, approximately - margin, approximately + margin);
  }
  if (between !== undefined) checkRange(text, between[0], between[1]);
}

function checkRange(text: string, least: number, most: number): void {
  const number: unknown = JSON.parse(text);
  expect(number).toBeTypeOf('number');
  expect(number).toBeGreaterThanOrEqual(least);
  expect(number).toBeLessThanOrEqual(most);
}
