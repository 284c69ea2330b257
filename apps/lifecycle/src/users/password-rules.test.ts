import { describe, expect, test } from 'vitest';
import { listPasswordWeaknesses, requireGoodPassword } from './password-rules.ts';

describe('listPasswordWeaknesses', () => {
  test.each([
    ['tea and biscuits', []],
    ['short', ['This password is too short. It must contain at least 8 characters.']],
    ['8264019375', ['This password is entirely numeric.']],
    [' PassWord123 ', ['This password is too common.']],
    [
      '1234',
      [
        'This password is too short. It must contain at least 8 characters.',
        'This password is entirely numeric.',
      ],
    ],
    ['x'.repeat(1_025), ['This password is too long. It must contain at most 1024 characters.']],
  ])('finds in %j: %j', (password, expected) => {
    expect(listPasswordWeaknesses(password)).toEqual(expected);
  });
});

describe('requireGoodPassword', () => {
  test('refuses with everything that is wrong, and without the password', () => {
    expect(() => requireGoodPassword('4711')).toThrow(
      expect.objectContaining({
        code: 'BAD_REQUEST',
        message:
          'Invalid password: This password is too short. It must contain at least 8 characters. ' +
          'This password is entirely numeric.',
      }),
    );
  });
});
