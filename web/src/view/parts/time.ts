import { useEffect, useState } from 'preact/hooks';

import type { Election } from '../../chain/witnesses';

/** The time, once a second. */
export function useNow(): number {
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1_000);
    return () => clearInterval(timer);
  }, []);
  return now;
}

/** About when a block comes, in the voter's words; `null` where the pace of the chain is not known. */
export function blockTime(language: string, election: Election, block: number, secondsPerBlock: number | null): string | null {
  if (secondsPerBlock === null) {
    return null;
  }
  const time = new Date(Date.now() + (block - election.block.number) * secondsPerBlock * 1_000);
  return new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).format(time);
}

/** A number as people write it. */
export function number(language: string, value: number): string {
  return new Intl.NumberFormat(language).format(value);
}
