// Which relays a ballot passes: chosen at random, so that nobody can foresee them.

import type { RelayAddress } from '../configuration';

/** A random whole number below `bound`, every one equally likely. */
export function randomBelow(bound: number): number {
  const range = 2 ** 32;
  const fair = range - (range % bound);
  for (;;) {
    const drawn = crypto.getRandomValues(new Uint32Array(1))[0] ?? range;
    // What lies above the last whole multiple would make small numbers likelier.
    if (drawn < fair) {
      return drawn % bound;
    }
  }
}

/** `hops` different relays in random order; those that failed as an entrance do not come first. */
export function randomPath(
  relays: readonly RelayAddress[],
  hops: number,
  failed: ReadonlySet<string> = new Set(),
): RelayAddress[] {
  const entrances = relays.filter((relay) => !failed.has(relay.url));
  // If all have failed, they are tried again.
  const from = entrances.length > 0 ? entrances : relays;
  const entrance = from[randomBelow(Math.max(1, from.length))];
  if (entrance === undefined) {
    return [];
  }
  const rest = relays.filter((relay) => relay !== entrance);
  const path = [entrance];
  while (path.length < hops && rest.length > 0) {
    path.push(...rest.splice(randomBelow(rest.length), 1));
  }
  return path;
}
