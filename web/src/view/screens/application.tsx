import type { JSX } from 'preact';
import { useEffect } from 'preact/hooks';

import { useLocale } from '../../locale/locale';
import { useStage } from '../context';
import { Button } from '../parts/basics';
import { number } from '../parts/time';
import { Screen } from '../parts/screen';

/** How often to ask whether a change is final. */
const LOOK_MS = 3_000;

export function ApplicationScreen(): JSX.Element {
  const { texts, language } = useLocale();
  const { voter, flow, election } = useStage();
  const words = texts.application;
  const { application } = flow;
  const pending = application?.pending === true;
  useEffect(() => {
    if (!pending) {
      return undefined;
    }
    const timer = setInterval(() => void voter.visits.lookAtApplication(), LOOK_MS);
    return () => clearInterval(timer);
  }, [pending, voter]);
  const taking = application?.status === 'applied';
  const state = taking ? words.applied : application?.status === 'withdrawn' ? words.withdrawn : words.none;
  const blocked = application?.nextChangeBlock ?? 0;
  const held = blocked > election.block.number ? 'next-change' : null;
  return (
    <Screen title={words.title}>
      <p>{words.why}</p>
      {flow.plan.length > 1 && <p class="soft">{words.quorum(flow.plan.length)}</p>}
      <p role="status">{pending ? <span class="waiting">{words.pending}</span> : <strong>{state}</strong>}</p>
      {application?.participating === true && <p>{words.participating}</p>}
      {application !== null && application.otherDistrict !== null && (
        <p class="notice" data-kind="warn">
          {texts.problems.districts_differ}
        </p>
      )}
      {application !== null && application.refusal !== null && (
        <p class="notice" data-kind="bad">
          {words.refused} <span lang="en">{application.refusal}</span>
        </p>
      )}
      {held !== null && <p id="next-change">{words.nextChange(number(language, blocked))}</p>}
      {application !== null && (
        <Button
          main={!taking}
          busy={flow.busy || pending}
          heldBy={held}
          onClick={() => void voter.visits.changeApplication(taking ? 'withdraw' : 'apply')}
        >
          {taking ? words.withdraw : words.apply}
        </Button>
      )}
      {flow.plan.length > 1 && application !== null && !pending && (
        <Button busy={flow.busy} onClick={() => void voter.visits.nextOffice()}>
          {words.next}
        </Button>
      )}
      {flow.signedIn !== null && (
        <section class="part stack">
          <h2>{words.number(flow.signedIn.voterNumber)}</h2>
          <p class="soft small">{words.numberWhy}</p>
          <Button busy={flow.busy} onClick={() => void voter.visits.leave()}>
            {words.leave}
          </Button>
        </section>
      )}
    </Screen>
  );
}
