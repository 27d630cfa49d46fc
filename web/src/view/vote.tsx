import type { JSX } from 'preact';
import { useMemo } from 'preact/hooks';

import type { Step } from '../flow/state';
import type { Voter } from '../flow/voter';
import { claim } from '../flow/tab';
import { type Stage, StageContext } from './context';
import { useHistory } from './history';
import { useLive } from './parts/live';
import { BrokenScreen, ElsewhereScreen, LoadingScreen } from './screens/apart';
import { ApplicationScreen } from './screens/application';
import { BallotScreen } from './screens/ballot';
import { ChallengedScreen } from './screens/challenged';
import { CodeScreen } from './screens/code';
import { DeliveringScreen } from './screens/delivering';
import { FinalScreen } from './screens/final';
import { Overview } from './screens/overview';
import { RecordingScreen } from './screens/recording';
import { ReviewScreen } from './screens/review';
import { SealedScreen } from './screens/sealed';
import { SignInScreen } from './screens/sign-in';
import { Shell, type StageName } from './shell';

const SCREENS: Record<Step, () => JSX.Element | null> = {
  overview: Overview,
  signIn: SignInScreen,
  application: ApplicationScreen,
  code: CodeScreen,
  ballot: BallotScreen,
  review: ReviewScreen,
  recording: RecordingScreen,
  sealed: SealedScreen,
  challenged: ChallengedScreen,
  delivering: DeliveringScreen,
  final: FinalScreen,
};

const STAGE_OF: Record<Step, StageName> = {
  overview: 'decide',
  signIn: 'signIn',
  application: 'signIn',
  code: 'signIn',
  ballot: 'ballot',
  review: 'ballot',
  recording: 'seal',
  sealed: 'seal',
  challenged: 'seal',
  delivering: 'deliver',
  final: 'deliver',
};

function Screens(props: { readonly stage: Stage }): JSX.Element {
  const { stage } = props;
  useHistory(stage.flow, stage.voter);
  const Current = SCREENS[stage.flow.step];
  return (
    <StageContext.Provider value={stage}>
      <Current key={`${stage.flow.step}${stage.flow.visits.length}`} />
    </StageContext.Provider>
  );
}

/** The voter's page. */
export function VotePage(props: { readonly voter: Voter }): JSX.Element {
  const { voter } = props;
  const model = useLive(voter.store);
  const stage = useMemo((): Stage | null => {
    const { flow, election, configuration } = model;
    if (election === null || configuration === null) {
      return null;
    }
    const district = election.manifest.districts.find((one) => one.id === flow.district) ?? null;
    return { voter, model, flow, election, configuration, district };
  }, [voter, model]);
  const takeOver = () => {
    void claim(() => voter.yieldTo(true), true).then(() => voter.retry());
  };
  const { situation } = model;
  const ready = situation.kind === 'ready' && stage !== null;
  return (
    <Shell
      title={model.election?.manifest.title ?? null}
      stage={ready ? STAGE_OF[stage.flow.step] : null}
      page="vote"
    >
      {situation.kind === 'loading' && <LoadingScreen />}
      {situation.kind === 'broken' && <BrokenScreen why={situation.why} voter={voter} />}
      {situation.kind === 'elsewhere' && <ElsewhereScreen lost={situation.lost} onTakeOver={takeOver} />}
      {ready && <Screens stage={stage} />}
    </Shell>
  );
}
