/** Runs one piece of work after the other, in the order of asking. */
export type InTurn = <Result>(work: () => Promise<Result>) => Promise<Result>

/** A queue of its own. Whoever asked for a piece hears of its failure; the next piece runs whatever became of the one before. */
export function createInTurn(): InTurn {
  let tail: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = tail.then(work)
    tail = mine.then(ended, ended)
    return mine
  }
}

/** Who waits for its turn waits for the end, not for the outcome: that was given to who asked. */
function ended(): void {}
