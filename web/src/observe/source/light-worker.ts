// The light client in a worker of its own: it keeps connections to nodes of the network, follows GRANDPA from
// the genesis state on, and answers JSON-RPC with what it has verified.

import { type Chain, start } from 'smoldot';

import type { FromWorker, ToWorker } from './light-messages';

/** The client logs warnings about peers; only errors concern anybody here. */
const ERRORS_ONLY = 1;

let chain: Promise<Chain> | null = null;

const say = (message: FromWorker) => postMessage(message);
const fail = (error: unknown) => say({ kind: 'failed', why: error instanceof Error ? error.message : String(error) });

async function begin(specification: string): Promise<Chain> {
  const client = start({ maxLogLevel: ERRORS_ONLY });
  const added = await client.addChain({ chainSpec: specification });
  say({ kind: 'begun' });
  void pump(added);
  return added;
}

async function pump(answers: Chain): Promise<void> {
  try {
    for (;;) {
      say({ kind: 'said', text: await answers.nextJsonRpcResponse() });
    }
  } catch (error) {
    fail(error);
  }
}

addEventListener('message', ({ data }: MessageEvent<ToWorker>) => {
  if (data.kind === 'begin') {
    chain = begin(data.specification);
    chain.catch(fail);
  } else {
    void chain?.then((running) => running.sendJsonRpc(data.text)).catch(fail);
  }
});
