import { join } from 'node:path';
import { PlatformError } from '@racetrack-platform/errors';
import { runTool } from './run-tool.ts';

/** Oldest Rust that the wrapper compiles with; also `rust-version` in `runtime/Cargo.toml`. */
const OLDEST_MINOR = 75;
/** How long a toolchain's facts are believed: a warm deployment should not start it to ask again. */
const FRESH_MS = 60_000;

/** A toolchain of this host. */
export interface Rust {
  /** `1.90.0`. */
  readonly version: string;
  /** `x86_64-unknown-linux-gnu`. */
  readonly host: string;
  /** Its folder; the compiler needs all of it. */
  readonly sysroot: string;
  /** Absolute paths of the programs themselves, not of a launcher that would choose among toolchains. */
  readonly cargo: string;
  readonly rustc: string;
}

/** Finds the host's toolchain. */
export type FindRust = (signal: AbortSignal) => Promise<Rust>;

export interface RustFinderOptions {
  /** Runs a program and answers what it prints; `undefined` when it is not there or fails. */
  readonly run?: typeof runTool;
  /** Milliseconds of a monotonic clock. */
  readonly now?: () => number;
}

/**
 * Makes a function that finds the toolchain on the search path and remembers it for a minute.
 *
 * The function throws PlatformError `NOT_SUPPORTED` when this host has no fitting one.
 */
export function createRustFinder(options: RustFinderOptions = {}): FindRust {
  const { run = runTool, now = () => performance.now() } = options;
  let known: { readonly rust: Rust; readonly askedAt: number } | undefined;
  return async (signal) => {
    if (known !== undefined && now() - known.askedAt < FRESH_MS) return known.rust;
    const rust = await probe(run, signal);
    known = { rust, askedAt: now() };
    return rust;
  };
}

async function probe(run: typeof runTool, signal: AbortSignal): Promise<Rust> {
  const sysroot = (await run('rustc', ['--print', 'sysroot'], signal))?.trim();
  if (sysroot === undefined || !sysroot.startsWith('/')) throw presentMissing('no Rust toolchain');
  const [rustc, cargo] = ['rustc', 'cargo'].map((name) => join(sysroot, 'bin', name));
  if (rustc === undefined || cargo === undefined) throw presentMissing('no Rust toolchain');
  const [facts, cargoVersion, linker] = await Promise.all([
    run(rustc, ['-vV'], signal),
    run(cargo, ['-V'], signal),
    run('cc', ['--version'], signal),
  ]);
  const version = /^release: (\d+\.(\d+)\.\S+)$/m.exec(facts ?? '');
  const host = /^host: (\S+)$/m.exec(facts ?? '')?.[1];
  if (version?.[1] === undefined || host === undefined) throw presentMissing('no Rust toolchain that works');
  if (cargoVersion === undefined) throw presentMissing('no cargo beside its rustc');
  if (Number(version[2]) < OLDEST_MINOR) {
    throw new PlatformError('NOT_SUPPORTED', `Rust ${version[1]} of this host is too old for jobs`, {
      hint: `Install Rust 1.${OLDEST_MINOR} or newer on the host, such as with rustup update stable.`,
    });
  }
  if (linker === undefined) {
    throw new PlatformError('NOT_SUPPORTED', 'this host has no C compiler, which Rust links programs with', {
      hint: 'Install one on the host; on Debian and Ubuntu: apt-get install gcc libc6-dev.',
    });
  }
  return { version: version[1], host, sysroot, cargo, rustc };
}

function presentMissing(what: string): PlatformError {
  return new PlatformError('NOT_SUPPORTED', `this host has ${what}`, {
    hint: `Install Rust 1.${OLDEST_MINOR} or newer (rustup.rs, or a package of the system with rustc and cargo) so that rustc is on the search path of the server, and start the server again. Where rustup is there already, rustc --version says what it lacks, such as rustup default stable.`,
  });
}
