// `config.json`: where nodes, registrars and relays are. Whatever the page believes about an election,
// it reads from the chain.

import type { Hex } from './encoding/hex';
import { shapeOf, ShapeError, type Shape } from './encoding/shape';

/** Services of one kind at most: more than an election has, and nothing to hang a page with. */
const MAX_SERVICES = 32;

/** Where a registrar answers. */
export interface RegistrarAddress {
  /** Its place in the manifest. */
  readonly index: number;
  readonly url: string;
}

/** Where a relay answers, and what ballots are sealed to. */
export interface RelayAddress {
  readonly url: string;
  /** Its X25519 key. */
  readonly publicKey: Hex;
}

/** What the page is told. */
export interface Configuration {
  readonly election: number;
  /** The hash of block 0: it names the chain. */
  readonly genesis: Hex;
  /** WebSocket addresses. */
  readonly nodes: readonly string[];
  readonly registrars: readonly RegistrarAddress[];
  /** None: ballots go to the nodes directly. */
  readonly relays: readonly RelayAddress[];
  /** How many relays a ballot passes. */
  readonly hops: number;
  /** The page on which a second device checks a ballot. */
  readonly checker: string;
}

function address(shape: Shape, schemes: readonly string[]): string {
  const text = shape.text();
  if (!URL.canParse(text) || !schemes.includes(new URL(text).protocol)) {
    throw new ShapeError(text, `an address that begins with ${schemes.join(' or ')}`);
  }
  return text.replace(/\/+$/, '');
}

const web = (shape: Shape) => address(shape, ['https:', 'http:']);
const socket = (shape: Shape) => address(shape, ['wss:', 'ws:']);

/** Checks a configuration. */
export function readConfiguration(value: unknown): Configuration {
  const shape = shapeOf(value, 'config.json');
  const nodes = shape.field('nodes').list(MAX_SERVICES, socket);
  if (nodes.length === 0) {
    throw new ShapeError('config.json.nodes', 'at least one address');
  }
  const relays = shape.field('relays').list(MAX_SERVICES, (relay) => ({
    url: web(relay.field('url')),
    publicKey: relay.field('public_key').hex(32),
  }));
  const hops = shape.field('hops').count();
  if (relays.length > 0 && (hops < 1 || hops > relays.length)) {
    throw new ShapeError('config.json.hops', `1 to ${relays.length}, as many as there are relays`);
  }
  return {
    election: shape.field('election').count(),
    genesis: shape.field('genesis').hex(32),
    nodes,
    registrars: shape.field('registrars').list(MAX_SERVICES, (registrar) => ({
      index: registrar.field('index').count(),
      url: web(registrar.field('url')),
    })),
    relays,
    hops,
    checker: shape.field('checker').optional((checker) => checker.text()) ?? './check.html',
  };
}

/** Reads the configuration that lies beside the page. */
export async function loadConfiguration(): Promise<Configuration> {
  const response = await fetch('config.json', { cache: 'no-store', credentials: 'omit' });
  if (!response.ok) {
    throw new Error(`config.json: the server answered ${response.status}`);
  }
  return readConfiguration(await response.json());
}
