import { describe, expect, test } from 'vitest';
import { createRustFinder } from './find-rust.ts';

const signal = new AbortController().signal;
const HOST: Readonly<Record<string, string>> = {
  rustc: '/opt/rust\n',
  '/opt/rust/bin/rustc': 'rustc 1.90.0 (abc)\nrelease: 1.90.0\nhost: x86_64-unknown-linux-gnu\n',
  '/opt/rust/bin/cargo': 'cargo 1.90.0\n',
  cc: 'cc 12.2.0\n',
};

function finderOn(programs: Readonly<Record<string, string | undefined>>, now = () => 0) {
  const asked: string[] = [];
  const find = createRustFinder({
    now,
    run: async (program) => {
      asked.push(program);
      return await Promise.resolve(programs[program]);
    },
  });
  return { find, asked };
}

describe('findRust', () => {
  test('takes the programs of the toolchain itself, whatever launcher is on the search path', async () => {
    expect(await finderOn(HOST).find(signal)).toEqual({
      version: '1.90.0',
      host: 'x86_64-unknown-linux-gnu',
      sysroot: '/opt/rust',
      cargo: '/opt/rust/bin/cargo',
      rustc: '/opt/rust/bin/rustc',
    });
  });

  test.each([
    ['no Rust at all', { rustc: undefined }, 'this host has no Rust toolchain', 'rustup.rs'],
    ['a compiler without cargo', { '/opt/rust/bin/cargo': undefined }, 'no cargo', 'rustc and cargo'],
    [
      'an old Rust',
      { '/opt/rust/bin/rustc': 'release: 1.63.0\nhost: x\n' },
      'Rust 1.63.0 of this host is too old',
      'Rust 1.75',
    ],
    ['no linker', { cc: undefined }, 'no C compiler', 'apt-get install gcc'],
  ])('says what to install on a host with %s', async (_title, change, message, hint) => {
    await expect(finderOn({ ...HOST, ...change }).find(signal)).rejects.toMatchObject({
      code: 'NOT_SUPPORTED',
      message: expect.stringContaining(message) as unknown,
      hint: expect.stringContaining(hint) as unknown,
    });
  });

  test('believes what it found for a minute', async () => {
    let time = 0;
    const { find, asked } = finderOn(HOST, () => time);

    await find(signal);
    await find(signal);
    expect(asked).toHaveLength(4);

    time = 60_000;
    await find(signal);
    expect(asked).toHaveLength(8);
  });
});
