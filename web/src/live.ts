/** Something that holds a state and tells of its changes. */
export interface Live<T> {
  readonly current: T;
  /** Calls `listener` after every change, until the answer is called. */
  listen(listener: (value: T) => void): () => void;
}
