import { describe, expect, it } from 'vitest'
import { renderProgress, renderStage } from '../../../src/cli/render/stages.ts'
import { isRefused, renderVerdict, waitsFor } from '../../../src/cli/render/verdict.ts'
import type { Stage, StageName, Verdict } from '../../../src/lib/protocol/http-api.ts'
import { buffered, failing, passing, refused, stagesWith } from './verdicts.ts'

const sse: Stage = { stage: 'sse', status: 'pass', ms: 603, detail: 'Three events came 300 ms apart.' }
const widths = [60, 120, Infinity] as const
/** What a terminal would obey, but for the line break. */
const obeyed = /\p{Cc}(?<!\n)|\p{Cf}|[\u2028\u2029]/u

function stage(more: Partial<Stage>): Stage {
  return { ...sse, ...more }
}

describe('a stage on a wide terminal', () => {
  it.each<[string, Stage, string[]]>([
    ['that passed', sse, ['✓ pass  sse         603 ms  Three events came 300 ms apart.']],
    ['that was skipped', stage({ status: 'skip', ms: 0, detail: 'Not looked at.' }), ['- skip  sse                 Not looked at.']],
    [
      'that could be better',
      stage({ fix: { title: 'Trust the proxy.', command: 'xopc config set a=1' } }),
      ['✓ pass  sse         603 ms  Three events came 300 ms apart.', '        Tip: Trust the proxy:', '            xopc config set a=1'],
    ],
    [
      'that failed',
      stage(buffered),
      [
        '✗ FAIL  sse        2104 ms  All three events came at once after 2.1 s, but they were sent 300 ms apart: something on the',
        '                            way keeps answers until they are whole.',
        '        Code: SSE_BUFFERED',
        '        Who: nginx (told by Server: nginx/1.22.1)',
        '        Fix: Switch buffering off in the location that leads to the gateway:',
        '            location / {',
        '                proxy_buffering off;',
        '            }',
        '        Then type:',
        '            sudo nginx -t && sudo systemctl reload nginx',
      ],
    ],
    [
      'that fell short, by nobody known',
      stage({ status: 'warn', detail: 'Slow.', culprit: { program: null, evidence: null }, fix: { title: 'Look into it.' } }),
      ['! warn  sse         603 ms  Slow.', '        Who: unknown; nothing on the way says what it is', '        Fix: Look into it'],
    ],
    [
      'that failed before anybody answered',
      stage({ stage: 'tcp', status: 'fail', detail: 'No.', code: 'DNS_OR_CONN_REFUSED', culprit: { program: null, evidence: null } }),
      ['✗ FAIL  tcp         603 ms  No.', '        Code: DNS_OR_CONN_REFUSED'],
    ],
  ])('%s', (_, given, lines) => {
    expect(renderStage(given, 120)).toEqual(lines)
  })
})

describe('a stage on a narrow terminal', () => {
  it('has its sentence below', () => {
    expect(renderStage(stage({ detail: 'Three events came 300 ms apart, which is as they were sent.' }), 60)).toEqual([
      '✓ pass  sse         603 ms',
      '        Three events came 300 ms apart, which is as they',
      '        were sent.',
    ])
  })

  it.each(widths)('says the same words as any other, at %d columns', (columns) => {
    const words = (lines: string[]): string[] => lines.join(' ').split(/\s+/)
    expect(words(renderStage(stage(buffered), columns))).toEqual(words(renderStage(stage(buffered), Infinity)))
  })

  it('breaks no line that is to be copied', () => {
    const line = `proxy_set_header X-Long ${'x'.repeat(100)};`
    const fix = { title: 'Write it', snippet: `${line}\n\tindented;\n`, command: `echo ${'y'.repeat(100)}` }
    const lines = renderStage(stage({ status: 'fail', fix }), 60)
    expect(lines).toContain(`            ${line}`)
    expect(lines).toContain('            \tindented;')
    expect(lines).toContain(`            echo ${'y'.repeat(100)}`)
  })

  it('is no wider than the terminal, but for what is to be copied', () => {
    for (const each of stagesWith({ sse: buffered })) for (const line of renderStage(each, 60)) expect(line.length).toBeLessThanOrEqual(60)
  })
})

