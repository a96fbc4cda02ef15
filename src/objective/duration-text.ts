const units: readonly (readonly [string, number])[] = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['min', 60_000],
  ['s', 1000],
];

/**
 * A measured length of time for people, in its two largest units, cut and never rounded up: `4 min 12 s`, `3 h 10 min`,
 * `2 d`, `850 ms`. For what a plan asks for, which must be read back exactly, see the plan's `formatDuration`.
 */
export function durationText(valueMs: number): string {
  const ms = Math.abs(valueMs);
  const sign = valueMs < 0 ? '−' : '';
  const first = units.findIndex(([, sizeMs]) => ms >= sizeMs);
  const [name, sizeMs] = units[first] ?? ['ms', 1];
  const count = Math.floor(ms / sizeMs);
  const [smallName, smallMs] = units[first + 1] ?? ['', 0];
  const smallCount = first === -1 || smallMs === 0 ? 0 : Math.floor((ms - count * sizeMs) / smallMs);
  return `${sign}${count} ${name}${smallCount === 0 ? '' : ` ${smallCount} ${smallName}`}`;
}

/** How much of a target is used up: `0.4×`, `3.2×`, `120×`. */
export function ratioText(ratio: number): string {
  if (!Number.isFinite(ratio)) return '∞';
  return `${ratio < 10 ? (Math.floor(ratio * 10) / 10).toFixed(1) : Math.floor(ratio)}×`;
}
