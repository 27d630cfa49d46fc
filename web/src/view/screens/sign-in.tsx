import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

import { useLocale } from '../../locale/locale';
import { officeName, useStage } from '../context';
import { Button, Field, Form, Submit } from '../parts/basics';
import { Screen } from '../parts/screen';

function Development(): JSX.Element {
  const { texts } = useLocale();
  const { voter, flow } = useStage();
  const [identity, setIdentity] = useState('');
  const [birthDate, setBirthDate] = useState('');
  const words = texts.signIn;
  return (
    <Form busy={flow.busy} onSubmit={() => void voter.visits.signInDevelopment(identity, birthDate)}>
      <p class="soft small">{words.development}</p>
      <Field
        label={words.identity}
        hint={words.identityHint}
        value={identity}
        onInput={setIdentity}
        attributes={{ name: 'identity', required: true, autoComplete: 'off', maxLength: 64 }}
      />
      <Field
        label={words.birthDate}
        hint={words.birthDateHint}
        value={birthDate}
        onInput={setBirthDate}
        attributes={{ name: 'birth-date', type: 'date', required: true, autoComplete: 'bday' }}
      />
      <Submit busy={flow.busy}>{words.submit}</Submit>
    </Form>
  );
}

export function SignInScreen(): JSX.Element {
  const { texts } = useLocale();
  const stage = useStage();
  const { voter, model, flow, election } = stage;
  const { office } = model;
  const words = texts.signIn;
  const unreachable = office === null && flow.notice !== null && flow.notice.kind !== 'sessionExpired';
  return (
    <Screen title={words.title}>
      <p>{words.why(election.manifest.quorum)}</p>
      {office === null && !unreachable && (
        <p class="waiting" role="status">
          {words.asking}
        </p>
      )}
      {unreachable && (
        <Button main onClick={() => void voter.visits.meetAgain()}>
          {texts.tryAgain}
        </Button>
      )}
      {office !== null && (
        <section class="part stack">
          <h2>{words.office(officeName(stage), flow.visits.length + 1, flow.plan.length)}</h2>
          {office.signIn.includes('oidc') && (
            <>
              <p class="soft small">{words.oidcHint}</p>
              <Button main busy={flow.busy} onClick={() => void voter.visits.signInOidc()}>
                {words.oidc}
              </Button>
            </>
          )}
          {office.signIn.includes('development') && <Development />}
          {office.signIn.length === 0 && <p>{words.none}</p>}
        </section>
      )}
      {voter.visits.hasAnotherOffice && (
        <p>
          <button type="button" class="plain" onClick={() => void voter.visits.anotherOffice()}>
            {words.another}
          </button>
        </p>
      )}
    </Screen>
  );
}
