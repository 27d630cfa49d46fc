// The calls, carried out by the compiled Rust. Knows nothing of workers, so that tests run it as it is.

import type { Hex } from '../encoding/hex';
import type { Calls, CheckedBallot } from './calls';
import { Booth, check_ballot, verify_receipt } from './generated/psephos_crypto_wasm';

/** What a proven receipt says, as the Rust writes it. */
interface Included {
  readonly election: number;
  readonly tracker: string;
  readonly block: number;
  readonly account: string;
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** One voter's calls. The module must have been initialised. */
export function engine(): Calls {
  const booth = new Booth();
  return {
    open: ({ manifest, election, genesis, electionKey }) =>
      booth.open(manifest, election, genesis, electionKey ?? undefined) as Hex,
    prepare: (kept) => {
      booth.prepare(kept ?? undefined);
      return null;
    },
    blind: (registrar, district) => booth.blind(registrar, district) as Hex,
    unblind: (registrar, signature) => {
      booth.unblind(registrar, signature);
      return null;
    },
    secrets: () => booth.secrets(),
    encrypt: (district, selections) => {
      const sealed = booth.encrypt(district, JSON.stringify(selections));
      return { tracker: sealed.tracker as Hex, commitment: sealed.commitment as Hex };
    },
    challenge: () => booth.challenge(),
    cast: ({ spec, transaction }) => {
      const signed = booth.cast(spec, transaction);
      const { extrinsic, tracker, account } = signed;
      return { extrinsic: extrinsic as Hex, tracker: tracker as Hex, account: account as Hex };
    },
    seal: (path, extrinsic) => {
      const hops = path.map((relay) => ({ url: relay.url, public_key: relay.publicKey }));
      return new Uint8Array(booth.seal(JSON.stringify(hops), extrinsic));
    },
    checkBallot: (opened) => JSON.parse(check_ballot(opened)) as CheckedBallot,
    verifyReceipt: (receipt, genesis, election) => {
      try {
        const included = JSON.parse(verify_receipt(receipt, genesis, election)) as Included;
        const { tracker, block, account } = included;
        return { kind: 'included', election: included.election, tracker, block, account };
      } catch (error) {
        return { kind: 'refused', reason: describe(error) };
      }
    },
  };
}
