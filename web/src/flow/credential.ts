// A credential: the blind signatures of a quorum of registrars. Every step may be repeated after a
// crash; a registrar gives the same signature for the same blinded message.

import type { Booth } from '../ballot/booth';
import { isProblem } from '../registrar/problem';
import type { Registrar } from '../registrar/registrar';
import type { Visit } from './state';

/** A registrar that is still recording the issue is asked at most so often. */
const MAX_ASKS = 150;
/** A service that cannot be reached for a moment is asked again, so often. */
const MAX_FAILURES = 5;
/** Between two tries at a service that cannot be reached. */
const PAUSE_MS = 2_000;

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

/** The registrar has not recorded the issue in a long time. */
export class RecordingTakesTooLong extends Error {}

/** One registrar's signature. The vault must hold the blinding before this is called. */
export async function sign(registrar: Registrar, visit: Visit, booth: Booth): Promise<void> {
  const blinded = await booth.blind(visit.registrar, visit.district);
  let failures = 0;
  for (let asked = 0; asked < MAX_ASKS; asked += 1) {
    try {
      const answer = await registrar.sign(visit.link, visit.token, blinded);
      if (answer.kind === 'signed') {
        await booth.unblind(visit.registrar, answer.signature);
        return;
      }
      failures = 0;
      await pause(answer.retryAfterSeconds * 1_000);
    } catch (error) {
      failures += 1;
      if (!isProblem(error) || !error.passing || failures > MAX_FAILURES) {
        throw error;
      }
      await pause(PAUSE_MS);
    }
  }
  throw new RecordingTakesTooLong(`registrar ${visit.registrar} has not recorded the issue yet`);
}
