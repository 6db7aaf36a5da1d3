import { describe, expect, it } from 'vitest'
import { createStageView, type StageView } from '../../../src/cli/watch-stages.ts'
import { type Stage, stageNames } from '../../../src/lib/protocol/http-api.ts'
import { buffered, failing, passing, refused, stagesWith } from './verdicts.ts'

/** A terminal that keeps what it shows: it knows line breaks, cursor up and clearing what is below, which is all that a view may use. */
function screen({ live = true, rows = 24, columns = 60, repeated = false } = {}) {
  const lines: string[] = ['']
  const raw: string[] = []
  const notes: string[] = []
  let row = 0
  function put(text: string): void {
    raw.push(text)
    for (const piece of text.replaceAll('\u001b', '␛').split(/(\n|␛\[\d+A|␛\[J)/)) {
      const up = /^␛\[(\d+)A$/.exec(piece)
      if (piece === '\n') lines[++row] ??= ''
      else if (up !== null) row -= Number(up[1])
      else if (piece === '␛[J') lines.splice(row, lines.length, '')
      else lines[row] += piece
    }
  }
  const view = createStageView(
    { terminal: { live, columns }, rows: live ? rows : undefined, write: put, note: (line) => notes.push(line) },
    { repeated },
  )
  return { view, notes, raw: () => raw.join(''), shown: () => lines.join('\n').trimEnd().split('\n') }
}

function run(view: StageView, stages: readonly Stage[]): void {
  view.begin()
  for (const stage of stages) view.onStage(stage)
}

describe('a test on a terminal', () => {
  it('shows each stage as it runs, and its result in its place', () => {
    const { view, shown } = screen()
    view.begin()
    expect(shown().slice(0, 3)).toEqual(['… runs  dns', '  wait  tcp', '  wait  tls'])
    view.onStage(stagesWith()[0] as Stage)
    expect(shown()).toHaveLength(9)
    expect(shown().slice(0, 2)).toEqual([expect.stringMatching(/^✓ pass {2}dns +12 ms {2}gateway/), '… runs  tcp'])
  })

  it('ends with the whole story in place of the block', () => {
    const { view, shown } = screen()
    run(view, stagesWith({ sse: buffered }))
    view.end(failing({ sse: buffered }), true)
    expect(shown()[0]).toBe('✓ pass  dns          12 ms')
    expect(shown().join('\n')).not.toContain('… runs')
    expect(shown().filter((line) => line.includes('  sse'))).toHaveLength(1)
    expect(shown().slice(-2)).toEqual([
      '✗ Does not work: https://gateway.example.com fails at sse',
      '(SSE_BUFFERED). Seen from this computer.',
    ])
  })

  it('begins anew for the next test, and says below what is waited for', () => {
    const { view, shown, notes } = screen({ repeated: true })
    run(view, stagesWith({ sse: buffered }))
    view.waits('sse (SSE_BUFFERED)', 170_000)
    expect(shown().slice(9)).toEqual(['', 'Waits for sse (SSE_BUFFERED), 2 minutes 50 seconds more.'])
    view.begin()
    expect(shown()).toHaveLength(11)
    expect(shown()[0]).toBe('… runs  dns')
    view.end(passing(), false)
    expect(shown().join('\n')).not.toContain('Waits for')
    expect(notes).toEqual([])
  })

  it('says of an address that is refused only why', () => {
    const { view, shown } = screen()
    view.begin()
    view.end(refused, false)
    expect(shown()[0]).toMatch(/^"http:\/\/example.com" is public/)
  })

  it('draws nothing anew on a screen that cannot hold it', () => {
    const { view, shown, raw } = screen({ rows: 10 })
    run(view, stagesWith())
    expect(shown()).toHaveLength(9)
    expect(raw()).not.toContain('\u001b')
    expect(shown()[8]).toMatch(/^✓ pass {2}headers/)
  })
})

describe('a test without a terminal', () => {
  it('prints each stage once it has ended, in the order of the stages', () => {
    const { view, shown } = screen({ live: false })
    view.begin()
    const [dns, tcp, ...rest] = stagesWith() as [Stage, Stage, ...Stage[]]
    view.onStage(tcp)
    expect(shown()).toEqual([''])
    view.onStage(dns)
    expect(shown().map((line) => line.slice(8, 11))).toEqual(['dns', 'tcp'])
    for (const stage of rest.toReversed()) view.onStage(stage)
    view.end(passing(), false)
    expect(
      shown()
        .slice(0, 9)
        .map((line) => line.slice(8, 17).trim()),
    ).toEqual([...stageNames])
    expect(shown().slice(9)).toEqual(['', expect.stringMatching(/^✓ Works: .*cellular\.$/)])
  })

  it('prints what was never told besides the verdict', () => {
    const { view, shown } = screen({ live: false })
    run(view, stagesWith().slice(0, 3))
    view.end(passing(), false)
    expect(shown()).toHaveLength(11)
  })

  it('tells of several tests only the last, and of the others what is waited for, once', () => {
    const { view, shown, notes } = screen({ live: false, repeated: true })
    for (const leftMs of [170_000, 160_000]) {
      run(view, stagesWith({ sse: buffered }))
      view.waits('sse (SSE_BUFFERED)', leftMs)
    }
    view.waits('websocket (WEBSOCKET_BLOCKED)', 100_000)
    expect(shown()).toEqual([''])
    expect(notes).toEqual([
      'Waits for sse (SSE_BUFFERED), 2 minutes 50 seconds more.',
      'Waits for websocket (WEBSOCKET_BLOCKED), 1 minute 40 seconds more.',
    ])
    view.end(passing(), false)
    expect(shown()).toHaveLength(11)
  })

  it('moves no cursor', () => {
    const { view, raw } = screen({ live: false })
    run(view, stagesWith())
    view.end(passing(), true)
    expect(raw()).not.toContain('\u001b')
  })
})
