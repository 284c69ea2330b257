import { describe, expect, test } from 'vitest';
import { hashPassword, verifyPassword } from './password-hash.ts';

/** Made with `hashlib.pbkdf2_hmac` of Python; Racetrack 2.36 uses 600,000 iterations. */
const LEGACY = {
  few: 'pbkdf2_sha256$1000$Ab3dEf6hIj9lMn2pQr5tUv$feDXLTrcNrUc/caDWenr3b+euvqaId4G0KDv2OXFI50=',
  many: 'pbkdf2_sha256$600000$q8TnD0cJm2Vb7Zx4Ls1KpW$zu8V8QKkpJOd/DhTQxHYBcaWbA36omDDZRsIE4Qccz0=',
} as const;

describe('a password hash', () => {
  test('verifies its password and no other, and tells nothing of it', async () => {
    const stored = await hashPassword('tea and biscuits');

    expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$[\w+/]{22}\$[\w+/]{43}$/);
    expect(await verifyPassword('tea and biscuits', stored)).toEqual({ isCorrect: true, isOutdated: false });
    expect(await verifyPassword('tea and biscuit', stored)).toEqual({ isCorrect: false, isOutdated: false });
    expect(await hashPassword('tea and biscuits')).not.toBe(stored);
  });

  test.each([
    ['correct horse', LEGACY.few],
    ['zażółć gęślą', LEGACY.many],
  ])('of Racetrack 2.36 verifies, and is outdated: %s', async (password, stored) => {
    expect(await verifyPassword(password, stored)).toEqual({ isCorrect: true, isOutdated: true });
    expect(await verifyPassword(`${password}.`, stored)).toEqual({ isCorrect: false, isOutdated: false });
  });

  test.each([
    ['no account', undefined],
    ['an unknown form', 'md5$abc'],
    ['nothing', ''],
    ['absurd costs', '$argon2id$v=19$m=99999999,t=2,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA'],
    ['a broken legacy form', 'pbkdf2_sha256$0$salt$AAAA'],
  ])('that is %s is wrong for any password', async (_title, stored) => {
    expect(await verifyPassword('', stored)).toEqual({ isCorrect: false, isOutdated: false });
  });

  test('is not computed on the event loop', async () => {
    let ticks = 0;
    const ticker = setInterval(() => (ticks += 1), 1);
    await hashPassword('tea and biscuits');
    clearInterval(ticker);

    expect(ticks).toBeGreaterThan(2);
  });
});
