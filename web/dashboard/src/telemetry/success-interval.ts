/** The interval of a rate by Wilson's score, 95 %: it stays within 0 and 1 and means something at few runs. null without runs. */
export function wilson(successes: number, n: number, z = 1.959964): { low: number; high: number; level: number } | null {
  if (n <= 0) return null;
  const p = successes / n;
  const middle = (p + (z * z) / (2 * n)) / (1 + (z * z) / n);
  const half = (z / (1 + (z * z) / n)) * Math.sqrt((p * (1 - p)) / n + (z * z) / (4 * n * n));
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half), level: 0.95 };
}
