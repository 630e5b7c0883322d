import { usePref } from '../prefs.ts';

export interface Price {
  /** Of an hour that a GPU works. */
  perHour: number;
  currency: string;
}

const kNone: Price = { perHour: 0, currency: 'EUR' };
const kName = 'gpuPrice';

/** What a person says that GPU time costs; kept in this browser. null: nobody said. */
export function usePrice(): Price | null {
  const [price] = usePref(kName, kNone);
  return price.perHour > 0 ? price : null;
}

export function usePriceSetting(): [Price, (price: Price) => void] {
  return usePref(kName, kNone);
}

/** `2.96 EUR`; null without a price. */
export function costText(ms: number, price: Price | null): string | null {
  if (!price) return null;
  const cost = (ms / 3_600_000) * price.perHour;
  return `${cost.toFixed(cost >= 1000 ? 0 : 2)}\u00a0${price.currency}`;
}
