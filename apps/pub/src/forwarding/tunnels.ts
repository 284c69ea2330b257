/** How often connections are looked at when nothing changes: tokens expire by themselves. */
const REVIEW_INTERVAL_MS = 2_000;

/** Ends its connection when its call would be refused now. Never throws. */
export type Review = () => void;

/**
 * The connections that changed their protocol. A call is decided on when it begins and ends soon; these stay open, so
 * that they are decided on again with every change. Other calls pay nothing for them.
 */
export interface Tunnels {
  /** @returns what to call at the connection's end. */
  add(review: Review): () => void;
  /** The tables have changed. */
  reviewAll(): void;
}

/** Creates it, empty. */
export function createTunnels(): Tunnels {
  const reviews = new Set<Review>();
  let timer: NodeJS.Timeout | undefined;

  function reviewAll(): void {
    for (const review of reviews) review();
  }

  return {
    add(review) {
      reviews.add(review);
      timer ??= setInterval(reviewAll, REVIEW_INTERVAL_MS);
      return () => {
        reviews.delete(review);
        if (reviews.size > 0) return;
        clearInterval(timer);
        timer = undefined;
      };
    },
    reviewAll,
  };
}
