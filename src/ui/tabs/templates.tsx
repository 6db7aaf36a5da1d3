import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { type ProxyProgram, type ProxyTemplate, proxyPrograms } from '../../lib/protocol/http-api.ts'
import { useHouse } from '../context.ts'
import { Copyable } from '../parts/copy.tsx'
import { Problem } from '../parts/problem.tsx'
import { TabList } from '../parts/tab-list.tsx'

const names: Record<ProxyProgram, string> = { caddy: 'Caddy', nginx: 'nginx', cloudflared: 'Cloudflare Tunnel' }

/** Configurations that pass the whole test, for this gateway's own port. */
export function Templates(): JSX.Element {
  const { gateway } = useHouse()
  const [program, setProgram] = useState<ProxyProgram>('caddy')
  const [domain, setDomain] = useState('')
  const [template, setTemplate] = useState<ProxyTemplate | null>(null)
  const [error, setError] = useState<unknown>(null)
  useEffect(() => {
    let wanted = true
    const options = domain === '' ? {} : { domain }
    gateway.client.proxyTemplate(program, options).then(
      (template) => wanted && (setTemplate(template), setError(null)),
      (error: unknown) => wanted && setError(error),
    )
    return () => void (wanted = false)
  }, [program, domain])
  return (
    <>
      <h2>Templates</h2>
      <div class="card">
        <label for="template-domain">Your domain</label>
        <input
          id="template-domain"
          type="text"
          inputMode="url"
          autocomplete="off"
          spellcheck={false}
          placeholder={template?.domain ?? 'gateway.example.com'}
          onChange={({ currentTarget }) => setDomain(currentTarget.value.trim())}
        />
        <TabList
          id="template"
          label="Program"
          tabs={proxyPrograms.map((name) => ({ name, words: names[name] }))}
          current={program}
          choose={setProgram}
        />
        <div id="template-panel" role="tabpanel" aria-labelledby={`template-${program}`}>
          <Problem error={error} />
          {template !== null && template.program === program && <TemplateText template={template} />}
        </div>
      </div>
    </>
  )
}

function TemplateText({ template: { file, text, steps } }: { template: ProxyTemplate }): JSX.Element {
  return (
    <>
      <p class="quiet small">{file}</p>
      <Copyable text={text} label="the configuration" block />
      <ol class="plain-steps">
        {steps.map(({ title, command, snippet }) => (
          <li key={title}>
            <p>{title}</p>
            {snippet !== undefined && <Copyable text={snippet} label="the lines to write" block />}
            {command !== undefined && <Copyable text={command} />}
          </li>
        ))}
      </ol>
    </>
  )
}
