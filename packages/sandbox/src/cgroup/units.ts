/** Thousandths in one. */
export const MILLI = 1000;
/** Over which a limit of the processor is held, in microseconds: the kernel's default. */
export const CPU_PERIOD_US = 100_000;
