// Looking up a ballot by its tracker, account or number, or a voter's number.

import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

import { useLocale } from '../../locale/locale';
import { Field, Form, Submit } from '../../view/parts/basics';
import type { FinalBlock } from '../../chain/source';
import type { Paper, Support, VoterRecord } from '../../chain/state/decode';
import { useTexts } from '../texts/texts';
import { type Found, type Query, readQuery, type Subject, SUBJECTS } from '../watch/look-up';
import { BallotTable } from './ballots';
import { number } from './format';
import { Part } from './parts';

type State =
  | { readonly kind: 'nothing' }
  | { readonly kind: 'looking' }
  | { readonly kind: 'bad' }
  | { readonly kind: 'failed' }
  | { readonly kind: 'done'; readonly found: Found; readonly block: FinalBlock };

/** How the page answers questions. */
export type LookUp = (query: Query) => Promise<{ found: Found; block: FinalBlock }>;

function Voter(props: { readonly voter: VoterRecord; readonly dissents: readonly Support[]; readonly paper: Paper }): JSX.Element {
  const { language } = useLocale();
  const texts = useTexts();
  const words = texts.lookUp;
  const { voter, dissents, paper } = props;
  const names = (bits: number) => paper.registrars.filter((_, place) => (bits >> place) & 1).join(', ') || texts.none;
  const named = (district: number) => paper.districts.find(({ id }) => id === district)?.name ?? number(language, district);
  const rows = [
    [texts.district, named(voter.district)],
    [words.recordedBy, names(voter.recordedBy)],
    ...dissents.map(({ district, registrars }) => [words.dissent(named(district)), names(registrars)] as const),
    [words.issuedBy, names(voter.issuedBy)],
    [words.changed, number(language, voter.changed)],
  ] as const;
  return (
    <div class="stack">
      <p class="strong">
        {voter.participating ? words.participating : words.notParticipating}. {voter.issued ? words.wasIssued : words.notIssued}.
      </p>
      <dl class="facts">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
    </div>
  );
}

function Answer(props: { readonly found: Found; readonly block: FinalBlock; readonly paper: Paper }): JSX.Element {
  const { language } = useLocale();
  const words = useTexts().lookUp;
  const { found, block } = props;
  const at = number(language, block.number);
  switch (found.kind) {
    case 'nothing':
      return <p class="notice">{words.nothing(at)}</p>;
    case 'voter':
      return <Voter voter={found.voter} dissents={found.dissents} paper={props.paper} />;
    case 'ballots':
      return (
        <>
          <p class="notice" data-kind="good">
            {words.found(found.ballots.length, at)}
          </p>
          <BallotTable label={words.title} ballots={found.ballots} paper={props.paper} head={block} />
        </>
      );
  }
}

/** The form, and what came of it. */
export function LookUpPart(props: { readonly paper: Paper; readonly lookUp: LookUp }): JSX.Element {
  const words = useTexts().lookUp;
  const [subject, setSubject] = useState<Subject>('tracker');
  const [text, setText] = useState('');
  const [state, setState] = useState<State>({ kind: 'nothing' });
  const go = () => {
    const query = readQuery(subject, text);
    if (query === null) {
      setState({ kind: 'bad' });
      return;
    }
    setState({ kind: 'looking' });
    props.lookUp(query).then(
      ({ found, block }) => setState({ kind: 'done', found, block }),
      () => setState({ kind: 'failed' }),
    );
  };
  return (
    <Part id="look-up" title={words.title} what={words.what} wide>
      <Form busy={state.kind === 'looking'} onSubmit={go}>
        <fieldset class="subjects">
          <legend class="small">{words.subject}</legend>
          {SUBJECTS.map((one) => (
            <label key={one}>
              <input type="radio" name="subject" checked={one === subject} onChange={() => setSubject(one)} />
              {words[one]}
            </label>
          ))}
        </fieldset>
        <div class="look-up-row">
          <Field
            label={words[subject]}
            hint={words.hint[subject]}
            value={text}
            onInput={setText}
            attributes={{ name: 'look-up', required: true, spellcheck: false, autocomplete: 'off', dir: 'ltr', maxLength: 100 }}
          />
          <Submit busy={state.kind === 'looking'}>{words.go}</Submit>
        </div>
      </Form>
      <div role="status" class="stack">
        {state.kind === 'looking' && <p class="waiting">{words.looking}</p>}
        {state.kind === 'bad' && (
          <p class="notice" data-kind="warn">
            {words.bad[subject]}
          </p>
        )}
        {state.kind === 'failed' && (
          <p class="notice" data-kind="warn">
            {words.failed}
          </p>
        )}
        {state.kind === 'done' && <Answer found={state.found} block={state.block} paper={props.paper} />}
      </div>
    </Part>
  );
}
