// Every text of the pages, in English. The other languages have the same keys, or do not compile.

import { plural } from './plural';

const options = (n: number) => plural('en', n, { one: 'option', other: 'options' });
const minutes = (n: number) => plural('en', n, { one: 'minute', other: 'minutes' });
const seconds = (n: number) => plural('en', n, { one: 'second', other: 'seconds' });
const nodes = (n: number) => plural('en', n, { one: 'node', other: 'nodes' });

export const en = {
  language: 'English',
  skip: 'Skip to the content',
  electronicVote: 'Electronic vote',
  loading: 'Asking the nodes what is being decided…',
  back: 'Back',
  goOn: 'Continue',
  tryAgain: 'Try again',
  close: 'Close',
  copy: 'Copy',
  copied: 'Copied',
  step: (at: number, of: number) => `Step ${at} of ${of}`,
  steps: { decide: 'What is decided', signIn: 'Sign in', ballot: 'Ballot', seal: 'Seal', deliver: 'Receipt' },
  chooseLanguage: 'Language',

  overview: {
    title: 'What is being decided',
    district: (name: string) => `District: ${name}`,
    decrypts: (threshold: number, trustees: number) =>
      `Votes are encrypted on your device. No single vote is ever decrypted: ${threshold} of ${trustees} trustees together open only the totals.`,
    opens: (block: string, time: string | null) =>
      time === null ? `Voting opens at block ${block}.` : `Voting opens about ${time} (block ${block}).`,
    closes: (block: string, time: string | null) =>
      time === null ? `Voting closes at block ${block}.` : `Voting closes about ${time} (block ${block}).`,
    applyUntil: (block: string, time: string | null) =>
      time === null
        ? `You can apply for the electronic vote before block ${block}.`
        : `You can apply for the electronic vote until about ${time} (block ${block}).`,
    registration: 'Applications are open',
    waiting: 'Applications are closed, voting has not opened yet',
    voting: 'Voting is open',
    tallying: 'Voting has closed. The totals are being opened.',
    published: 'Voting has closed. The result is published.',
    cancelled: 'This election was cancelled.',
    vote: 'Vote now',
    apply: 'Apply or withdraw',
    fingerprint: 'Fingerprint of the ballot paper',
    fingerprintWhy:
      'Computed on your device from all that was fixed before the first vote. It is the same for every voter: compare it with a neighbour’s, or with the one your election commission has published.',
    heard: (heard: number, asked: number) => `${heard} of ${nodes(asked)} say the same.`,
    silent: (url: string) => `${url} does not answer, or is far behind.`,
    oneNode: 'Only one node is known to this page. It proves what it says, but it could keep silent about the latest blocks.',
  },

  signIn: {
    title: 'Sign in',
    office: (name: string, at: number, of: number) =>
      of > 1 ? `Registrar ${at} of ${of}: ${name}` : `Registrar: ${name}`,
    why: (quorum: number) =>
      quorum > 1
        ? `${quorum} registrars must each confirm that you may vote. None of them learns how you vote.`
        : 'The registrar confirms that you may vote. It never learns how you vote.',
    development: 'This log-in is for trials.',
    identity: 'Identity number',
    identityHint: 'As it stands in your document.',
    birthDate: 'Date of birth',
    birthDateHint: 'Year, month and day.',
    submit: 'Sign in',
    oidc: 'Sign in with the state’s service',
    oidcHint: 'You leave this page and come back when you have signed in.',
    none: 'This registrar offers no way to sign in here.',
    another: 'Go to another registrar',
    asking: 'Asking the registrar…',
  },

  application: {
    title: 'Your application',
    why: 'Whoever applies votes electronically and is taken off the polling station’s list. You can change your mind once a day until applications close.',
    none: 'You have not applied.',
    applied: 'You have applied for the electronic vote.',
    withdrawn: 'You have withdrawn your application.',
    participating: 'You are on the list of electronic voters.',
    quorum: (n: number) => `It takes ${n} registrars: apply with each of them.`,
    next: 'Go to the next registrar',
    refused: 'The chain has refused the last change:',
    pending: 'Being recorded on the chain…',
    apply: 'Apply for the electronic vote',
    withdraw: 'Withdraw',
    nextChange: (block: string) => `The next change is possible from block ${block} on.`,
    number: (number: string) => `Your number in this election: ${number}`,
    numberWhy: 'Anybody can see on the chain whether this number takes part. Only the registrars can tell that it is yours.',
    leave: 'Sign out',
  },

  code: {
    title: 'One-time code',
    send: 'Send me the code',
    willSend: (hint: string) => `We send a code to your telephone ${hint}.`,
    sent: (hint: string) => `The code was sent to your telephone ${hint}.`,
    awaited: (registrar: string) => `The message must name this registrar: ${registrar}.`,
    otherRegistrar: 'Never type a code whose message names another one.',
    label: 'Code from the message',
    hint: 'Digits only. It opens the ballot for 15 minutes.',
    triesLeft: (n: number) => plural('en', n, { one: 'try left', other: 'tries left' }),
    again: 'Send another code',
    againIn: (n: number) => `Another code can be sent in ${seconds(n)}.`,
    submit: 'Open the ballot',
    issued: 'Opening the ballot',
  },

  ballot: {
    title: 'Your ballot',
    district: (name: string) => name,
    keptHere: 'Nothing leaves this device before you cast.',
    exactly: (n: number) => `Select exactly ${options(n)}.`,
    upTo: (n: number) => (n === 1 ? 'Select one option, or leave it blank.' : `Select up to ${options(n)}, or none.`),
    between: (min: number, max: number) => `Select ${min} to ${options(max)}.`,
    orBlank: 'You may also leave it blank.',
    noLimit: 'Select as many as you like, or none.',
    full: (max: number) => `With ${options(max)} selected, take one back to select another.`,
    count: (n: number, max: number) => `${n} of at most ${max} selected`,
    blank: 'Leave blank',
    blankHint: 'Counts as taking part, and for nobody.',
    missing: (title: string, more: number) => `“${title}” still needs ${options(more)}.`,
    review: 'Review',
    left: (text: string) => `Time left: ${text}`,
    leftWhy: 'When the time is over your selections are dropped, and you sign in again.',
    minutes,
    lessThanMinute: 'less than a minute',
    credentialed: 'Your right to vote is confirmed. You can take your time until voting closes.',
  },

  leaving: {
    leave: 'Leave this device',
    anywhere: 'Going away? Your selections and your sign-in are removed. You can vote later, on any device.',
    here: 'Going away? Your selections and your sign-in are removed. Your right to vote stays: vote later on this device, in this browser, after signing in again.',
  },

  review: {
    title: 'Is this what you want?',
    blank: 'Blank: nothing selected',
    change: 'Change',
    what: 'Next your device makes a key that is used once, the registrar signs it without seeing it, and your ballot is encrypted. You can still check it before you cast.',
    whatAgain: 'Next your ballot is encrypted. You can still check it before you cast.',
    encrypt: 'Encrypt my ballot',
  },

  recording: {
    title: 'Preparing your ballot',
    issue: (at: number, of: number) =>
      of > 1 ? `Registrars record that you receive a ballot: ${at} of ${of}` : 'The registrar records that you receive a ballot',
    encrypt: 'Your device encrypts the ballot',
    patience: 'This takes about half a minute: the record has to be final first. You can close this page and come back.',
  },

  sealed: {
    title: 'Check it or cast it',
    commitment: 'Your encrypted ballot has this code',
    commitmentWhy: 'Write down the first groups, or keep this screen in view. The code is fixed before you choose, so this device cannot know whether you will check it.',
    checkTitle: 'Check',
    check: 'Check this ballot',
    checkWhat: 'This device reveals how it encrypted, and a second device computes the code again. A ballot that was checked can no longer be cast; you then make a new one.',
    castTitle: 'Cast',
    cast: 'Cast this ballot',
    castWhat: 'It is sent off and counts. It cannot be changed afterwards, and the key to it is destroyed.',
    checked: (n: number) =>
      plural('en', n, { one: 'ballot checked on this device so far', other: 'ballots checked on this device so far' }),
  },

  challenged: {
    title: 'Check with a second device',
    what: 'This ballot is open now and will not count.',
    first: 'Open this page on another device:',
    second: 'Show it this code, or give it the file:',
    third: 'It must show this code, the one that you saw before you chose to check, and the selections that you made. If it does not, this device has cheated: do not vote with it, and tell your election commission.',
    qr: 'Square code with the data of the opened ballot',
    tooLarge: 'The data do not fit into a square code. Use the file.',
    file: 'Save the file',
    fileName: 'opened-ballot.txt',
    anew: 'Make a new ballot',
  },

  delivering: {
    title: 'Your ballot is on its way',
    relays: (hops: number, minutesText: string) =>
      `It passes ${plural('en', hops, { one: 'relay', other: 'relays' })} chosen at random, and each holds it for a random time, so that nobody can tell from the moment whose ballot it is. That takes about ${minutesText} on average, sometimes three times as long.`,
    direct: 'It was given to the nodes directly and should be final within a minute.',
    stay: 'You may close this page: the ballot arrives without it. Come back on this device for your receipt.',
    path: (hosts: string) => `Handed over to ${hosts}`,
    again: (n: number) => `Handed over ${n} times, each time on another path. It counts once.`,
    waiting: 'Handing it over…',
    since: (text: string) => `Cast ${text} ago`,
    looked: (block: string) => `Looked through the chain up to final block ${block}`,
    confirmed: (confirmed: number, asked: number) => `${confirmed} of ${nodes(asked)} have it in a final block`,
    refuted: (urls: string) =>
      `${urls} said what the validators have not signed. That node lies or is broken; it cannot change your ballot, and the other nodes are asked as well. Tell your election commission.`,
    nodesSilent: 'No node answers at the moment. Your ballot is kept here and tried again.',
    stepCast: 'Cast and sealed',
    stepRelays: 'With the relays',
    stepFinal: 'In a final block',
    lastResort: 'Voting closes soon, so the ballot was also given to the nodes directly. The node can see the address that it came from.',
  },

  final: {
    title: 'Your ballot is in the box',
    what: (block: string) => `It is in block ${block}, which is final: nobody can remove or change it.`,
    tracker: 'Tracker',
    trackerWhy: 'By it anybody can find the encrypted ballot on the chain. It shows nothing of your choice.',
    receipt: 'Your receipt',
    receiptWhy: 'It proves that the ballot is in the chain, and proves it without this page, without a network and without trust in any server.',
    save: 'Save the receipt',
    fileName: 'receipt.json',
    qr: 'Square code with the address of the receipt’s check',
    qrWhy: 'Check by tracker on another device',
    check: 'Check the receipt now',
    destroyed: 'The key that signed your ballot and the numbers that encrypted it are destroyed. Nothing on this device opens it.',
    forget: 'Remove everything from this device',
    forgetWhy: 'Do this if the device is not yours. Save the receipt first.',
    gone: 'Nothing of your vote is left on this device.',
  },

  receipt: {
    title: 'Check a receipt',
    what: 'The check runs on your device: it follows the proofs in the receipt from your ballot to the signatures of the validators, and has several nodes prove that they have the same.',
    paste: 'Paste the receipt',
    pasteHint: 'The text of the file receipt.json.',
    file: 'or open the file',
    tracker: 'or look for a tracker',
    trackerHint: '0x and 64 digits. The page reads all ballots and searches here: no node learns which one you look for.',
    check: 'Check',
    checking: 'Checking…',
    included: 'The receipt is genuine',
    includedWhat: (block: string) => `The ballot is in block ${block}, and the validators have signed that this block is final.`,
    refused: 'The receipt proves nothing',
    unreadable: 'This is no receipt. A receipt begins with { and was saved as receipt.json.',
    unreadableFile: 'This file cannot be read. If you have the text of the receipt, paste it.',
    otherElection: 'This receipt is for another election or another chain.',
    found: (block: string) => `This ballot is in block ${block}, and the validators have signed that a block with it is final.`,
    notFound: 'No node that was asked knows this tracker. A ballot that was cast minutes ago may still be with the relays.',
    badTracker: 'A tracker is 0x and 64 digits from 0 to 9 and a to f.',
    nodeTitle: 'What the nodes say',
    nodeHas: 'has the same ballot in the same block',
    nodeLacks: 'does not have this ballot',
    nodeLies: 'says what the validators have not signed',
    nodeSilent: 'does not answer, or is behind',
    liar: 'A node contradicts what is signed by the validators. That node lies or is broken, and was not believed. Tell your election commission which node it was.',
    oneNode: 'Only one node could be asked. It proves what it says, but it could keep silent about the latest blocks.',
    vote: 'To the vote',
    observe: 'Watch the election',
  },

  tabs: {
    title: 'The vote is open in another tab',
    what: 'One tab at a time, since you have one ballot. Go on there, or take it over here; nothing is lost.',
    takeOver: 'Continue in this tab',
    lostTitle: 'The vote went on in another tab',
  },

  broken: {
    title: 'This page cannot go on',
    configuration: 'The page’s configuration is wrong:',
    nobody: 'No node answers. Check your connection and try again.',
    unknownElection: (url: string) => `${url} does not know this election.`,
    otherChain: (url: string) => `${url} belongs to another chain. Do not vote here; tell your election commission.`,
    unproven: (urls: string) =>
      `${urls} said what the validators have not signed. That node lies or is broken. Do not vote now; tell your election commission.`,
    differs: (urls: string) =>
      `The nodes contradict each other about the ballot paper, the key or the program, and that must not happen: ${urls} differ from the others. Do not vote now; tell your election commission.`,
    manifestHash: 'What the nodes show is not what its hash stands for. Do not vote here; tell your election commission.',
    registrarManifest: 'The registrar holds another ballot paper than the chain. Do not vote here; tell your election commission.',
    browser: 'This browser lacks what the page needs to protect your vote. Please use a current one.',
  },

  problems: {
    unreachable: 'The registrar cannot be reached. Nothing is lost; try again.',
    offline: 'There is no connection. Nothing is lost; the page goes on when it is back.',
    not_on_the_roll: 'No voter with these data is on the roll. Check number and date.',
    not_participating: 'You have not applied for the electronic vote in this election. You can vote at your polling station.',
    wrong_code: 'That is not the code. Compare it with the message.',
    code_expired: 'The code is too old. Have another one sent.',
    too_many_tries: 'Too many wrong codes. Have another one sent when the time is over.',
    rate_limited: 'Too many requests. Wait a little.',
    session_expired: 'The time is over, and your selections were dropped so that nobody else sees them. Your right to vote is not lost: sign in again.',
    not_signed_in: 'The sign-in is no longer valid. Please sign in again.',
    already_issued: 'A ballot was already issued to you on another device or in another browser. Vote there: for your protection there is only one.',
    sign_in_refused: 'The sign-in service did not confirm who you are. Please try again.',
    sign_in_unavailable: 'This registrar does not offer this way to sign in.',
    bad_field: 'Something in what you entered is not as the registrar expects it.',
    change_pending: 'The last change is not final yet. Please wait a moment.',
    code_not_sent: 'The code could not be sent. Try again in a minute.',
    link_used: 'This ballot session was opened elsewhere. Please sign in again.',
    issue_refused: 'The chain has refused to record that you receive a ballot. Please tell your election commission.',
    chain_unavailable: 'The registrar cannot reach the chain at the moment. Nothing is lost; try again.',
    outside_window: 'That is not possible at this time of the election.',
    too_soon: 'One change a day is possible. Try again later.',
    districts_differ: 'The registrars have you in different districts. Please tell your election commission.',
    voters_differ: 'On this device is another voter’s right to vote, or the registrars know you under different numbers. On a shared device use another browser or device; on your own, tell your election commission.',
    registrars_mixed_up: 'The sign-in service’s answer was for another registrar than the one that you are visiting. It was passed on to nobody. Tell your election commission which registrar you were visiting, and go to another one.',
    resumed: 'Welcome back. Everything is as you left it.',
    select_again: 'Welcome back. Your right to vote is confirmed; your selections were dropped so that nobody else sees them. Select again.',
    refused: (code: number | null) =>
      code === null ? 'The nodes refuse the ballot.' : `The nodes refuse the ballot (reason ${code}).`,
    missed: 'Voting has closed, and no node has this ballot in a block: it came too late and is not counted.',
    refusedWhat: 'Please save this screen and tell your election commission. The ballot is kept on this device and is not sent again.',
    failed: 'Something went wrong that this page did not expect. Nothing is lost; try again.',
    details: 'Details',
    retryIn: (n: number) => `Try again in ${seconds(n)}.`,
  },

  bundle: {
    title: 'This page’s own fingerprint',
    what: 'Computed from the files that the server sent. Compare it with the published one.',
    checking: 'computing…',
    wrong: (path: string) => `${path} is not the file that the list names. Do not vote on this page.`,
    none: 'This copy of the page has no list of its files.',
  },
};
