import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

import type { CheckedBallot, CheckedContest } from '../crypto/calls';
import { useLocale } from '../locale/locale';
import { Fingerprint, Form, Submit } from '../view/parts/basics';
import { TextFile } from '../view/parts/file';
import { Screen } from '../view/parts/screen';
import { Shell } from '../view/shell';
import { texts } from './texts';

/** Computes an opened ballot again. */
export type Check = (opened: string) => Promise<CheckedBallot>;

type State =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'checking' }
  | { readonly kind: 'refused'; readonly why: string }
  | { readonly kind: 'checked'; readonly ballot: CheckedBallot };

function Contest(props: { readonly contest: CheckedContest }): JSX.Element {
  const words = texts[useLocale().language];
  const selected = props.contest.options.filter((option) => option.selected);
  return (
    <section class="part choice">
      <h3>{props.contest.title}</h3>
      <ul>
        {selected.map((option) => (
          <li key={option.text}>{option.text}</li>
        ))}
        {selected.length === 0 && <li data-blank="">{words.nothing}</li>}
      </ul>
    </section>
  );
}

function Ballot(props: { readonly ballot: CheckedBallot }): JSX.Element {
  const words = texts[useLocale().language];
  const { ballot } = props;
  return (
    <>
      <section class="part stack">
        <h2>{words.commitment}</h2>
        <Fingerprint hash={ballot.commitment} label={words.commitment} size="large" />
        <p>{words.commitmentWhy}</p>
      </section>
      <section class="part stack">
        <h2>{words.selections}</h2>
        <p>{words.selectionsWhy}</p>
        {ballot.contests.map((contest, index) => (
          <Contest key={index} contest={contest} />
        ))}
      </section>
      <p class="notice" data-kind="warn">
        {words.liar}
      </p>
      <section class="part stack">
        <h2>{words.election}</h2>
        <p>
          {ballot.title}. {words.district}: {ballot.district}
        </p>
        <p class="soft">{words.published}</p>
        <h3>{words.manifest}</h3>
        <Fingerprint hash={ballot.manifest_hash} label={words.manifest} size="small" />
        <h3>{words.key}</h3>
        <Fingerprint hash={ballot.election_key} label={words.key} size="small" />
        <h3>{words.genesis}</h3>
        <Fingerprint hash={ballot.genesis} label={words.genesis} size="small" />
      </section>
    </>
  );
}

/** The page on which a second device checks a ballot (PSE-CHK-2). */
export function CheckPage(props: { readonly check: Check }): JSX.Element {
  const words = texts[useLocale().language];
  const [state, setState] = useState<State>({ kind: 'nothing' });
  const [opened, setOpened] = useState('');
  const run = (text: string) => {
    setState({ kind: 'checking' });
    props.check(text).then(
      (ballot) => setState({ kind: 'checked', ballot }),
      (error: unknown) => setState({ kind: 'refused', why: error instanceof Error ? error.message : String(error) }),
    );
  };
  const busy = state.kind === 'checking';
  return (
    <Shell title={null} stage={null} page={null}>
      <Screen title={words.title} bare>
        <p>{words.what}</p>
        <div role="status" class="stack">
          {busy && <p class="waiting">{words.checking}</p>}
          {state.kind === 'refused' && (
            <div class="notice stack" data-kind="bad">
              <p>
                <strong>{words.refused}</strong>
              </p>
              <p class="small" lang="en" dir="ltr">
                {state.why}
              </p>
            </div>
          )}
          {state.kind === 'checked' && <Ballot ballot={state.ballot} />}
        </div>
        <Form busy={busy} onSubmit={() => run(opened)}>
          <div class="field wide stack">
            <label for="opened">{words.paste}</label>
            <p class="soft small" id="opened-hint">
              {words.hint}
            </p>
            <textarea
              id="opened"
              name="opened"
              required
              spellcheck={false}
              autocomplete="off"
              dir="ltr"
              aria-describedby="opened-hint"
              value={opened}
              onInput={(event) => setOpened(event.currentTarget.value)}
            />
          </div>
          <TextFile
            id="opened-file"
            label={words.file}
            unreadable={words.unreadable}
            onText={(text) => {
              setOpened(text);
              run(text);
            }}
          />
          <Submit busy={busy}>{words.check}</Submit>
        </Form>
      </Screen>
    </Shell>
  );
}
