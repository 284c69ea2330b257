import { callJob, ValidationError } from 'racetrack-job';

interface Item {
  name: string;
  price: number;
  /** One by default. */
  pieces?: number;
}

interface OrderInput {
  items: Item[];
  currency?: 'EUR' | 'USD';
}

/** Prices an order. The job `node-function` does the adding. */
export class Order {
  /** Sums up the items of an order. */
  async perform({ items, currency = 'EUR' }: OrderInput) {
    if (items.length === 0) throw new ValidationError('an order needs at least one item');
    const numbers = items.map(({ price, pieces = 1 }) => price * pieces);
    const total = await callJob('node-function', '/api/v1/perform', { numbers });
    return { total, currency };
  }

  /** Names the dearest item. */
  dearest({ items }: { items: Item[] }) {
    return items.toSorted((one, other) => other.price - one.price)[0]?.name ?? null;
  }

  auxiliaryEndpoints() {
    return { '/dearest': this.dearest.bind(this) };
  }

  docsInputExamples() {
    const items = [
      { name: 'tea', price: 2.5, pieces: 4 },
      { name: 'cup', price: 10 },
    ];
    return { '/perform': { items }, '/dearest': { items } };
  }
}
