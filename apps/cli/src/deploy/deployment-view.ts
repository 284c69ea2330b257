import { terminalSafe } from '../output/terminal-safe.ts';
import type { Log } from '../output/log.ts';
import { renderDuration } from '../output/duration.ts';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 100;
/** Elsewhere than on a terminal. */
const LINE_EVERY_MS = 10_000;

/** Shows a deployment as it goes. */
export interface DeploymentView {
  setPhase(phase: string): void;
  /** Shows lines of the build log. */
  showLog(text: string): void;
  /** The server cannot be asked for the moment. */
  showLost(reason: string): void;
  finish(outcome: 'done' | 'failed'): void;
  /** Stops without an outcome. */
  [Symbol.dispose](): void;
}

/**
 * On a terminal: one line per finished phase with its time, and a running one below. Elsewhere: a plain line when a
 * phase begins.
 *
 * @param nowMs - a clock that only goes forward.
 */
export function createDeploymentView(log: Log, nowMs: () => number): DeploymentView {
  let phase: { readonly name: string; readonly startedAt: number } | undefined;
  let lostReason: string | undefined;
  let frame = 0;
  const timer = log.isLive ? setInterval(draw, FRAME_MS) : setInterval(sayStill, LINE_EVERY_MS);

  function draw(): void {
    frame = (frame + 1) % FRAMES.length;
    if (phase === undefined) return;
    const elapsed = renderDuration(nowMs() - phase.startedAt);
    const lost = lostReason === undefined ? '' : `  (no answer: ${lostReason})`;
    log.setStatus(`${FRAMES[frame]} ${phase.name}  ${elapsed}${lost}`);
  }

  function sayStill(): void {
    if (phase === undefined) return;
    const elapsed = renderDuration(nowMs() - phase.startedAt);
    log.note(`still in progress: ${phase.name === '' ? 'the deployment' : phase.name} (${elapsed})`);
  }

  function close(mark: string): void {
    if (phase === undefined) return;
    const elapsed = renderDuration(nowMs() - phase.startedAt);
    log.clearStatus();
    if (log.isLive) log.note(`${mark} ${phase.name}  ${log.paint.dim(elapsed)}`);
    phase = undefined;
  }

  function stop(): void {
    clearInterval(timer);
    log.clearStatus();
  }

  return {
    setPhase(name) {
      lostReason = undefined;
      if (name === phase?.name) return;
      close(log.paint.green('✓'));
      phase = { name, startedAt: nowMs() };
      if (!log.isLive)
        log.note(name === '' ? 'deployment in progress...' : `deployment in progress: ${name}...`);
      draw();
    },
    showLog(text) {
      const lines = text.replace(/\n$/, '').split('\n');
      for (const line of lines) log.note(log.paint.dim(`  ${terminalSafe(line, log.isLive)}`));
    },
    showLost(reason) {
      if (lostReason === undefined && !log.isLive)
        log.warn(`no answer from the server, trying again: ${reason}`);
      lostReason = reason;
      draw();
    },
    finish(outcome) {
      close(outcome === 'done' ? log.paint.green('✓') : log.paint.red('✗'));
      stop();
    },
    [Symbol.dispose]: stop,
  };
}
