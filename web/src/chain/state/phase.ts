// Where an election stands, as block number, manifest and ending say; nobody has to be asked.

import type { Ending, Paper } from './decode';

/** Where an election stands; `waiting` is between applications and voting. */
export type Phase = 'announced' | 'registration' | 'waiting' | 'voting' | 'tallying' | 'published' | 'cancelled';

/** The phase that a block number and an ending stand for (PSE-ELE-4). */
export function phaseAt(block: number, paper: Pick<Paper, 'registration' | 'voting'>, ending: Ending | null): Phase {
  if (ending !== null) {
    return ending.kind;
  }
  const bounds = [
    [paper.registration.start, 'announced'],
    [paper.registration.end, 'registration'],
    [paper.voting.start, 'waiting'],
    [paper.voting.end, 'voting'],
  ] as const;
  return bounds.find(([end]) => block < end)?.[1] ?? 'tallying';
}
