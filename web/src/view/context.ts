import { createContext } from 'preact';
import { useContext } from 'preact/hooks';

import type { Configuration } from '../configuration';
import type { District } from '../chain/state/decode';
import type { Election } from '../chain/witnesses';
import type { Model } from '../flow/model';
import { type Flow, office } from '../flow/state';
import type { Voter } from '../flow/voter';

/** What every screen has at hand once the election is known. */
export interface Stage {
  readonly voter: Voter;
  readonly model: Model;
  readonly flow: Flow;
  readonly election: Election;
  readonly configuration: Configuration;
  /** The voter's district, once a registrar has named it. */
  readonly district: District | null;
}

export const StageContext = createContext<Stage | null>(null);

/** What the screen has at hand. */
export function useStage(): Stage {
  const stage = useContext(StageContext);
  if (stage === null) {
    throw new Error('a screen was shown before the election was known');
  }
  return stage;
}

/**
 * What the registrar that is visited is called in the manifest. Its own word for it could be another's
 * name, and the voter compares it with the one in the code's message.
 */
export function officeName({ flow, election }: Stage): string {
  const index = office(flow) ?? -1;
  return election.manifest.registrars[index] ?? `#${index}`;
}
