import type { JSX } from 'preact';
import { useEffect, useState } from 'preact/hooks';

import type { Witness } from '../chain/witness';
import type { Configuration } from '../configuration';
import { isHex } from '../encoding/hex';
import { useLocale } from '../locale/locale';
import { contradicted, inquire, lookFor, type NodeWord, type Outcome } from '../receipts/inquiry';
import type { Receipts } from '../receipts/receipts';
import { remains } from '../storage/deliveries';
import { Field, Fingerprint, Form, Submit } from './parts/basics';
import { TextFile } from './parts/file';
import { Screen } from './parts/screen';
import { number } from './parts/time';
import { Shell } from './shell';

/** What the page works with. */
export interface Desk {
  readonly configuration: Configuration;
  readonly witnesses: readonly Witness[];
  readonly receipts: Receipts;
}

type State =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'asking' }
  | { readonly kind: 'badTracker' }
  | { readonly kind: 'failed'; readonly detail: string }
  | { readonly kind: 'done'; readonly outcome: Outcome };

const WORDS = { has: 'nodeHas', lacks: 'nodeLacks', lies: 'nodeLies', silent: 'nodeSilent' } as const;

function Nodes(props: { readonly nodes: readonly NodeWord[] }): JSX.Element {
  const { texts } = useLocale();
  const kind = { has: 'good', lacks: undefined, lies: 'bad', silent: undefined } as const;
  return (
    <section class="part stack">
      <h2>{texts.receipt.nodeTitle}</h2>
      <ul class="nodes">
        {props.nodes.map((node) => (
          <li key={node.url}>
            <span class="address">{node.url}</span>
            <span data-kind={kind[node.says]}>{texts.receipt[WORDS[node.says]]}</span>
          </li>
        ))}
      </ul>
      {props.nodes.filter((node) => node.says !== 'silent').length === 1 && (
        <p class="soft small">{texts.receipt.oneNode}</p>
      )}
    </section>
  );
}

function Proof(props: { readonly outcome: Outcome }): JSX.Element {
  const { texts, language } = useLocale();
  const words = texts.receipt;
  const { verdict, block } = props.outcome;
  const place = block === null ? '' : number(language, block);
  if (verdict === null) {
    return <p class="notice">{block === null ? words.notFound : words.found(place)}</p>;
  }
  if (verdict.kind === 'refused') {
    return (
      <div class="notice stack" data-kind="bad">
        <p>
          <strong>{words.refused}</strong>
        </p>
        <p class="small" lang="en" dir="ltr">
          {verdict.reason}
        </p>
      </div>
    );
  }
  return (
    <div class="notice stack" data-kind="good">
      <p>
        <strong>{words.included}</strong>
      </p>
      <p>{words.includedWhat(place)}</p>
    </div>
  );
}

function Result(props: { readonly outcome: Outcome }): JSX.Element {
  const { texts } = useLocale();
  const { outcome } = props;
  return (
    <>
      {contradicted(outcome) && (
        <p class="notice" data-kind="bad" role="alert">
          {texts.receipt.liar}
        </p>
      )}
      <Proof outcome={outcome} />
      {outcome.tracker !== null && <Fingerprint hash={outcome.tracker} label={texts.final.tracker} />}
      {outcome.nodes.length > 0 && <Nodes nodes={outcome.nodes} />}
    </>
  );
}

function Entry(props: {
  readonly busy: boolean;
  readonly receipt: string;
  readonly onReceipt: (text: string) => void;
  readonly onCheck: (receipt: string) => void;
  readonly onLook: (tracker: string) => void;
}): JSX.Element {
  const { texts } = useLocale();
  const [tracker, setTracker] = useState('');
  const words = texts.receipt;
  return (
    <>
      <Form busy={props.busy} onSubmit={() => props.onCheck(props.receipt)}>
        <div class="field wide stack">
          <label for="receipt">{words.paste}</label>
          <p class="soft small" id="receipt-hint">
            {words.pasteHint}
          </p>
          <textarea
            id="receipt"
            name="receipt"
            required
            spellcheck={false}
            dir="ltr"
            aria-describedby="receipt-hint"
            value={props.receipt}
            onInput={(event) => props.onReceipt(event.currentTarget.value)}
          />
        </div>
        <TextFile
          id="receipt-file"
          label={words.file}
          accept=".json,application/json"
          unreadable={words.unreadableFile}
          onText={(text) => {
            props.onReceipt(text);
            props.onCheck(text);
          }}
        />
        <Submit busy={props.busy}>{words.check}</Submit>
      </Form>
      <section class="part">
        <Form busy={props.busy} onSubmit={() => props.onLook(tracker.trim())}>
          <Field
            label={words.tracker}
            hint={words.trackerHint}
            value={tracker}
            onInput={setTracker}
            attributes={{ name: 'tracker', required: true, spellcheck: false, dir: 'ltr', maxLength: 80 }}
          />
          <Submit busy={props.busy}>{words.check}</Submit>
        </Form>
      </section>
    </>
  );
}

/** The page that checks receipts. */
export function ReceiptPage(props: { readonly desk: Desk }): JSX.Element {
  const { texts } = useLocale();
  const { configuration, witnesses, receipts } = props.desk;
  const [state, setState] = useState<State>({ kind: 'nothing' });
  const [receipt, setReceipt] = useState('');
  const run = (work: Promise<Outcome>) => {
    setState({ kind: 'asking' });
    work.then(
      (outcome) => setState({ kind: 'done', outcome }),
      (error: unknown) => setState({ kind: 'failed', detail: error instanceof Error ? error.message : String(error) }),
    );
  };
  const check = (text: string) => run(inquire(receipts, witnesses, configuration.election, text));
  const look = (tracker: string) => {
    if (isHex(tracker, 32)) {
      run(lookFor(witnesses, configuration.election, tracker.toLowerCase() as typeof tracker));
    } else {
      setState({ kind: 'badTracker' });
    }
  };
  useEffect(() => {
    const wish = location.hash.slice(1);
    if (wish === 'own') {
      void remains(configuration.election, configuration.genesis).then((found) => {
        const text = found?.receipt?.text;
        if (text !== undefined) {
          setReceipt(text);
          check(text);
        }
      });
    } else if (wish !== '') {
      look(wish);
    }
    // Once, when the page opens.
    // eslint-disable-next-line react-hooks/exhaustive-deps
  }, []);
  const words = texts.receipt;
  return (
    <Shell title={null} stage={null} page="receipt">
      <Screen title={words.title} bare>
        <p>{words.what}</p>
        <div role="status" class="stack">
          {state.kind === 'asking' && <p class="waiting">{words.checking}</p>}
          {state.kind === 'badTracker' && (
            <p class="notice" data-kind="warn">
              {words.badTracker}
            </p>
          )}
          {state.kind === 'failed' && (
            <div class="notice" data-kind="bad">
              <p>{texts.problems.failed}</p>
              <p class="small" lang="en" dir="ltr">
                {state.detail}
              </p>
            </div>
          )}
          {state.kind === 'done' && <Result outcome={state.outcome} />}
        </div>
        <Entry busy={state.kind === 'asking'} receipt={receipt} onReceipt={setReceipt} onCheck={check} onLook={look} />
      </Screen>
    </Shell>
  );
}