describe('every word of a stage', () => {
  const evil = '\u001b[2J\u001b]0;owned\u0007\u202e\u200b\r\nx\u009b31m'

  it.each(['pass', 'warn', 'fail', 'skip'] as const)('is without what a terminal obeys: %s', (status) => {
    const hostile = stage({
      status,
      detail: evil,
      code: evil,
      culprit: { program: evil, evidence: evil },
      fix: { title: evil, command: evil, snippet: `${evil}\n${evil}` },
    })
    for (const columns of widths) expect(renderStage(hostile, columns).join('\n')).not.toMatch(obeyed)
    expect(renderProgress(new Map([['sse', hostile]]), 60).join('\n')).not.toMatch(obeyed)
    const told: Verdict = { ...refused, stages: stagesWith({ sse: hostile }), url: evil, code: evil, message: evil, hint: evil, fix: null }
    expect(renderVerdict(told, { columns: 60, offersToKeep: true }).join('\n')).not.toMatch(obeyed)
    expect(renderVerdict({ ...told, stages: [] }, { columns: 60, offersToKeep: true }).join('\n')).not.toMatch(obeyed)
    expect(waitsFor(told)).not.toMatch(obeyed)
  })

  it('has an end', () => {
    const long = 'x'.repeat(100_000)
    const fix = { title: long, snippet: `${long}\n`.repeat(1000) }
    const lines = renderStage(stage({ status: 'fail', detail: long, code: long, fix, culprit: { program: long, evidence: long } }), 120)
    expect(lines.length).toBeLessThan(250)
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThan(2100)
  })
})

describe('the stages while a test runs', () => {
  function at(count: number, columns = 60): string[] {
    const ended = stagesWith().slice(0, count)
    return renderProgress(new Map(ended.map((each) => [each.stage, each])), columns)
  }
  const running = (lines: string[]): string[] => lines.filter((line) => line.startsWith('… runs')).map((line) => line.slice(8))

  it.each<[number, StageName[]]>([
    [0, ['dns']],
    [1, ['tcp']],
    [4, ['identity']],
    [5, ['auth', 'sse', 'websocket', 'headers']],
    [7, ['websocket', 'headers']],
    [9, []],
  ])('after %d of them', (count, names) => {
    expect(running(at(count))).toEqual(names)
  })

  it('are nine lines that no terminal wraps', () => {
    for (const columns of [20, 60, 120])
      for (let count = 0; count <= 9; count += 1) {
        expect(at(count, columns)).toHaveLength(9)
        for (const line of at(count, columns)) expect(line.length).toBeLessThan(columns)
      }
  })

  it('count a character of the far east as two', () => {
    const wide = renderProgress(new Map([['dns', stage({ stage: 'dns', detail: '門'.repeat(40) })]]), 60)[0] ?? ''
    expect(wide.match(/門/g)?.length).toBeLessThan(16)
  })
})

describe('a verdict', () => {
  const show = { columns: Infinity, offersToKeep: false }
  const last = (verdict: Verdict): string | undefined => renderVerdict(verdict, show).at(-1)

  it.each<[string, Verdict, string]>([
    [
      'that all is well',
      passing(),
      '✓ Works: https://gateway.example.com, tested in 640 ms (one round trip takes 12 ms). Seen from this computer; it does not show whether it works over cellular.',
    ],
    [
      'with one warning',
      passing({ dns: { status: 'warn' } }),
      '✓ Works, with 1 warning: https://gateway.example.com, tested in 640 ms (one round trip takes 12 ms). Seen from this computer; it does not show whether it works over cellular.',
    ],
    [
      'with two, from elsewhere, and no round trip',
      { ...passing({ dns: { status: 'warn' }, tcp: { status: 'warn' } }), vantage: 'outside', latencyMs: null },
      '✓ Works, with 2 warnings: https://gateway.example.com, tested in 640 ms. Seen from outside.',
    ],
    [
      'that it fails at one stage',
      failing({ sse: buffered }),
      '✗ Does not work: https://gateway.example.com fails at sse (SSE_BUFFERED). Seen from this computer.',
    ],
    [
      'that it fails at two',
      failing({ sse: buffered, websocket: { status: 'fail', code: 'WEBSOCKET_BLOCKED' } }),
      '✗ Does not work: https://gateway.example.com fails at sse (SSE_BUFFERED) and websocket (WEBSOCKET_BLOCKED). Seen from this computer.',
    ],
    ['that the address is none', refused, '✗ Does not work: http://example.com. Seen from this computer.'],
  ])('%s is the last line', (_, verdict, line) => {
    expect(last(verdict)).toBe(line)
  })

  it('offers to keep an address that works, and no other', () => {
    expect(renderVerdict(passing(), { ...show, offersToKeep: true })).toContain('Next: xopc proxy set https://gateway.example.com')
    expect(renderVerdict(failing({ sse: buffered }), { ...show, offersToKeep: true }).join()).not.toContain('proxy set')
  })

  it('says why the address cannot be one, where no stage could', () => {
    expect(renderVerdict(refused, show).slice(0, 2)).toEqual([
      '"http://example.com" is public, and over plain http everybody on the way could read the token.',
      'Fix: Use https://',
    ])
    expect(renderVerdict({ ...refused, fix: null }, show)[1]).toBe('Use https://')
    expect([isRefused(refused), isRefused(failing({ sse: buffered }))]).toEqual([true, false])
  })

  it.each<[Verdict, string]>([
    [failing({ sse: buffered }), 'sse (SSE_BUFFERED)'],
    [refused, 'the address (requires_https)'],
  ])('tells what is waited for', (verdict, words) => {
    expect(waitsFor(verdict)).toBe(words)
  })
})
