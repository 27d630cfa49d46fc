import type { JSX } from 'preact';
import { useState } from 'preact/hooks';

import { useLocale } from '../../locale/locale';
import { officeName, useStage } from '../context';
import { Button, Field, Form, Submit } from '../parts/basics';
import { Screen } from '../parts/screen';
import { useNow } from '../parts/time';

/** The code can be sent again after a while; a screen reader is not told every second. */
function Resend(props: { readonly sentAt: number; readonly afterSeconds: number }): JSX.Element {
  const { texts } = useLocale();
  const { voter, flow } = useStage();
  const now = useNow();
  const left = Math.ceil((props.sentAt + props.afterSeconds * 1_000 - now) / 1_000);
  if (left > 0) {
    return <p class="soft small">{texts.code.againIn(left)}</p>;
  }
  return (
    <Button busy={flow.busy} onClick={() => void voter.visits.sendCode()}>
      {texts.code.again}
    </Button>
  );
}

function EnterCode(props: { readonly sentAt: number }): JSX.Element | null {
  const { texts } = useLocale();
  const stage = useStage();
  const { voter, flow } = stage;
  const [code, setCode] = useState('');
  const words = texts.code;
  if (flow.code === null) {
    return null;
  }
  return (
    <>
      <p role="status">{words.sent(flow.code.phoneHint)}</p>
      <p>
        <strong>{words.awaited(officeName(stage))}</strong> {words.otherRegistrar}
      </p>
      <Form busy={flow.busy} onSubmit={() => void voter.visits.openSession(code)}>
        <Field
          label={words.label}
          hint={words.hint}
          value={code}
          onInput={setCode}
          attributes={{
            name: 'code',
            class: 'code-input',
            required: true,
            inputMode: 'numeric',
            autoComplete: 'one-time-code',
            pattern: '[0-9 ]*',
            maxLength: 16,
          }}
        />
        <Submit busy={flow.busy}>{words.submit}</Submit>
      </Form>
      <Resend sentAt={props.sentAt} afterSeconds={flow.code.resendAfterSeconds} />
    </>
  );
}

export function CodeScreen(): JSX.Element {
  const { texts } = useLocale();
  const stage = useStage();
  const { voter, flow } = stage;
  const [sent, setSent] = useState({ code: flow.code, at: Date.now() });
  if (sent.code !== flow.code) {
    setSent({ code: flow.code, at: Date.now() });
  }
  const words = texts.code;
  return (
    <Screen title={words.title}>
      <p class="soft">{texts.signIn.office(officeName(stage), flow.visits.length + 1, flow.plan.length)}</p>
      {flow.code === null && flow.signedIn !== null && (
        <>
          <p>{words.willSend(flow.signedIn.phoneHint)}</p>
          <Button main busy={flow.busy} onClick={() => void voter.visits.sendCode()}>
            {words.send}
          </Button>
        </>
      )}
      <EnterCode sentAt={sent.at} />
    </Screen>
  );
}
