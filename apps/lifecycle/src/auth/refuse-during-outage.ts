import type { StoreOutage } from '../store/store-outage.ts';
import type { Authenticator } from './authenticate.ts';

/**
 * Lets nobody in while the store is known not to answer: a request that got further would wait for its timeout, and
 * everything behind it as well.
 */
export function refuseDuringOutage(
  authenticator: Authenticator,
  outage: Pick<StoreOutage, 'assertAnswers'>,
): Authenticator {
  return {
    async authenticate(headers) {
      outage.assertAnswers();
      return await authenticator.authenticate(headers);
    },
    async authenticateToken(token) {
      outage.assertAnswers();
      return await authenticator.authenticateToken(token);
    },
  };
}
