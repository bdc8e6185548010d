const units = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1_000],
] as const;

/** A time for people, in its two largest units: `1 h 3 min`, `4 s`, `250 ms`. */
export function durationText(ms: number): string {
  let rest = Math.max(0, Math.round(ms));
  if (rest < 1_000) return `${rest} ms`;
  rest = Math.round(rest / 1_000) * 1_000;
  const parts: string[] = [];
  for (const [name, unitMs] of units) {
    const count = Math.floor(rest / unitMs);
    rest -= count * unitMs;
    if (count > 0) parts.push(`${count} ${name}`);
    // What is left of the next smaller unit is all that is worth telling.
    if (parts.length === 2) break;
  }
  return parts.join(' ');
}
