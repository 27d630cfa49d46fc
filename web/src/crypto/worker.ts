// The worker that holds every secret. It has no network but for its own module, and writes nothing down.

import type { Answer, Call, Calls } from './calls';
import { engine } from './engine';
import init from './generated/psephos_crypto_wasm';

const ready = init().then(engine);

async function answer({ id, name, parameters }: Call): Promise<Answer> {
  try {
    const calls = await ready;
    const call = calls[name] as (...parameters: readonly unknown[]) => ReturnType<Calls[typeof name]>;
    return { id, value: call(...parameters) };
  } catch (error) {
    return { id, refused: error instanceof Error ? error.message : String(error) };
  }
}

addEventListener('message', (event: MessageEvent<Call>) => {
  void answer(event.data).then((sent) => postMessage(sent));
});
